#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/text.h"
#include "docworker/markup.h"
#include "docworker/number_format.h"
#include "docworker/ooxml.h"
#include "docworker/sheet.h"

namespace trine::docworker {
namespace {

using Node = pugi::xml_node;

std::vector<NumberFormat> number_formats(const Zip& zip, Budget& budget) {
  std::vector<NumberFormat> formats;
  if (!zip.has("xl/styles.xml")) return formats;
  const Xml xml(zip.read("xl/styles.xml"), budget);
  std::map<int64_t, NumberFormat> own;
  for (const Node n : child(xml.root(), "numFmts").children())
    own[parse_int(attribute(n, "numFmtId")).value_or(-1)] = number_format(attribute(n, "formatCode"));
  for (const Node n : child(xml.root(), "cellXfs").children()) {
    const auto id = parse_int(attribute(n, "numFmtId")).value_or(0);
    const auto it = own.find(id);
    formats.push_back(it == own.end() ? built_in_format(id) : it->second);
  }
  return formats;
}

// Of a string of one form or of several; how it is spoken (rPh) is left out.
std::string string_text(const Node& s) {
  std::string text;
  for (const Node n : s.children()) {
    if (local(n) == "t") text += n.child_value();
    if (local(n) == "r") text += child(n, "t").child_value();
  }
  return text;
}

std::vector<std::string> shared_strings(const Zip& zip, Budget& budget) {
  std::vector<std::string> strings;
  if (!zip.has("xl/sharedStrings.xml")) return strings;
  const Xml xml(zip.read("xl/sharedStrings.xml"), budget);
  for (const Node si : xml.root().children()) strings.push_back(string_text(si));
  return strings;
}

struct Book {
  std::vector<std::string> strings;
  std::vector<NumberFormat> formats;
  bool since_1904 = false;
};

std::string cell_text(const Node& c, const Book& book) {
  const auto type = attribute(c, "t");
  if (type == "inlineStr") return string_text(child(c, "is"));
  const std::string_view raw = child(c, "v").child_value();
  if (raw.empty()) {
    const std::string_view formula = type.empty() ? child(c, "f").child_value() : "";
    // Never computed: a program other than a spreadsheet wrote it.
    return formula.empty() ? std::string() : fmt::format("={}", formula);
  }
  if (type == "s") {
    const auto i = parse_int(raw);
    return i && *i >= 0 && *i < static_cast<int64_t>(book.strings.size()) ? book.strings[static_cast<size_t>(*i)]
                                                                          : std::string();
  }
  if (type == "b") return raw == "1" ? "TRUE" : "FALSE";
  if (!type.empty() && type != "n") return std::string(raw);  // str, e, d
  const auto style = parse_int(attribute(c, "s")).value_or(0);
  const bool known = style >= 0 && style < static_cast<int64_t>(book.formats.size());
  return shown_number(raw, known ? book.formats[static_cast<size_t>(style)] : NumberFormat{}, book.since_1904);
}

void read_sheet(const Node& root, const Book& book, Output& out) {
  SheetTable table(out);
  for (const Node row : child(root, "sheetData").children()) {
    const auto row_number = parse_int(attribute(row, "r")).value_or(0);
    table.row(row_number);
    int64_t column = -1;
    for (const Node c : row.children()) {
      const auto from_ref = column_of(attribute(c, "r"));
      column = from_ref >= 0 ? from_ref : column + 1;
      if (auto text = cell_text(c, book); !text.empty()) table.cell(column, std::move(text));
    }
  }
  table.finish();
}

}  // namespace

void read_xlsx(const Zip& zip, Output& out) {
  Budget& budget = out.budget();
  Book book{shared_strings(zip, budget), number_formats(zip, budget), false};
  const Xml workbook(zip.read("xl/workbook.xml"), budget);
  const auto since = attribute(child(workbook.root(), "workbookPr"), "date1904");
  book.since_1904 = since == "1" || since == "true";
  const auto targets = relations(zip, "xl/_rels/workbook.xml.rels", budget);
  int number = 0;
  for (const Node sheet : child(workbook.root(), "sheets").children()) {
    out.begin_page(++number);
    const auto state = attribute(sheet, "state");
    out.heading(2, fmt::format("{}{}", attribute(sheet, "name"), state.ends_with("idden") ? " (hidden)" : ""));
    // Its prefix is "r" by custom only.
    const auto target = targets.find(std::string(attribute(sheet, "id")));
    std::string path = target != targets.end() ? target->second : fmt::format("worksheets/sheet{}.xml", number);
    path = path.starts_with('/') ? path.substr(1) : fmt::format("xl/{}", path);
    if (!zip.has(path)) {
      out.warn(fmt::format("Sheet {} is missing from the file.", number));
      continue;
    }
    const Xml xml(zip.read(path), budget);
    read_sheet(xml.root(), book, out);
  }
}

}  // namespace trine::docworker
