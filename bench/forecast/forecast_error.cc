// How far src/grid/forecast.cc is from what came: each recorded series is walked through hour by hour, the forecast
// sees what was known then, and its errors are collected by how many hours ahead it looked. Beside it the two simple
// ones: the last value, and the same hour of the day before.
//
//   forecast_error FOLDER [PAGE]      FOLDER: wide CSV files of hours; PAGE: gets the table between its two marks
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "catalog/load.h"
#include "grid/grid.h"

namespace {

using namespace trine;
using namespace std::chrono_literals;

constexpr std::array<int, 5> kLeads = {1, 3, 6, 12, 24};
constexpr int kStride = 7;        // hours between two forecasts; prime to 24, so that every hour of the day comes
constexpr int kWarmUp = 24 * 15;  // hours before the first
constexpr const char* kFiles[] = {"emaps_2022_lifecycle.csv", "emaps_2023_lifecycle.csv",
                                  "entsoe_lwa_2020_lifecycle.csv", "carboncast_2020_lifecycle.csv"};
constexpr const char* kBegin = "<!-- forecast error: begin -->";
constexpr const char* kEnd = "<!-- forecast error: end -->";

struct Errors {
  double absolute = 0, squared_ln = 0;
  int inside = 0, n = 0;
  void add(double forecast, double truth, double sigma) {
    const double ln = std::log(forecast / truth);
    absolute += std::abs(forecast / truth - 1);
    squared_ln += ln * ln;
    inside += std::abs(ln) <= 1.645 * sigma;
    ++n;
  }
  double percent() const { return 100 * absolute / n; }
  double sigma() const { return std::sqrt(squared_ln / n); }
};

struct OfSeries {
  std::string name;
  std::array<Errors, kLeads.size()> ours, last, yesterday;
};

OfSeries measure(const std::string& name, const grid::Series& series) {
  OfSeries out{name, {}, {}, {}};
  const grid::Feed feed{"X", "recorded", grid::Method::lifecycle, series, {}, {}};
  grid::ForecastInput input;
  input.feeds = {&feed};
  input.typical = [](Wall) { return grid::ForecastInput::Typical{catalog::kWorldIntensity, 0.35}; };
  const auto& p = series.points();
  for (size_t i = kWarmUp; i + kLeads.back() < p.size(); i += kStride) {
    const auto f = grid::forecast(input, p[i].start + 1ns, kLeads.back() + 1);
    for (size_t k = 0; k < kLeads.size(); ++k) {
      const auto lead = static_cast<size_t>(kLeads[k]);
      const auto* truth = series.covering(p[i].start + kLeads[k] * 1h);
      const auto* before = series.covering(p[i].start + (kLeads[k] - 24) * 1h);
      if (!truth || !before) continue;
      const double g = truth->value.g_per_kwh;
      out.ours[k].add(f[lead].value.g_per_kwh, g, f[lead].sigma_ln);
      out.last[k].add(p[i].value.g_per_kwh, g, 0);
      out.yesterday[k].add(before->value.g_per_kwh, g, 0);
    }
  }
  return out;
}

template <class Pick>
std::string row(const std::string& name, Pick pick, const char* format = "{:.1f}") {
  std::string line = "| " + name + " |";
  for (size_t k = 0; k < kLeads.size(); ++k) line += " " + fmt::format(fmt::runtime(format), pick(k)) + " |";
  return line + "\n";
}

// Each series counts once, however long it is.
std::string table(const std::vector<OfSeries>& all) {
  const auto mean = [&](auto pick) {
    return [&all, pick](size_t k) {
      double sum = 0;
      for (const OfSeries& s : all) sum += pick(s, k);
      return sum / static_cast<double>(all.size());
    };
  };
  std::string out =
      fmt::format("Mean of {} series of a year (error in % of the true value, by hours ahead):\n\n", all.size());
  out += "| | 1 h | 3 h | 6 h | 12 h | 24 h |\n|---|---|---|---|---|---|\n";
  out += row("**persistence x profile**", mean([](const OfSeries& s, size_t k) { return s.ours[k].percent(); }));
  out += row("the last value", mean([](const OfSeries& s, size_t k) { return s.last[k].percent(); }));
  out += row("same hour yesterday", mean([](const OfSeries& s, size_t k) { return s.yesterday[k].percent(); }));
  out += row("spread of ln(true / forecast)", mean([](const OfSeries& s, size_t k) { return s.ours[k].sigma(); }),
             "{:.3f}");
  out += row("within the 90 % range, %",
             mean([](const OfSeries& s, size_t k) { return 100.0 * s.ours[k].inside / s.ours[k].n; }), "{:.0f}");
  out +=
      "\nBy series of Electricity Maps (all others lie within these); last, how many of its 90 % ranges 24 h ahead "
      "held:\n\n";
  out += "| series | 1 h | 3 h | 6 h | 12 h | 24 h | range |\n|---|---|---|---|---|---|---|\n";
  for (const OfSeries& s : all) {
    if (s.name.find("emaps") == std::string::npos) continue;
    out += row(s.name, [&](size_t k) { return s.ours[k].percent(); });
    out.insert(out.size() - 1, fmt::format(" {:.0f} % |", 100.0 * s.ours.back().inside / s.ours.back().n));
  }
  return out;
}

bool write(const std::string& page, const std::string& text) {
  std::ifstream in(page);
  std::string whole{std::istreambuf_iterator<char>(in), {}};
  const size_t begin = whole.find(kBegin), end = whole.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) return false;
  const size_t from = begin + std::string(kBegin).size();
  whole.replace(from, end - from, "\n" + text);
  std::ofstream(page) << whole;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: forecast_error FOLDER [PAGE]\n", stderr);
    return 2;
  }
  std::vector<OfSeries> all;
  for (const char* name : kFiles) {
    const auto file = grid::read_series_file((std::filesystem::path(argv[1]) / name).string());
    if (!file) {
      std::fprintf(stderr, "%s\n", file.error().message.c_str());
      return 1;
    }
    const std::string source = std::string(name).substr(0, std::string(name).rfind('_'));
    for (const auto& [zone, series] : file->zones) all.push_back(measure(zone + " " + source, series));
  }
  const std::string text = table(all);
  std::fputs(text.c_str(), stdout);
  if (argc > 2 && !write(argv[2], text)) {
    std::fprintf(stderr, "%s: has no place for the table\n", argv[2]);
    return 1;
  }
  return 0;
}
