#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/text.h"
#include "docworker/docx_styles.h"
#include "docworker/markup.h"
#include "docworker/ooxml.h"
#include "docworker/sheet.h"
#include "docworker/symbol.h"

namespace trine::docworker {
namespace {

using Node = pugi::xml_node;

// <w:vanish/> is on, <w:vanish w:val="0"/> is not.
bool is_on(const Node& n) {
  const auto value = attribute(n, "val");
  return n && value != "0" && value != "false" && value != "off";
}

bool is_gone(std::string_view name) {
  return name == "del" || name == "moveFrom";  // changes that are tracked
}

// The same is said for programs that know more and for others: once is enough.
Node alternative(const Node& n) {
  const Node choice = child(n, "Choice");
  return choice ? choice : child(n, "Fallback");
}

// Calls act(node) for children of that name: also for those in content controls, insertions and the like.
template <class Act>
void each(const Node& parent, std::string_view what, const Act& act) {
  for (const Node n : parent.children()) {
    const auto name = local(n);
    if (name == what) {
      act(n);
    } else if (name == "sdt" || name == "sdtContent" || name == "customXml" || name == "ins" || name == "moveTo") {
      each(n, what, act);
    }
  }
}

int64_t column_count(const Node& n, int64_t otherwise) {
  constexpr int64_t kMost = 1000;  // Word has 63
  return std::clamp<int64_t>(parse_int(attribute(n, "val")).value_or(otherwise), otherwise, kMost);
}

// A field of a form that shows no text of its own.
std::string_view chosen(const Node& drop_down) {
  auto left = std::max<int64_t>(0, parse_int(attribute(child(drop_down, "result"), "val")).value_or(0));
  for (const Node n : drop_down.children())
    if (local(n) == "listEntry" && left-- == 0) return attribute(n, "val");
  return {};
}

std::string in_parentheses(const std::string& part) {
  return part.size() > 1 ? '(' + part + ')' : part;
}

class Body {
 public:
  explicit Body(Output& out) : out_(out) {}

  void learn(const Node& styles, const Node& numbering) {
    styles_.learn(styles);
    numbers_.learn(numbering);
  }

  // Notes are read where the text refers to them. Lines between text and notes (their type says so) are none.
  void learn_notes(const Node& root) {
    in_notes_ = true;
    const DocxNumbers of_text = numbers_;  // a note's own clauses are none of the text's
    for (const Node n : root.children()) {
      const auto type = attribute(n, "type");
      if (!type.empty() && type != "normal") continue;
      std::string text;  // a note may refer to notes, itself even
      cell_text(n, text);
      notes_[fmt::format("{}{}", local(n), attribute(n, "id"))] = std::move(text);
    }
    numbers_ = of_text;
    in_notes_ = new_page_ = false;
  }

  void blocks(const Node& parent) {
    for (const Node n : parent.children()) {
      const auto name = local(n);
      if (name == "p") {
        paragraph(n);
      } else if (name == "tbl") {
        table(n);
      } else if (name == "AlternateContent") {
        blocks(alternative(n));
      } else if (!is_gone(name) && name != "sectPr") {
        blocks(n);  // w:sdt, w:ins, w:customXml
      }
    }
  }

 private:
  void paragraph(const Node& p) {
    std::string text;
    std::vector<Node> boxes;
    raised_end_ = std::string::npos;
    runs(p, text, boxes);
    const Node properties = child(p, "pPr");
    const bool gone = text.empty() && child(child(properties, "rPr"), "del");
    const auto place = gone ? std::nullopt : styles_.list(properties);
    if (place && !text.empty()) {
      // Clauses refer to each other by their numbers.
      if (const auto number = numbers_.next(*place); !number.empty()) text.insert(0, number + ' ');
    } else if (place) {
      numbers_.next(*place);
    }
    if (const int level = styles_.heading(attribute(child(properties, "pStyle"), "val")); level > 0) {
      out_.heading(std::min(level, 6), std::move(text));
    } else if (place) {
      out_.add({Block::Kind::list_item, place->level, std::move(text), {}});
    } else {
      out_.paragraph(std::move(text));
    }
    for (const Node& box : boxes) blocks(box);
    turn_page();
  }

  void turn_page() {
    if (std::exchange(new_page_, false)) out_.begin_page(++page_);
  }

  void runs(const Node& parent, std::string& text, std::vector<Node>& boxes) {
    for (const Node n : parent.children()) {
      const auto name = local(n);
      if (name == "t") {
        text += n.child_value();
      } else if (name == "r") {
        run(n, text, boxes);
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
        if (text.find_first_not_of(" \t\n") != std::string::npos) {
          new_page_ = true;
        } else if (out_.in_page() && !in_notes_) {
          out_.begin_page(++page_);
        }
      } else if (name == "noBreakHyphen") {
        text += '-';
      } else if (name == "txbxContent") {
        boxes.push_back(n);
      } else if (name == "AlternateContent") {
        runs(alternative(n), text, boxes);
      } else if (name == "drawing" || name == "pict") {
        const auto before = boxes.size();
        runs(n, text, boxes);
        if (boxes.size() == before) picture(n);
      } else if (!special(n, name, text, boxes) && name != "pPr" && name != "rPr" && name != "delText" &&
                 name != "instrText" && !is_gone(name)) {
        runs(n, text, boxes);
      }
    }
  }

  void run(const Node& r, std::string& text, std::vector<Node>& boxes) {
    const Node properties = child(r, "rPr");
    if (is_on(child(properties, "vanish"))) return;  // hidden: no reader sees it
    const size_t from = text.size();
    runs(r, text, boxes);
    if (attribute(child(properties, "vertAlign"), "val") != "superscript") return;
    if (from != raised_end_) raised_from_ = from;  // "-" and "6" may be runs of their own
    mark_raised(text, raised_from_);
    raised_end_ = text.size();
  }

  // What is seen without being text. False: it is none of these.
  bool special(const Node& n, std::string_view name, std::string& text, std::vector<Node>& boxes) {
    if (name == "sym") {
      const auto hex = attribute(n, "char");
      int64_t code = -1;
      std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
      text += symbol(attribute(n, "font"), code);
    } else if (name == "checkBox") {
      const Node set = child(n, "checked");
      text += is_on(set ? set : child(n, "default")) ? "[x] " : "[ ] ";
    } else if (name == "ddList") {
      text += chosen(n);
    } else if (name == "footnoteReference" || name == "endnoteReference") {
      const auto kind = name.substr(0, name.find('R'));
      const auto note = notes_.extract(fmt::format("{}{}", kind, attribute(n, "id")));
      if (note) text += fmt::format(" [{}: {}]", ++note_numbers_[std::string(kind)], trim(note.mapped()));
    } else if (name == "den" || name == "sup") {  // of a fraction; of a power
      std::string part;
      runs(n, part, boxes);
      if (!part.empty()) (text += name == "den" ? '/' : '^') += in_parentheses(part);
    } else if (name == "num") {
      std::string part;
      runs(n, part, boxes);
      text += in_parentheses(part);
    } else if (name == "d" && child(n, "e")) {  // a formula between parentheses, or others
      const Node properties = child(n, "dPr"), begin = child(properties, "begChr"), end = child(properties, "endChr");
      text += begin ? attribute(begin, "val") : "(";
      runs(n, text, boxes);
      text += end ? attribute(end, "val") : ")";
    } else {
      return false;
    }
    return true;
  }

  void picture(const Node& n) {
    const Node inline_picture = child(n, "inline");
    out_.image(std::string(attribute(child(inline_picture ? inline_picture : child(n, "anchor"), "docPr"), "descr")));
  }

  void cell_text(const Node& parent, std::string& text) {
    for (const Node n : parent.children()) {
      const auto name = local(n);
      if (name == "p") {
        if (!text.empty()) text += ' ';
        std::vector<Node> boxes;
        raised_end_ = std::string::npos;
        const size_t from = text.size();
        runs(n, text, boxes);
        const Node properties = child(n, "pPr");
        const bool gone = text.size() == from && child(child(properties, "rPr"), "del");
        // One without text counts, and its number may be all that a cell says.
        if (const auto place = styles_.list(properties); place && !gone)
          if (const auto number = numbers_.next(*place); !number.empty())
            text.insert(from, text.size() > from ? number + ' ' : number);
        for (const Node& box : boxes) cell_text(box, text);
      } else if (name == "AlternateContent") {
        cell_text(alternative(n), text);
      } else if (name != "tcPr" && !is_gone(name)) {
        cell_text(n, text);
      }
    }
  }

  void table(const Node& t) {
    bool one_column = true;
    each(t, "tr", [&](const Node& tr) {
      int cells = 0;
      each(tr, "tc", [&](const Node&) { ++cells; });
      one_column = one_column && cells < 2;
    });
    SheetTable table(out_);
    each(t, "tr", [&](const Node& tr) { row(tr, one_column, table); });
    table.finish();
    turn_page();
  }

  // A cell over several columns is in the first of them, so that those after it stay in theirs.
  void row(const Node& tr, bool one_column, SheetTable& table) {
    const Node properties = child(tr, "trPr");
    if (child(properties, "del")) return;
    bool layout = one_column;
    each(tr, "tc", [&](const Node& tc) { each(tc, "tbl", [&](const Node&) { layout = true; }); });
    if (layout) {  // a frame around text or other tables
      table.finish();
      return each(tr, "tc", [&](const Node& tc) { blocks(tc); });
    }
    int64_t column = column_count(child(properties, "gridBefore"), 0);
    bool begun = false;
    each(tr, "tc", [&](const Node& tc) {
      const Node cell = child(tc, "tcPr");
      std::string text;
      if (!child(cell, "cellDel")) cell_text(tc, text);
      if (text.find_first_not_of(" \t\n") != std::string::npos) {
        if (!std::exchange(begun, true)) table.row(0);
        table.cell(column, std::move(text));
      }
      column += column_count(child(cell, "gridSpan"), 1);
    });
  }

  Output& out_;
  DocxStyles styles_;
  DocxNumbers numbers_;
  std::map<std::string, std::string> notes_;  // "footnote3"; until they are read
  std::map<std::string, int> note_numbers_;   // of each kind
  int page_ = 1;
  size_t raised_from_ = 0, raised_end_ = std::string::npos;  // of a paragraph's text: the raised runs last seen
  bool new_page_ = false, in_notes_ = false;
};

}  // namespace

void read_docx_body(DocxParts parts, Output& out) {
  Body body(out);
  const auto xml_of = [&](std::string& text) {
    return text.empty() ? std::nullopt : std::make_optional<Xml>(std::move(text), out.budget());
  };
  {
    const auto styles = xml_of(parts.styles), numbering = xml_of(parts.numbering);
    body.learn(styles ? styles->root() : Node(), numbering ? numbering->root() : Node());
  }
  for (auto* notes : {&parts.footnotes, &parts.endnotes})
    if (const auto xml = xml_of(*notes)) body.learn_notes(xml->root());
  const Xml xml(std::move(parts.document), out.budget());
  body.blocks(xml.root());
}

void read_docx(const Zip& zip, Output& out) {
  out.begin_page(1);
  const auto part = [&](const std::string& name) { return zip.has(name) ? zip.read(name) : std::string(); };
  // Headers and footers once each, around the first page's text: letterheads have names and numbers that count.
  const auto margins = [&](const char* kind) {
    for (int i = 1; i <= 9; ++i) {
      const auto name = fmt::format("word/{}{}.xml", kind, i);
      if (zip.has(name)) read_docx_body({zip.read(name), {}, {}, {}, {}}, out);
    }
  };
  margins("header");
  read_docx_body({zip.read("word/document.xml"), part("word/styles.xml"), part("word/numbering.xml"),
                  part("word/footnotes.xml"), part("word/endnotes.xml")},
                 out);
  margins("footer");
}

}  // namespace trine::docworker
