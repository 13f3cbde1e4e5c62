#include "cli/grid_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "energy/uncertainty.h"

namespace trine::cli {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

std::string number(double v) {
  return v >= 100 ? fmt::format("{:.0f}", v) : fmt::format("{:.1f}", v);
}

std::string range_text(double value, double sigma) {
  const auto r = energy::range90(value, sigma);
  return fmt::format("{} to {}", number(r.low), number(r.high));
}

std::string age_text(Nanos age) {
  if (age < 1min) return "now";
  if (age < 2h) return fmt::format("{} min", age / 1min);
  if (age < 48h) return fmt::format("{} h", age / 1h);
  return fmt::format("{} days", age / 24h);
}

std::string rung_text(std::string s) {
  std::replace(s.begin(), s.end(), '_', ' ');
  return s;
}

// Slots that have passed, or are the present one, by the ladder; then hours by the forecast.
std::vector<GridRow> rows_of(const grid::GridTable& table, std::string_view zone, Wall now, Wall from, Wall to) {
  std::vector<GridRow> rows;
  Wall t = from;
  while (t < to && t <= now && rows.size() <= kMostGridRows) {
    const Wall end = table.slot_end(zone, t);
    auto r = table.at(zone, t);
    rows.push_back({t, end - t, r.value, r.sigma_ln, grid::name(r.granularity), std::move(r.source), r.estimated});
    t = end;
  }
  const Wall hour = Wall(floor<hours>(t));
  if (t >= to || rows.size() > kMostGridRows) return rows;
  const auto most = static_cast<int64_t>(kMostGridRows) + 1;
  const auto ahead = std::min<int64_t>((to - hour + 1h - 1ns) / 1h, most);
  // From what is known now, not from the hour that is asked for.
  const Wall base = Wall(floor<hours>(now));
  const auto lead = (hour - base) / 1h;
  const auto all = table.forecast(zone, now, static_cast<int>(std::min(lead + ahead, 2 * most)));
  for (size_t i = static_cast<size_t>(lead); i < all.size(); ++i)
    if (all[i].start >= t)
      rows.push_back({all[i].start, 1h, all[i].value, all[i].sigma_ln, "forecast", all[i].source, true});
  return rows;
}

Json reading_json(const grid::Reading& r) {
  const auto range = energy::range90(r.value.g_per_kwh, r.sigma_ln);
  return {{"g_per_kwh", r.value.g_per_kwh},
          {"low", range.low},
          {"high", range.high},
          {"sigma_ln", r.sigma_ln},
          {"method", r.method},
          {"granularity", grid::name(r.granularity)},
          {"source", r.source},
          {"estimated", r.estimated},
          {"age_s", seconds(r.age)}};
}

}  // namespace

Result<Wall> parse_grid_point(std::string_view option, std::string_view text, Wall now) {
  const bool ahead = text.starts_with('+');
  if (const auto d = parse_duration(ahead ? text.substr(1) : text)) {
    if (ahead) return now + std::min<Nanos>(*d, 24h * 3650);
    return now - std::min<Nanos>(*d, 24h * 3650);
  }
  if (const auto t = parse_iso8601(text)) return *t;
  return fail(
      Code::invalid_argument,
      "{} {} is neither a time (2026-11-23, 2026-11-23T09:00:00Z) nor a duration before (6h) or after (+12h) now.",
      option, text);
}

char letter_metered(const grid::Reading& r) {
  return static_cast<char>(energy::letter_for(energy::Source::meter, r.hourly(), false));
}
char letter_by_curve(const grid::Reading& r) {
  return static_cast<char>(energy::letter_for(energy::Source::curve, r.hourly(), false));
}

Result<GridView> grid_view(const grid::GridTable& table, std::string_view zone, std::string_view zone_name, Wall now,
                           Wall from, Wall to) {
  if (from >= to)
    return fail(Code::invalid_argument, "The period is empty: it begins at {} and ends at {}.", iso8601(from),
                iso8601(to));
  GridView v{std::string(zone), std::string(zone_name), now, table.at(zone, now), table.beside(zone, now), {}, {}};
  v.rows = rows_of(table, zone, now, from, to);
  if (v.rows.size() > kMostGridRows)
    return fail(Code::invalid_argument, "The period has more than {} slots; ask for a part of it.", kMostGridRows);
  return v;
}

std::string grid_text(const GridView& v) {
  const auto& r = v.now;
  std::string out = fmt::format("{}{}{}\n", v.zone, v.name.empty() ? "" : "  ", v.name);
  out += fmt::format("now       {} g/kWh (90 %: {}), {}, {}\n", number(r.value.g_per_kwh),
                     range_text(r.value.g_per_kwh, r.sigma_ln), r.method,
                     r.estimated ? "estimated" : "as the source says");
  out += fmt::format("rung      {}, age {}, from {}\n", rung_text(grid::name(r.granularity)), age_text(r.age),
                     printable(r.source));
  out += fmt::format("quality   {} with a meter, {} by a curve\n", letter_metered(r), letter_by_curve(r));
  for (const auto& b : v.beside)
    out += fmt::format("beside    {} g/kWh, {}, age {}, from {}\n", number(b.value.g_per_kwh), b.method,
                       age_text(b.age), printable(b.source));
  Table table({{"from (UTC)"}, {"g/kWh", true}, {"90 %"}, {"rung"}, {"source"}});
  for (const auto& row : v.rows) {
    if (row.start > v.at && (&row == v.rows.data() || (&row - 1)->start <= v.at)) table.rule();
    table.row({iso8601(row.start), number(row.value.g_per_kwh), range_text(row.value.g_per_kwh, row.sigma_ln),
               rung_text(row.what), printable(row.source)});
  }
  return out + "\n" + table.text();
}

std::string grid_summary(const std::vector<GridView>& views) {
  Table table({{"zone"}, {"g/kWh", true}, {"90 %"}, {"rung"}, {"age"}, {"meter/curve"}, {"source"}, {"beside"}});
  for (const auto& v : views) {
    const auto& r = v.now;
    std::string beside;
    for (const auto& b : v.beside)
      beside += fmt::format("{}{} {}", beside.empty() ? "" : ", ", b.method, number(b.value.g_per_kwh));
    table.row({v.zone, number(r.value.g_per_kwh), range_text(r.value.g_per_kwh, r.sigma_ln),
               rung_text(grid::name(r.granularity)), age_text(r.age),
               fmt::format("{}/{}", letter_metered(r), letter_by_curve(r)), printable(r.source), beside});
  }
  return table.text();
}

std::string grid_json(const std::vector<GridView>& views) {
  Json zones = Json::array();
  for (const auto& v : views) {
    Json j = {{"zone", v.zone}, {"name", v.name}, {"now", reading_json(v.now)}};
    j["now"]["quality_metered"] = std::string(1, letter_metered(v.now));
    j["now"]["quality_by_curve"] = std::string(1, letter_by_curve(v.now));
    j["beside"] = Json::array();
    for (const auto& b : v.beside) j["beside"].push_back(reading_json(b));
    if (v.deployments) j["deployments"] = *v.deployments;
    j["slots"] = Json::array();
    for (const auto& row : v.rows) {
      const auto range = energy::range90(row.value.g_per_kwh, row.sigma_ln);
      j["slots"].push_back({{"start", iso8601(row.start)},
                            {"seconds", seconds(row.length)},
                            {"g_per_kwh", row.value.g_per_kwh},
                            {"low", range.low},
                            {"high", range.high},
                            {"granularity", row.what},
                            {"source", row.source},
                            {"estimated", row.estimated}});
    }
    zones.push_back(std::move(j));
  }
  const Json all = {{"at", views.empty() ? "" : iso8601(views.front().at)}, {"zones", std::move(zones)}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace trine::cli
