#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "base/text.h"
#include "docworker/markup.h"
#include "docworker/ooxml.h"

namespace trine::docworker {
namespace {

using Node = pugi::xml_node;
using Levels = std::map<std::string, int, std::less<>>;  // style id → heading level

Levels heading_styles(std::string styles_xml, Budget& budget) {
  Levels levels;
  if (styles_xml.empty()) return levels;
  const Xml xml(std::move(styles_xml), budget);
  for (const Node style : xml.root().children()) {
    if (local(style) != "style") continue;
    const std::string id(attribute(style, "styleId"));
    std::string name(attribute(child(style, "name"), "val"));
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    if (name == "title") levels[id] = 1;
    if (name.starts_with("heading ")) levels[id] = static_cast<int>(parse_int(name.substr(8)).value_or(1));
    if (const auto outline = parse_int(attribute(child(child(style, "pPr"), "outlineLvl"), "val"));
        outline && *outline < 9)
      levels[id] = static_cast<int>(*outline) + 1;
  }
  return levels;
}

class Body {
 public:
  Body(Levels levels, Output& out) : levels_(std::move(levels)), out_(out) {}

  void blocks(const Node& parent) {
    for (const Node n : parent.children()) {
      const auto name = local(n);
      if (name == "p") {
        paragraph(n);
      } else if (name == "tbl") {
        table(n);
      } else if (name != "del" && name != "moveFrom" && name != "sectPr") {
        blocks(n);  // w:sdt, w:ins, w:customXml
      }
    }
  }

  void paragraph(const Node& p) {
    std::string text;
    std::vector<Node> boxes;
    runs(p, text, boxes);
    const Node properties = child(p, "pPr");
    const auto style = attribute(child(properties, "pStyle"), "val");
    const auto level = levels_.find(style);
    if (level != levels_.end()) {
      out_.heading(std::min(level->second, 6), std::move(text));
    } else if (const Node list = child(properties, "numPr")) {
      const auto depth = parse_int(attribute(child(list, "ilvl"), "val")).value_or(0);
      out_.add({Block::Kind::list_item, static_cast<int>(std::clamp<int64_t>(depth, 0, 9)), std::move(text), {}});
    } else {
      out_.paragraph(std::move(text));
    }
    for (const Node& box : boxes) blocks(box);
    if (new_page_) {
      new_page_ = false;
      out_.begin_page(++page_);
    }
  }

 private:
  void runs(const Node& parent, std::string& text, std::vector<Node>& boxes) {
    for (const Node n : parent.children()) {
      const auto name = local(n);
      if (name == "t") {
        text += n.child_value();
      } else if (name == "tab" || name == "ptab") {
        text += '\t';
      } else if (name == "br" || name == "cr") {
        if (attribute(n, "type") == "page") {
          new_page_ = true;
        } else {
          text += '\n';
        }
      } else if (name == "lastRenderedPageBreak") {
        // The program that saved it saw a new page here: text before it in the paragraph is on the page before.
        if (text.find_first_not_of(" \t\n") == std::string::npos) {
          if (out_.in_page()) out_.begin_page(++page_);
        } else {
          new_page_ = true;
        }
      } else if (name == "noBreakHyphen") {
        text += '-';
      } else if (name == "txbxContent") {
        boxes.push_back(n);
      } else if (name == "AlternateContent") {
        runs(child(n, "Choice"), text, boxes);  // the fallback says the same again
      } else if (name == "drawing" || name == "pict") {
        const auto before = boxes.size();
        runs(n, text, boxes);
        if (boxes.size() == before) out_.image(std::string(attribute(child(child(n, "inline"), "docPr"), "descr")));
      } else if (name != "pPr" && name != "rPr" && name != "del" && name != "delText" && name != "instrText" &&
                 name != "moveFrom") {
        runs(n, text, boxes);
      }
    }
  }

  void cell_text(const Node& parent, std::string& text) {
    for (const Node n : parent.children()) {
      const auto name = local(n);
      if (name == "p") {
        if (!text.empty()) text += ' ';
        std::vector<Node> boxes;
        runs(n, text, boxes);
        for (const Node& box : boxes) cell_text(box, text);
      } else if (name != "tcPr" && name != "del") {
        cell_text(n, text);
      }
    }
  }

  void table(const Node& t) {
    std::vector<std::vector<std::string>> rows;
    for (const Node tr : t.children()) {
      if (local(tr) != "tr") continue;
      rows.emplace_back();
      for (const Node tc : tr.children()) {
        if (local(tc) != "tc") continue;
        std::string text;
        cell_text(tc, text);
        rows.back().push_back(std::move(text));
      }
    }
    out_.table(std::move(rows));
    if (std::exchange(new_page_, false)) out_.begin_page(++page_);
  }

  const Levels levels_;
  Output& out_;
  int page_ = 1;
  bool new_page_ = false;
};

}  // namespace

void read_docx_body(std::string document_xml, std::string styles_xml, Output& out) {
  Body body(heading_styles(std::move(styles_xml), out.budget()), out);
  const Xml xml(std::move(document_xml), out.budget());
  body.blocks(xml.root());
}

void read_docx(const Zip& zip, Output& out) {
  out.begin_page(1);
  // Headers and footers once each, around the first page's text: letterheads have names and numbers that count.
  const auto margins = [&](const char* kind) {
    for (int i = 1; i <= 9; ++i) {
      const auto name = fmt::format("word/{}{}.xml", kind, i);
      if (zip.has(name)) read_docx_body(zip.read(name), {}, out);
    }
  };
  margins("header");
  read_docx_body(zip.read("word/document.xml"), zip.has("word/styles.xml") ? zip.read("word/styles.xml") : "", out);
  for (const char* notes : {"word/footnotes.xml", "word/endnotes.xml"})
    if (zip.has(notes)) read_docx_body(zip.read(notes), {}, out);
  margins("footer");
}

}  // namespace trine::docworker
