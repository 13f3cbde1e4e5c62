#include "report/csv.h"

#include "base/text.h"

namespace trine::report {

Csv::Csv(const std::vector<std::string>& columns) {
  for (const auto& c : columns) put(c);
  end_row();
}

void Csv::put(std::string_view cell) {
  if (!first_) out_ += ',';
  first_ = false;
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    out_ += cell;
    return;
  }
  out_ += '"';
  for (const char c : cell) {
    if (c == '"') out_ += '"';
    out_ += c;
  }
  out_ += '"';
}

Csv& Csv::text(std::string_view name) {
  constexpr std::string_view kFormula = "=+-@", kEnds = ";\t\r\n\"";
  std::string cell;
  bool begins = true;
  for (const char c : name) {
    if (begins && kFormula.find(c) != std::string_view::npos) cell += '\'';
    if (cell.empty() && (c == '\t' || c == '\r')) cell += '\'';
    begins = kEnds.find(c) != std::string_view::npos || (begins && c == ' ');
    cell += c;
  }
  put(cell);
  return *this;
}

Csv& Csv::number(std::string_view digits) {
  put(digits);
  return *this;
}

Csv& Csv::exact(int64_t units, int decimals) {
  put(fixed_point(units, decimals));
  return *this;
}

void Csv::end_row() {
  out_ += "\r\n";
  first_ = true;
}

}  // namespace trine::report
