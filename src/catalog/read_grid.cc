#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "catalog/draft.h"

namespace trine::catalog {
namespace {

using yaml::Fields;
using yaml::required;

constexpr double kLeast = 0.001, kMost = 2000;  // g/kWh: no grid is outside; a zero is a hole in the source

void read_years(Fields& f, const yaml::Field& field, std::map<int, Intensity>& out) {
  std::map<std::string, double> years;
  f.number_map(field, years, kLeast, kMost);
  for (const auto& [year, value] : years) {
    const auto y = parse_int(year);
    if (!y || *y < 1990 || *y > 2100) return f.complain(field.name, fmt::format("\"{}\" is not a year.", year));
    out[static_cast<int>(*y)] = Intensity{value};
  }
}

void read_country(Fields& f, Draft& d, Country& c) {
  f.text(required("id", "ISO 3166-1 alpha-2."), c.id);
  f.text(required("name", "Name."), c.name);
  f.number(required("g_per_kwh", "Annual lifecycle mean, gCO2e/kWh."), c.lifecycle.g_per_kwh, kLeast, kMost);
  f.integer(required("year", "Year of the mean."), c.year, 1990, 2100);
  read_source(f, d, c.source);
  d.defines(f, "country", "id", c.id);
}

void read_zone(Fields& f, Draft& d, Zone& z) {
  f.text(required("id", "Electricity Maps' id of the zone."), z.id);
  f.text(required("name", "Name."), z.name);
  f.text({"country", "ISO 3166-1 alpha-2; absent where the country has no mean."}, z.country);
  read_years(f, required("lifecycle", "Year to annual lifecycle mean, gCO2e/kWh."), z.lifecycle);
  read_years(f, {"direct", "Year to annual mean of stack emissions, gCO2e/kWh."}, z.direct);
  read_source(f, d, z.source);
  if (f.has("direct")) read_source(f, d, z.direct_source, "direct_source");
  d.defines(f, "zone", "id", z.id);
  d.refers(f, Kind::country, "country", z.country);
  f.check([&] {
    if (z.lifecycle.empty()) f.complain("lifecycle", "needs at least one year.");
  });
}

void read_season(Fields& f, std::string_view name, std::array<double, 24>& out) {
  std::vector<double> hours;
  const yaml::Type factor{yaml::Type::Kind::number, "factor", 0.05, 5, false, {}, {}};
  f.parsed_list(required(name, "24 factors, from 00 to 23 h UTC, mean 1."), hours, factor,
                "is not a factor between 0.05 and 5.", [](std::string_view s) {
                  auto v = parse_number(s);
                  return v && *v >= 0.05 && *v <= 5 ? v : std::nullopt;
                });
  f.check([&f, &out, name, hours] {
    if (hours.size() != out.size()) return f.complain(name, fmt::format("has {} factors, not 24.", hours.size()));
    std::copy(hours.begin(), hours.end(), out.begin());
    double sum = 0;
    for (const double h : hours) sum += h;
    if (std::abs(sum / 24 - 1) > 0.002) f.complain(name, fmt::format("has a mean of {:.4f}, not 1.", sum / 24));
  });
}

void read_profile(Fields& f, Draft& d, Profile& p) {
  f.text(required("id", "Name of the profile."), p.id);
  f.texts(required("zones", "Zones that it speaks for."), p.zones);
  constexpr std::string_view kSeasons[] = {"winter", "spring", "summer", "autumn"};
  for (size_t s = 0; s < 4; ++s) read_season(f, kSeasons[s], p.factors[s]);
  f.number(required("sigma_ln", "Spread of ln(real / profile)."), p.sigma_ln, 0.01, 3);
  f.number(required("sigma_ln_annual", "Spread of ln(real / annual mean)."), p.sigma_ln_annual, 0.01, 3);
  f.integer(required("year", "Year of the series."), p.year, 1990, 2100);
  read_source(f, d, p.source);
  d.defines(f, "profile", "id", p.id);
  for (size_t i = 0; i < p.zones.size(); ++i) {
    d.references.push_back({Kind::zone, p.zones[i], f.at(f.where("zones", i)), "zones"});
    d.definitions.push_back({"profile of zone", p.zones[i], f.at(f.where("zones", i))});
  }
}

void read_pue_value(Fields& f, const yaml::Field& field, std::optional<double>& out) {
  f.number(field, out, 1.0, 3.0);
}

void read_region(Fields& f, Draft& d, Region& r) {
  f.text(required("id", "provider-region."), r.id);
  f.text(required("provider", "Provider."), r.provider);
  f.text(required("region", "The provider's name of the region."), r.region);
  f.text(required("name", "Place."), r.name);
  f.text(required("zone", "Grid zone."), r.zone);
  f.text(required("country", "ISO 3166-1 alpha-2."), r.country);
  read_pue_value(f, {"pue", "Power usage effectiveness, as published."}, r.pue);
  f.integer({"pue_year", "Year of the PUE."}, r.pue_year, 2000, 2100);
  if (r.pue) read_source(f, d, r.pue_source, "pue_source");
  read_source(f, d, r.source);
  d.defines(f, "region", "id", r.id);
  d.refers(f, Kind::zone, "zone", r.zone);
}

void read_pue(Fields& f, Draft& d, Pue& p) {
  std::optional<double> pue;
  f.text(required("provider", "Provider; `world` for the mean data centre."), p.provider);
  f.text(required("scope", "What the figure covers."), p.scope);
  f.text({"region", "The provider's region; absent for a mean."}, p.region);
  read_pue_value(f, required("pue", "Power usage effectiveness."), pue);
  p.pue = pue.value_or(1);
  f.integer(required("year", "Year."), p.year, 2000, 2100);
  f.text(required("from", "Document."), p.from);
  read_source(f, d, p.source);
}

}  // namespace

void read_source(Fields& f, Draft& d, std::string& out, std::string_view field) {
  f.text(required(field, "Id in sources.yaml."), out);
  d.refers(f, Kind::source, field, out);
}

void read_range(Fields& f, std::string_view field, std::string_view doc, Range& out) {
  std::vector<double> ends;
  const yaml::Type positive{yaml::Type::Kind::number, "number", 0, {}, true, {}, {}};
  f.parsed_list(required(field, doc), ends, positive, "is not a number above 0.", [](std::string_view s) {
    auto v = parse_number(s);
    return v && std::isfinite(*v) && *v > 0 ? v : std::nullopt;
  });
  f.check([&f, &out, field, ends] {
    if (ends.size() != 2 || ends[0] > ends[1]) return f.complain(field, "is not a pair [low, high].");
    out = {ends[0], ends[1]};
  });
}

void read_sources(Fields& f, Draft& d) {
  f.objects(required("sources", "Where figures come from."), d.tables.sources, [&d](Fields& s, Source& out) {
    s.text(required("id", "Short name."), out.id);
    s.text(required("title", "What it is."), out.title);
    s.text(required("from", "Repository @ commit and path, or a document."), out.from);
    s.text(required("licence", "Licence, or why figures may be used."), out.licence);
    s.text(required("date", "Date of the source."), out.date);
    d.defines(s, "source", "id", out.id);
  });
}

void read_zones(Fields& f, Draft& d) {
  f.objects(required("countries", "Fallback where a zone is unknown."), d.tables.countries,
            [&d](Fields& c, Country& out) { read_country(c, d, out); });
  f.objects(required("zones", "Grid zones."), d.tables.zones, [&d](Fields& z, Zone& out) { read_zone(z, d, out); });
}

void read_profiles(Fields& f, Draft& d) {
  f.objects(required("profiles", "Typical days."), d.tables.profiles,
            [&d](Fields& p, Profile& out) { read_profile(p, d, out); });
}

void read_regions(Fields& f, Draft& d) {
  f.objects(required("regions", "Regions."), d.tables.regions,
            [&d](Fields& r, Region& out) { read_region(r, d, out); });
  f.objects(required("pue", "PUE of providers."), d.tables.pue, [&d](Fields& p, Pue& out) { read_pue(p, d, out); });
}

}  // namespace trine::catalog
