#include "cli/choice.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "cli/choice_options.h"
#include "cli/grid_view.h"
#include "ledger/report.h"

namespace trine::cli {
namespace {

using std::chrono::hours;

constexpr int kMostHours = 400 * 24;

Result<double> duration_s(std::string_view option, const std::string& text) {
  const auto d = parse_duration(text);
  if (!d || *d <= Nanos(0))
    return fail(Code::invalid_argument, "{} {} is no duration; write 2s or 80ms.", option, text);
  return seconds(*d);
}

// Intensities of a file before all others.
Result<std::shared_ptr<const grid::GridTable>> with_file(const grid::GridTable& table, const ChoiceSource& s, Wall at,
                                                         std::vector<std::string>& zones_of_file) {
  const auto file = grid::read_series_file(s.grid);
  if (!file) return tl::unexpected(file.error());
  const auto name = std::filesystem::path(s.grid).filename().string();
  grid::Feeds feeds;
  for (const auto& [column, series] : file->zones) {
    const std::string zone = !column.empty() ? column : s.zones.size() == 1 ? s.zones.front() : "";
    if (zone.empty()) return fail(Code::invalid_argument, "{} does not name its zone: say --zone, once.", s.grid);
    if (series.points().empty()) continue;
    const Wall first = series.points().front().start, end = series.points().back().start + series.step();
    if (at < first || at >= end + hours(2))
      return fail(Code::invalid_argument, "{} holds {} to {} of {}, nothing at {}: name a time in it with --at.",
                  s.grid, iso8601(first), iso8601(end), zone, iso8601(at));
    zones_of_file.push_back(zone);
    feeds.push_back(
        std::make_shared<const grid::Feed>(grid::Feed{zone, name, grid::Method::lifecycle, series, {}, at}));
  }
  for (const auto& feed : table.feeds()) feeds.push_back(feed);
  return std::make_shared<const grid::GridTable>(table.with(std::move(feeds)));
}

struct Moment {
  grid::Reading reading;
  std::string what;
};

// The hour of `at`, by a forecast where it is to come; or the mean of `span` from then on, as it is known at `at`.
Moment intensity(const grid::GridTable& table, const std::string& zone, Wall at, Nanos span, Wall now) {
  Moment m{table.at(zone, at), {}};
  m.what = grid::name(m.reading.granularity);
  std::replace(m.what.begin(), m.what.end(), '_', ' ');
  const Wall known = std::min(at, now);
  const auto lead = (Wall(std::chrono::floor<hours>(at)) - Wall(std::chrono::floor<hours>(known))) / hours(1);
  const auto ahead = std::max<int64_t>(1, (span + hours(1) - Nanos(1)) / hours(1));
  if (span == Nanos(0) && (lead == 0 || m.reading.hourly())) return m;
  const auto points = table.forecast(zone, known, static_cast<int>(std::min<int64_t>(lead + ahead, kMostHours)));
  double sum = 0, sigma = 0;
  size_t n = 0;
  for (size_t i = static_cast<size_t>(lead); i < points.size(); ++i, ++n) {
    sum += points[i].value.g_per_kwh;
    sigma += points[i].sigma_ln;  // hours of one zone err together
    m.reading.source = points[i].source;
  }
  if (n == 0) return m;
  m.reading.value = Intensity{sum / static_cast<double>(n)};
  m.reading.sigma_ln = sigma / static_cast<double>(n);
  m.reading.granularity = grid::Granularity::typical_day;
  m.reading.estimated = true;
  m.reading.age = Nanos(0);
  m.what = n == 1 ? "forecast" : fmt::format("forecast, mean of {} h", n);
  return m;
}

Result<void> take_mix(Choice& c, const ChoiceSource& s, Wall now) {
  if (s.in) {
    c.workload.mix = {.in = *s.in, .cached = s.cached.value_or(0), .out = *s.out};
    c.mix_from = "given";
  } else if (!c.ledger.empty() && (s.fleet.empty() || !s.workload.empty())) {  // a fleet file has its own
    ledger::ReportQuery query;
    query.since = now - kMixPeriod;
    query.until = now;
    query.by = ledger::By::hour;
    if (!s.workload.empty()) query.workload = s.workload;
    const auto report = ledger::Reports(c.ledger).query(query);
    if (!report && report.error().code != Code::not_found) return tl::unexpected(report.error());
    if (report && report->total.sums.calls > 0 && report->total.sums.in + report->total.sums.out > 0) {
      const auto& sums = report->total.sums;
      const auto calls = static_cast<double>(sums.calls);
      c.workload.mix = {.in = static_cast<double>(sums.in) / calls,
                        .cached = static_cast<double>(sums.cached) / calls,
                        .out = static_cast<double>(sums.out) / calls};
      c.mix_from = fmt::format("the ledger's {} calls of the last 30 days", sums.calls);
      const auto begin = parse_iso8601(report->rows.front().name);
      const double h = begin ? std::max(1.0, seconds(now - *begin) / 3600) : kHoursPerMonth;
      c.tokens_per_month = static_cast<double>(sums.in + sums.out) / h * kHoursPerMonth;
    }
  }
  const fleet::Mix& mix = c.workload.mix;
  if (!(mix.total() > 0))
    return fail(Code::invalid_argument, "A request without tokens costs nothing: --in N --out N.");
  if (mix.cached > mix.in) return fail(Code::invalid_argument, "--cached must not be more than --in.");
  return {};
}

Result<void> take_measured(Choice& c, const ChoiceSource&, Wall now) {
  c.measured.resize(c.options.size());
  if (c.ledger.empty()) return {};
  ledger::ReportQuery query;
  query.since = now - kMixPeriod;
  query.until = now;
  query.by = ledger::By::deployment;
  const auto report = ledger::Reports(c.ledger).query(query);
  if (!report && report.error().code == Code::not_found) return {};
  if (!report) return tl::unexpected(report.error());
  for (const auto& row : report->rows) {
    const size_t i = c.find(row.name);
    const auto letter = row.sums.letter();
    if (i == c.options.size() || !letter || row.sums.in + row.sums.out <= 0) continue;
    const double settled = 1 - static_cast<double>(row.sums.unsettled_calls) / static_cast<double>(row.sums.calls);
    c.measured[i] = MeasuredHere{
        .joules_per_token = to_joules(row.sums.energy) / (static_cast<double>(row.sums.in + row.sums.out) * settled),
        .calls = row.sums.calls,
        .letter = *letter};
  }
  return {};
}

Result<void> take_slo(Choice& c, const ChoiceSource& s) {
  for (const auto& [option, text, into] :
       {std::tuple{"--ttft", &s.ttft, &c.workload.slo.ttft_s}, std::tuple{"--tpot", &s.tpot, &c.workload.slo.tpot_s}}) {
    if (text->empty()) continue;
    const auto d = duration_s(option, *text);
    if (!d) return tl::unexpected(d.error());
    *into = *d;
  }
  return {};
}

Result<void> take_rules(Choice& c, const ChoiceSource& s) {
  for (const std::string& z : s.zones)
    if (!c.grid->knows(z)) return fail(Code::not_found, "--zone: {}", c.catalog->unknown(catalog::Kind::zone, z));
  for (const std::string& r : s.regions)
    if (!c.catalog->find_region(r))
      return fail(Code::not_found, "--region: {}", c.catalog->unknown(catalog::Kind::region, r));
  for (const std::string& name : s.ban) {
    if (c.find(name) < c.options.size()) continue;
    return fail(Code::not_found, "--ban: no option is called \"{}\".", name);
  }
  c.constraints.regions = s.regions;
  c.constraints.banned = s.ban;
  if (s.min_control) c.constraints.min_control = *s.min_control;
  if (s.zones.empty()) return {};
  if (c.constraints.zones.empty()) {
    c.constraints.zones = s.zones;
  } else {
    std::erase_if(c.constraints.zones, [&](const std::string& z) {
      return std::none_of(s.zones.begin(), s.zones.end(), [&](const std::string& w) { return iequals(w, z); });
    });
    if (c.constraints.zones.empty())
      return fail(Code::failed_precondition, "--zone: the workload's own rules allow none of these zones.");
  }
  for (std::string& z : c.constraints.zones)
    if (const auto* known = c.catalog->find_zone(z)) z = known->id;
  return {};
}

Result<void> take_intensities(Choice& c, const ChoiceSource& s, Wall now) {
  std::vector<std::string> of_file;
  if (!s.grid.empty()) {
    auto table = with_file(*c.grid, s, c.at, of_file);
    if (!table) return tl::unexpected(table.error());
    c.grid = *table;
    const auto used = [&](const fleet::Option& o) {
      return std::find(of_file.begin(), of_file.end(), o.zone) != of_file.end();
    };
    if (std::none_of(c.options.begin(), c.options.end(), used))
      return fail(Code::invalid_argument, "{} has no zone of the options.", s.grid);
  }
  for (const fleet::Option& o : c.options) {
    Moment m = intensity(*c.grid, o.zone, c.at, c.span, now);
    c.intensity_from.push_back({.source = m.reading.source, .what = m.what, .date = {}, .age = m.reading.age});
    c.intensities.push_back(std::move(m.reading));
  }
  return {};
}

}  // namespace

size_t Choice::find(std::string_view name) const {
  const auto it = std::find_if(options.begin(), options.end(), [&](const auto& o) { return iequals(o.name, name); });
  return static_cast<size_t>(it - options.begin());
}

Result<Choice> make_choice(const ChoiceSource& s, Wall now, std::shared_ptr<const gateway::Snapshot> running) {
  Choice c;
  c.weights_from = "equal, nobody said otherwise";
  c.mix_from = "assumed";
  c.utilisation_from = "assumed";
  if (auto read = read_options(c, s, std::move(running)); !read) return tl::unexpected(read.error());
  if (!s.ledger.empty()) c.ledger = s.ledger;
  c.at = now;
  if (!s.at.empty()) {
    const auto at = parse_grid_point("--at", s.at, now);
    if (!at) return tl::unexpected(at.error());
    c.at = *at;
  }
  if (!s.span.empty()) {
    const auto span = parse_duration(s.span);
    if (!span || *span < hours(1) || *span > hours(kMostHours))
      return fail(Code::invalid_argument, "--for {} is not from 1h to 400d.", s.span);
    c.span = *span;
  }
  if (!s.weights.empty()) {
    const auto w = score::parse_weights(s.weights);
    if (!w) return fail(Code::invalid_argument, "--weights: {}.", w.error().message);
    c.weights = *w;
    c.weights_from = "given";
  }
  if (s.utilisation) {
    c.workload.utilisation = *s.utilisation;
    c.utilisation_from = "given";
  }
  for (auto* step : {&take_slo, &take_rules})
    if (auto done = step(c, s); !done) return tl::unexpected(done.error());
  for (auto* step : {&take_mix, &take_intensities, &take_measured})
    if (auto done = step(c, s, now); !done) return tl::unexpected(done.error());
  describe_inputs(c);
  return c;
}

}  // namespace trine::cli
