#include <cmath>

#include "base/text.h"
#include "grid/series.h"

namespace trine::grid {
namespace {

std::string_view cell_of(std::string_view& line) {
  const auto comma = line.find(',');
  auto cell = trim(line.substr(0, comma));
  line = comma == std::string_view::npos ? std::string_view{} : line.substr(comma + 1);
  if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = cell.substr(1, cell.size() - 2);
  return cell;
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  const bool open_end = line.ends_with(',');
  while (!line.empty()) cells.push_back(cell_of(line));
  if (open_end) cells.emplace_back();
  return cells;
}

bool is_hole(std::string_view cell) {
  return cell.empty() || iequals(cell, "null") || iequals(cell, "nan") || iequals(cell, "na") || iequals(cell, "none");
}

bool is_time_column(std::string_view name) {
  for (const auto* known : {"ts_utc", "ts", "datetime", "time", "timestamp"})
    if (iequals(name, known)) return true;
  return false;
}

}  // namespace

Result<SeriesFile> read_series_csv(const std::string& name, std::string_view text) {
  std::vector<std::string> zones;  // by column, without the first
  RawSeries raw;
  size_t line_number = 0, holes = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++line_number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trim(line).empty()) continue;
    const auto cells = cells_of(line);

    if (zones.empty()) {
      if (!is_time_column(cells[0]) || cells.size() < 2)
        return fail(Code::invalid_argument, "{}:{}: the first line must be `ts_utc,<zone>,...` or `ts,g_per_kwh`.",
                    name, line_number);
      for (size_t i = 1; i < cells.size(); ++i) {
        zones.emplace_back(cells.size() == 2 && iequals(cells[i], "g_per_kwh") ? "" : cells[i]);
        if (cells[i].empty())
          return fail(Code::invalid_argument, "{}:{}: column {} has no name.", name, line_number, i + 1);
        if (!raw.try_emplace(zones.back()).second)
          return fail(Code::invalid_argument, "{}:{}: zone {} has two columns.", name, line_number, cells[i]);
      }
      continue;
    }
    if (cells.size() != zones.size() + 1)
      return fail(Code::invalid_argument, "{}:{}: has {} columns, the first line has {}.", name, line_number,
                  cells.size(), zones.size() + 1);
    const auto start = parse_slot_time(cells[0]);
    if (!start)
      return fail(Code::invalid_argument, "{}:{}: \"{}\" is not a time such as 2026-01-31T09:00:00Z.", name,
                  line_number, cells[0]);
    for (size_t i = 0; i < zones.size(); ++i) {
      const auto cell = cells[i + 1];
      if (is_hole(cell)) {
        ++holes;
        continue;
      }
      const auto value = parse_number(cell);
      if (!value || !std::isfinite(*value))
        return fail(Code::invalid_argument, "{}:{}: \"{}\" is not a number.", name, line_number, cell);
      raw[zones[i]].push_back({*start, *value, line_number});
    }
  }
  return finish_series(name, std::move(raw), holes);
}

}  // namespace trine::grid
