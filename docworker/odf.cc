#include "docworker/odf.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "docworker/markup.h"
#include "docworker/sheet.h"

namespace trine::docworker {
namespace {

using Node = pugi::xml_node;

void inline_text(const Node& parent, std::string& text) {
  for (const Node n : parent.children()) {
    const auto name = local(n);
    if (n.type() == pugi::node_pcdata || n.type() == pugi::node_cdata) {
      text += n.value();
    } else if (name == "s" || name == "tab") {
      text += ' ';  // however many: one blank is what text needs
    } else if (name == "line-break") {
      text += '\n';
    } else if (name == "p" && !text.empty()) {  // in a text box
      text += '\n';
      inline_text(n, text);
    } else if (name == "note") {  // its mark is no digit of the number that it stands at
      std::string note;
      inline_text(child(n, "note-body"), note);
      text += fmt::format(" [{}: {}]", text_below(child(n, "note-citation")), note);
    } else if (name == "number") {
      inline_text(n, text);
      text += ' ';
    } else if (name != "tracked-changes" && name != "annotation" && name != "desc" && name != "title") {
      inline_text(n, text);
    }
  }
}

int64_t repeated(const Node& n, std::string_view what) {
  return std::max<int64_t>(1, parse_int(attribute(n, what)).value_or(1));
}

std::string cell_text(const Node& cell) {
  std::string text;
  for (const Node n : cell.children()) {
    if (local(n) == "annotation") continue;
    if (!text.empty()) text += ' ';
    inline_text(n, text);
  }
  // What a cell shows is its text; its value is the exact number or date where nothing is shown.
  if (text.empty()) text = attribute(cell, "value");
  if (text.empty()) text = attribute(cell, "date-value");
  return text;
}

class OdfReader {
 public:
  OdfReader(Format format, Output& out) : format_(format), out_(out) {}

  // Headers or footers of the pages, which are kept with the styles: letterheads have names and numbers that count.
  void margins(const Node& styles, std::string_view kind) {
    for (const Node page : child(styles, "master-styles").children())
      for (const Node n : page.children())
        if (local(n).starts_with(kind) && attribute(n, "display") != "false")
          blocks(n, 0);  // "header", "header-left", "header-first"
  }

  void blocks(const Node& parent, int list_depth) {
    for (const Node n : parent.children()) {
      const auto name = local(n);
      if (name == "h") {
        std::string text;
        inline_text(n, text);
        out_.heading(static_cast<int>(std::clamp<int64_t>(parse_int(attribute(n, "outline-level")).value_or(1), 1, 6)),
                     std::move(text));
      } else if (name == "p") {
        std::string text;
        inline_text(n, text);
        out_.add({list_depth > 0 ? Block::Kind::list_item : Block::Kind::paragraph,
                  std::max(0, list_depth - 1),
                  std::move(text),
                  {}});
      } else if (name == "list") {
        blocks(n, list_depth + 1);
      } else if (name == "table") {
        table(n);
      } else if (name == "page") {
        out_.begin_page(++page_);
        blocks(n, 0);
      } else if (name == "image") {
        out_.image({});
      } else if (name != "tracked-changes" && name != "sequence-decls" && name != "forms") {
        blocks(n, list_depth);
      }
    }
  }

 private:
  void table(const Node& t) {
    if (format_ == Format::ods) {
      out_.begin_page(++page_);
      out_.heading(2, std::string(attribute(t, "name")));
    }
    SheetTable table(out_);
    row_ = 0;
    rows(t, table);
    table.finish();
  }

  void rows(const Node& parent, SheetTable& table) {
    for (const Node n : parent.children()) {
      const auto name = local(n);
      if (name == "table-row") {
        row(n, table);
      } else if (name == "table-rows" || name == "table-header-rows" || name == "table-row-group") {
        rows(n, table);
      }
    }
  }

  void row(const Node& r, SheetTable& table) {
    std::vector<std::pair<int64_t, std::string>> cells;
    int64_t column = 0;
    for (const Node c : r.children()) {
      if (c.type() != pugi::node_element) continue;  // blanks between cells
      const int64_t times = repeated(c, "number-columns-repeated");
      if (local(c) == "table-cell") {
        const std::string text = cell_text(c);
        // A cell that says its text a thousand times is counted a thousand times, before it is copied.
        if (!text.empty()) out_.budget().objects(times);
        for (int64_t i = 0; i < times && !text.empty(); ++i) cells.emplace_back(column + i, text);
      }
      column = std::min<int64_t>(column + times, 1 << 30);
    }
    const int64_t times = repeated(r, "number-rows-repeated");
    for (int64_t i = 0; i < times && !cells.empty(); ++i) {
      table.row(row_ + i + 1);
      for (const auto& [at, text] : cells) table.cell(at, text);
    }
    row_ = std::min<int64_t>(row_ + times, int64_t{1} << 40);
  }

  const Format format_;
  Output& out_;
  int page_ = 0;
  int64_t row_ = 0;
};

}  // namespace

void read_odf_content(std::string content_xml, Format format, Output& out) {
  const Xml xml(std::move(content_xml), out.budget());
  OdfReader(format, out).blocks(child(xml.root(), "body"), 0);
}

void read_odf(const Zip& zip, Format format, Output& out) {
  if (zip.has("META-INF/manifest.xml") &&
      zip.read("META-INF/manifest.xml").find("encryption-data") != std::string::npos)
    stop(Problem::encrypted);
  if (format != Format::odt || !zip.has("styles.xml")) return read_odf_content(zip.read("content.xml"), format, out);
  const Xml styles(zip.read("styles.xml"), out.budget());
  OdfReader reader(format, out);
  reader.margins(styles.root(), "header");
  read_odf_content(zip.read("content.xml"), format, out);
  reader.margins(styles.root(), "footer");
}

}  // namespace trine::docworker
