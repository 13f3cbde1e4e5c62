#include "grid/source.h"

#include <algorithm>

#include "base/text.h"

namespace trine::grid {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;
using net::FetchRequest;
using net::Task;

constexpr SourceFacts kFacts[] = {
    {SourceKind::electricity_maps, "electricity_maps", "https://api.electricitymap.org", 1h, "", true,
     Method::lifecycle, 2},
    {SourceKind::watttime, "watttime", "https://api.watttime.org", 5min, "", true, Method::marginal, 2},
    {SourceKind::uk_carbon_intensity, "uk_carbon_intensity", "https://api.carbonintensity.org.uk", 30min, "GB", false,
     Method::direct, 2},
    {SourceKind::eco2mix, "eco2mix", "https://odre.opendatasoft.com", 15min, "FR", false, Method::direct_production, 1},
    {SourceKind::entsoe, "entsoe", "https://web-api.tp.entsoe.eu", 1h, "", true, Method::lifecycle_production, 1},
    {SourceKind::file, "file", "", 15min, "", false, Method::lifecycle, 0},
};

// ENTSO-E's codes (EIC) of countries and bidding zones.
constexpr std::pair<std::string_view, std::string_view> kEntsoeAreas[] = {
    {"AT", "10YAT-APG------L"},     {"BE", "10YBE----------2"},     {"BG", "10YCA-BULGARIA-R"},
    {"CH", "10YCH-SWISSGRIDZ"},     {"CZ", "10YCZ-CEPS-----N"},     {"DE", "10Y1001A1001A83F"},
    {"DK-DK1", "10YDK-1--------W"}, {"DK-DK2", "10YDK-2--------M"}, {"EE", "10Y1001A1001A39I"},
    {"ES", "10YES-REE------0"},     {"FI", "10YFI-1--------U"},     {"FR", "10YFR-RTE------C"},
    {"GR", "10YGR-HTSO-----Y"},     {"HR", "10YHR-HEP------M"},     {"HU", "10YHU-MAVIR----U"},
    {"IE", "10Y1001A1001A59C"},     {"IT", "10YIT-GRTN-----B"},     {"IT-NO", "10Y1001A1001A73I"},
    {"LT", "10YLT-1001A0008Q"},     {"LU", "10YLU-CEGEDEL-NQ"},     {"LV", "10YLV-1001A00074"},
    {"NL", "10YNL----------L"},     {"NO-NO1", "10YNO-1--------2"}, {"NO-NO2", "10YNO-2--------T"},
    {"NO-NO3", "10YNO-3--------J"}, {"NO-NO4", "10YNO-4--------9"}, {"NO-NO5", "10Y1001A1001A48H"},
    {"PL", "10YPL-AREA-----S"},     {"PT", "10YPT-REN------W"},     {"RO", "10YRO-TEL------P"},
    {"RS", "10YCS-SERBIATSOV"},     {"SE", "10YSE-1--------K"},     {"SE-SE1", "10Y1001A1001A44P"},
    {"SE-SE2", "10Y1001A1001A45N"}, {"SE-SE3", "10Y1001A1001A46L"}, {"SE-SE4", "10Y1001A1001A47J"},
    {"SI", "10YSI-ELES-----O"},     {"SK", "10YSK-SEPS-----K"},
};

std::string_view entsoe_area(std::string_view zone) {
  for (const auto& [id, code] : kEntsoeAreas)
    if (iequals(id, zone)) return code;
  return {};
}

std::string area_of(const SourceSpec& spec, const std::string& zone) {
  for (const auto& [id, area] : spec.areas)
    if (iequals(id, zone)) return area;
  return zone;
}

Asked<Answer> meaning(const Asked<std::string>& body, Result<Answer> (*read)(std::string_view)) {
  if (!body) return tl::unexpected(body.error());
  auto answer = read(*body);
  if (!answer) return tl::unexpected(Trouble{answer.error(), 200, {}});
  return std::move(*answer);
}

// Adds what the forecast says; a forecast that may not be had is no trouble.
void add_if_had(Answer& to, Asked<Answer>&& ahead) {
  if (!ahead) return;
  for (Observation& o : ahead->points) o.forecast = true;
  to.add(std::move(*ahead));
}

class ElectricityMaps final : public Source {
 public:
  explicit ElectricityMaps(SourceSpec spec) : spec_(std::move(spec)) {}

  Task<Asked<Answer>> read(Web& web, std::string zone, Wall now, bool ahead) override {
    const std::string query = "?zone=" + net::percent_encoded(area_of(spec_, zone));
    FetchRequest history = request("/v3/carbon-intensity/history" + query);
    auto past = meaning(co_await web.ask(std::move(history)), read_electricity_maps);
    // A token may be good for the latest value alone.
    if (!past && (past.error().status == 403 || past.error().status == 404)) {
      FetchRequest latest = request("/v3/carbon-intensity/latest" + query);
      past = meaning(co_await web.ask(std::move(latest)), read_electricity_maps);
    }
    if (!past || !ahead || now < no_forecast_until_) co_return past;
    FetchRequest forecast = request("/v3/carbon-intensity/forecast" + query);
    auto to_come = meaning(co_await web.ask(std::move(forecast)), read_electricity_maps);
    const int status = to_come ? 200 : to_come.error().status;
    if (status == 401 || status == 403 || status == 404) no_forecast_until_ = now + 24h;  // no request wasted on it
    add_if_had(*past, std::move(to_come));
    co_return past;
  }

 private:
  FetchRequest request(std::string target) const {
    FetchRequest r;
    r.target = std::move(target);
    r.headers.emplace_back("auth-token", spec_.token);
    return r;
  }
  SourceSpec spec_;
  Wall no_forecast_until_{};  // its token does not reach so far
};

class WattTime final : public Source {
 public:
  explicit WattTime(SourceSpec spec) : spec_(std::move(spec)) {}

  Task<Asked<Answer>> read(Web& web, std::string zone, Wall now, bool ahead) override {
    if (now >= token_until_) {
      auto in = co_await log_in(web, now);
      if (!in) co_return tl::unexpected(in.error());
    }
    auto region = co_await region_of(web, area_of(spec_, zone));
    if (!region) co_return tl::unexpected(region.error());
    const std::string signal = "signal_type=co2_moer&region=" + net::percent_encoded(*region);
    const Wall until = Wall(floor<minutes>(now));
    FetchRequest past = request("/v3/historical?" + signal + "&start=" + net::percent_encoded(iso8601(until - 2h)) +
                                "&end=" + net::percent_encoded(iso8601(until)));
    auto answer = meaning(co_await web.ask(std::move(past)), read_watttime);
    if (!answer && answer.error().status == 401) token_until_ = {};  // it ended early: the next try logs in again
    if (!answer || !ahead) co_return answer;
    FetchRequest forecast = request("/v3/forecast?" + signal);
    add_if_had(*answer, meaning(co_await web.ask(std::move(forecast)), read_watttime));
    co_return answer;
  }

 private:
  static constexpr Nanos kTokenLasts = 25min;  // 30 by WattTime's word

  Task<Asked<bool>> log_in(Web& web, Wall now) {
    FetchRequest r;
    r.target = "/login";
    r.headers.emplace_back("Authorization", "Basic " + base64(spec_.user + ":" + spec_.password));
    const auto body = co_await web.ask(std::move(r));
    if (!body) co_return tl::unexpected(body.error());
    auto token = read_watttime_token(*body);
    if (!token) co_return tl::unexpected(Trouble{token.error(), 200, {}});
    token_ = std::move(*token);
    token_until_ = now + kTokenLasts;
    co_return true;
  }
  // A region's name as it is; a place, "33.7,-118.2", is asked for once.
  Task<Asked<std::string>> region_of(Web& web, std::string area) {
    const size_t comma = area.find(',');
    if (comma == std::string::npos) co_return area;
    if (const auto known = regions_.find(area); known != regions_.end()) co_return known->second;
    FetchRequest r = request("/v3/region-from-loc?signal_type=co2_moer&latitude=" +
                             net::percent_encoded(trim(std::string_view(area).substr(0, comma))) +
                             "&longitude=" + net::percent_encoded(trim(std::string_view(area).substr(comma + 1))));
    const auto body = co_await web.ask(std::move(r));
    if (!body) co_return tl::unexpected(body.error());
    auto region = read_watttime_region(*body);
    if (!region) co_return tl::unexpected(Trouble{region.error(), 200, {}});
    regions_[area] = *region;
    co_return std::move(*region);
  }
  FetchRequest request(std::string target) const {
    FetchRequest r;
    r.target = std::move(target);
    r.headers.emplace_back("Authorization", "Bearer " + token_);
    return r;
  }

  SourceSpec spec_;
  std::map<std::string, std::string> regions_;
  std::string token_;
  Wall token_until_{};
};

std::string minute_text(Wall t) {  // "2026-11-23T09:30Z"
  return iso8601(Wall(floor<minutes>(t))).substr(0, 16) + "Z";
}

class UkCarbonIntensity final : public Source {
 public:
  Task<Asked<Answer>> read(Web& web, std::string, Wall now, bool ahead) override {
    FetchRequest past;
    past.target = "/intensity/" + minute_text(now - 24h) + "/" + minute_text(now);
    auto answer = meaning(co_await web.ask(std::move(past)), read_uk_carbon_intensity);
    if (!answer || !ahead) co_return answer;
    FetchRequest forecast;
    forecast.target = "/intensity/" + minute_text(now) + "/fw24h";
    add_if_had(*answer, meaning(co_await web.ask(std::move(forecast)), read_uk_carbon_intensity));
    co_return answer;
  }
};

class Eco2mix final : public Source {
 public:
  Task<Asked<Answer>> read(Web& web, std::string, Wall now, bool) override {
    const std::string where = fmt::format("date_heure>=date'{}' and date_heure<=date'{}'",
                                          iso8601(Wall(floor<minutes>(now - 24h))), iso8601(Wall(floor<minutes>(now))));
    FetchRequest r;
    r.target = "/api/explore/v2.1/catalog/datasets/eco2mix-national-tr/records?limit=100&order_by=" +
               net::percent_encoded("date_heure desc") + "&where=" + net::percent_encoded(where);
    co_return meaning(co_await web.ask(std::move(r)), read_eco2mix);
  }
};

class Entsoe final : public Source {
 public:
  explicit Entsoe(SourceSpec spec) : spec_(std::move(spec)) {}

  Task<Asked<Answer>> read(Web& web, std::string zone, Wall now, bool) override {
    std::string area = area_of(spec_, zone);
    if (area == zone) area = entsoe_area(zone);
    const auto hour_text = [](Wall t) {  // yyyyMMddHHmm
      std::string s = iso8601(t).substr(0, 16);
      std::erase_if(s, [](char c) { return c == '-' || c == ':' || c == 'T'; });
      return s;
    };
    const Wall until = Wall(floor<hours>(now));
    FetchRequest r;
    r.target =
        fmt::format("/api?documentType=A75&processType=A16&in_Domain={}&periodStart={}&periodEnd={}&securityToken={}",
                    area, hour_text(until - 24h), hour_text(until), net::percent_encoded(spec_.token));
    co_return meaning(co_await web.ask(std::move(r)), read_entsoe);
  }

 private:
  SourceSpec spec_;
};

// A CSV or JSON file that something else keeps fresh.
class File final : public Source {
 public:
  explicit File(SourceSpec spec) : spec_(std::move(spec)) {}

  Task<Asked<Answer>> read(Web&, std::string zone, Wall now, bool) override { co_return read_now(zone, now); }

 private:
  Asked<Answer> read_now(const std::string& zone, Wall now) const {
    auto file = read_series_file(spec_.path);
    if (!file) return tl::unexpected(Trouble{file.error(), 0, {}});
    const std::string column = area_of(spec_, zone);
    Answer out;
    out.holes = file->holes;
    for (const auto& [name, series] : file->zones) {
      if (!name.empty() && !iequals(name, column)) continue;
      for (const auto& p : series.points())
        out.points.push_back({p.start, series.step(), p.value, spec_.method, p.estimated, p.start > now});
      return out;
    }
    return tl::unexpected(
        Trouble{{Code::not_found, fmt::format("{}: has no column for {}.", spec_.path, column)}, 0, {}});
  }
  SourceSpec spec_;
};

Result<void> check(const SourceSpec& spec) {
  const SourceFacts& facts = facts_of(spec.kind);
  if (spec.kind == SourceKind::file && spec.path.empty())
    return fail(Code::invalid_argument, "grid source {}: give its path", facts.name);
  if (spec.kind == SourceKind::watttime && (spec.user.empty() || spec.password.empty()))
    return fail(Code::invalid_argument, "grid source {}: give user and password", facts.name);
  if (facts.needs_token && spec.kind != SourceKind::watttime && spec.token.empty())
    return fail(Code::invalid_argument, "grid source {}: give its token", facts.name);
  for (const auto& zone : spec.zones) {
    if (knows(spec, zone)) continue;
    if (*facts.zone)
      return fail(Code::invalid_argument, "grid source {}: knows zone {} alone, not {}", facts.name, facts.zone, zone);
    return fail(Code::invalid_argument, "grid source {}: say under areas what it calls {}", facts.name, zone);
  }
  return {};
}

}  // namespace

bool knows(const SourceSpec& spec, const std::string& zone) {
  const SourceFacts& facts = facts_of(spec.kind);
  if (*facts.zone) return iequals(zone, facts.zone);
  const bool named = area_of(spec, zone) != zone;
  if (spec.kind == SourceKind::watttime) return named;
  if (spec.kind == SourceKind::entsoe) return named || !entsoe_area(zone).empty();
  return true;
}

std::span<const SourceFacts> source_facts() {
  return kFacts;
}
const SourceFacts& facts_of(SourceKind kind) {
  return kFacts[static_cast<size_t>(kind)];
}
const SourceFacts* source_named(std::string_view name) {
  const auto* it = std::find_if(std::begin(kFacts), std::end(kFacts), [&](const auto& f) { return f.name == name; });
  return it == std::end(kFacts) ? nullptr : it;
}

Result<std::unique_ptr<Source>> make_source(const SourceSpec& spec) {
  if (auto ok = check(spec); !ok) return tl::unexpected(ok.error());
  std::unique_ptr<Source> source;
  switch (spec.kind) {
    case SourceKind::electricity_maps:
      source = std::make_unique<ElectricityMaps>(spec);
      break;
    case SourceKind::watttime:
      source = std::make_unique<WattTime>(spec);
      break;
    case SourceKind::uk_carbon_intensity:
      source = std::make_unique<UkCarbonIntensity>();
      break;
    case SourceKind::eco2mix:
      source = std::make_unique<Eco2mix>();
      break;
    case SourceKind::entsoe:
      source = std::make_unique<Entsoe>(spec);
      break;
    case SourceKind::file:
      source = std::make_unique<File>(spec);
      break;
  }
  return source;
}

}  // namespace trine::grid
