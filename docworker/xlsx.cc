#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "docworker/markup.h"
#include "docworker/ooxml.h"
#include "docworker/sheet.h"

namespace trine::docworker {
namespace {

using Node = pugi::xml_node;

// How numbers of a cell style are shown, as far as it changes what a reader reads.
struct NumberForm {
  bool date = false, time = false, percent = false;
  int decimals = -1;  // -1: as many as the number has
};

NumberForm form_of_code(std::string_view code) {
  NumberForm f;
  bool quoted = false, point = false;
  code = code.substr(0, code.find(';'));  // the form of positive numbers
  int decimals = 0;
  for (size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '"') quoted = !quoted;
    if (c == '\\') ++i;
    if (c == '[') {
      i = std::min(code.size(), code.find(']', i));
      continue;
    }
    if (quoted || c == '\\') continue;
    const char l = static_cast<char>(c | 0x20);
    if (l == 'y' || l == 'd') f.date = true;
    if (l == 'h' || l == 's') f.time = true;
    if (c == '%') f.percent = true;
    if (c == '.') point = true;
    if (point && c == '0') ++decimals;
  }
  if (point || code.find('0') != std::string_view::npos) f.decimals = decimals;
  return f;
}

NumberForm built_in(int64_t id) {
  if (id >= 14 && id <= 17) return {true, false, false, -1};
  if (id >= 18 && id <= 21) return {false, true, false, -1};
  if (id == 22) return {true, true, false, -1};
  if (id >= 45 && id <= 47) return {false, true, false, -1};
  if (id == 9 || id == 10) return {false, false, true, id == 9 ? 0 : 2};
  if (id == 1 || id == 3 || id == 37 || id == 38) return {false, false, false, 0};
  if (id == 2 || id == 4 || id == 39 || id == 40) return {false, false, false, 2};
  return {};
}

std::vector<NumberForm> number_forms(const Zip& zip, Budget& budget) {
  std::vector<NumberForm> forms;
  if (!zip.has("xl/styles.xml")) return forms;
  const Xml xml(zip.read("xl/styles.xml"), budget);
  std::map<int64_t, NumberForm> own;
  for (const Node n : child(xml.root(), "numFmts").children())
    own[parse_int(attribute(n, "numFmtId")).value_or(-1)] = form_of_code(attribute(n, "formatCode"));
  for (const Node n : child(xml.root(), "cellXfs").children()) {
    const auto id = parse_int(attribute(n, "numFmtId")).value_or(0);
    const auto it = own.find(id);
    forms.push_back(it == own.end() ? built_in(id) : it->second);
  }
  return forms;
}

std::string shown(std::string_view raw, const NumberForm& f, bool since_1904) {
  const auto number = parse_number(raw);
  if (!number || !std::isfinite(*number)) return std::string(raw);
  double v = *number;
  if ((f.date || f.time) && v >= 0 && v < 2958466) {
    const auto days = static_cast<int64_t>(std::floor(v));
    const auto seconds = std::llround((v - static_cast<double>(days)) * 86400);
    std::string out;
    // Day 25569 is 1970-01-01; Excel's year 1900 has a 29 February that never was.
    if (f.date) out = iso_date(days + (since_1904 ? 1462 : days < 60 ? 1 : 0) - 25569);
    if (f.time) out += fmt::format("{}{:02}:{:02}", f.date ? " " : "", seconds / 3600, seconds / 60 % 60);
    return out;
  }
  if (f.percent) return fmt::format("{}%", plain_number(v * 100, f.decimals));
  return plain_number(v, f.decimals);
}

std::vector<std::string> shared_strings(const Zip& zip, Budget& budget) {
  std::vector<std::string> strings;
  if (!zip.has("xl/sharedStrings.xml")) return strings;
  const Xml xml(zip.read("xl/sharedStrings.xml"), budget);
  for (const Node si : xml.root().children()) {
    std::string text;
    for (const Node n : si.children()) {
      if (local(n) == "t") text += n.child_value();
      if (local(n) == "r") text += child(n, "t").child_value();
    }
    strings.push_back(std::move(text));
  }
  return strings;
}

struct Book {
  std::vector<std::string> strings;
  std::vector<NumberForm> forms;
  bool since_1904 = false;
};

std::string cell_text(const Node& c, const Book& book) {
  const auto type = attribute(c, "t");
  if (type == "inlineStr") return text_below(child(c, "is"));
  const std::string_view raw = child(c, "v").child_value();
  if (raw.empty()) return {};
  if (type == "s") {
    const auto i = parse_int(raw);
    return i && *i >= 0 && *i < static_cast<int64_t>(book.strings.size()) ? book.strings[static_cast<size_t>(*i)]
                                                                          : std::string();
  }
  if (type == "b") return raw == "1" ? "TRUE" : "FALSE";
  if (!type.empty() && type != "n") return std::string(raw);  // str, e, d
  const auto style = parse_int(attribute(c, "s")).value_or(0);
  const bool known = style >= 0 && style < static_cast<int64_t>(book.forms.size());
  return shown(raw, known ? book.forms[static_cast<size_t>(style)] : NumberForm{}, book.since_1904);
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
  Book book{shared_strings(zip, budget), number_forms(zip, budget), false};
  const Xml workbook(zip.read("xl/workbook.xml"), budget);
  const auto since = attribute(child(workbook.root(), "workbookPr"), "date1904");
  book.since_1904 = since == "1" || since == "true";
  const auto targets = relations(zip, "xl/_rels/workbook.xml.rels", budget);
  int number = 0;
  for (const Node sheet : child(workbook.root(), "sheets").children()) {
    out.begin_page(++number);
    out.heading(2, std::string(attribute(sheet, "name")));
    const auto target = targets.find(sheet.attribute("r:id").value());
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
