#include "docworker/sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace trine::docworker {

void SheetTable::row(int64_t number) {
  row_ = number > 0 ? number : row_ + 1;
}

void SheetTable::cell(int64_t column, std::string text) {
  if (rows_.empty() || row_ != last_row_) {
    if (!rows_.empty() && row_ != last_row_ + 1) finish();
    rows_.emplace_back();
    last_row_ = row_;
  }
  out_.budget().objects();
  rows_.back().emplace_back(column, std::move(text));
}

void SheetTable::finish() {
  std::vector<int64_t> used;
  for (const auto& row : rows_)
    for (const auto& [column, text] : row) used.push_back(column);
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  std::vector<std::vector<std::string>> table;
  for (auto& row : rows_) {
    out_.budget().objects(static_cast<int64_t>(used.size()));  // before the empty cells between are made
    table.emplace_back(used.size());
    for (auto& [column, text] : row)
      table.back()[static_cast<size_t>(std::lower_bound(used.begin(), used.end(), column) - used.begin())] =
          std::move(text);
  }
  rows_.clear();
  if (!table.empty()) out_.table(std::move(table));
}

int64_t column_of(std::string_view reference) {
  int64_t column = 0;
  for (const char c : reference) {
    if (c < 'A' || c > 'Z') break;
    column = column * 26 + (c - 'A' + 1);
    if (column > 1'000'000) return -1;
  }
  return column - 1;
}

std::string iso_date(int64_t days) {
  const std::chrono::year_month_day d{std::chrono::sys_days{std::chrono::days{days}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(d.year()), static_cast<unsigned>(d.month()),
                     static_cast<unsigned>(d.day()));
}

std::string plain_number(double value, int decimals) {
  if (decimals >= 0) return fmt::format("{:.{}f}", value, std::min(decimals, 15));
  if (std::abs(value) < 1e15 && value == std::floor(value)) return fmt::format("{:.0f}", value);
  // 15 digits: what spreadsheets show of 0.1 + 0.2.
  return fmt::format("{:.15g}", value);
}

}  // namespace trine::docworker
