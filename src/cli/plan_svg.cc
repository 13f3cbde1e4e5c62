// Stacked machines by option, and under them the intensity of each zone that serves.
#include <algorithm>
#include <array>
#include <set>

#include "cli/plan_view.h"
#include "report/escaped.h"

namespace trine::cli {
namespace {

using report::escaped;

constexpr double kLeft = 56, kWidth = 840, kTop = 40, kBars = 260, kGap = 44, kLines = 150;
// Of middle lightness: readable on white and on black.
constexpr std::array<const char*, 8> kColours = {"#4c8dd6", "#e07b39", "#4fa36b", "#c65b8a",
                                                 "#8a74c9", "#b59a2f", "#3fa7a7", "#9a7b6a"};
const char* colour(size_t i) {
  return kColours[i % kColours.size()];
}

std::string label(double x, double y, std::string_view text, const char* anchor = "start") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, escaped(text));
}

std::string rule(double x1, double y1, double x2, double y2) {
  return fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"#888\" stroke-opacity=\".4\"/>\n", x1, y1, x2,
                     y2);
}

std::string axis(double top, double height, double most, const char* unit) {
  std::string out;
  for (int i = 0; i <= 2; ++i) {
    const double y = top + height * (1 - i / 2.0);
    out += rule(kLeft, y, kLeft + kWidth, y) + label(kLeft - 6, y + 4, fmt::format("{:.0f}", most * i / 2), "end");
  }
  return out + label(kLeft, top - 8, unit);
}

}  // namespace

std::string plan_svg(const PlanView& v) {
  const size_t hours = v.problem.hours(), options = v.problem.options.size();
  const double step = kWidth / static_cast<double>(hours), below = kTop + kBars + kGap;
  int most = 2;
  std::set<std::string> zones;
  std::vector<size_t> shown;
  for (size_t o = 0; o < options; ++o) {
    bool any = false;
    for (const auto& h : v.plan.requests) any = any || h[o] > 0;
    for (const auto& h : v.plan.machines) any = any || h[o] > 0;
    if (any) zones.insert(v.problem.options[o].zone);
    if (any && v.problem.options[o].requests_per_machine_hour > 0) shown.push_back(o);
  }
  for (const auto& h : v.plan.machines) {
    int sum = 0;
    for (const int n : h) sum += n;
    most = std::max(most, sum + sum % 2);
  }
  double dirtiest = 1;
  for (const auto& zone : zones)
    for (const double g : v.grid.at(zone)) dirtiest = std::max(dirtiest, g);
  const double keys = below + kLines + 40;
  const size_t rows_of_keys = (shown.size() + 3) / 4 + (zones.size() + 3) / 4;
  const double height = keys + 20 * static_cast<double>(rows_of_keys) + 10;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" font-family=\"sans-serif\" "
      "font-size=\"12\" fill=\"#888\">\n<title>Plan of {2} hours from {3}</title>\n",
      kLeft + kWidth + 16, height, hours, iso8601(v.problem.start));
  out += axis(kTop, kBars, most, "machines") + axis(below, kLines, dirtiest, "g CO2e/kWh");
  for (size_t h = 0; h < hours; ++h) {
    double y = kTop + kBars;
    for (size_t i = 0; i < shown.size(); ++i) {
      const double tall = kBars * v.plan.machines[h][shown[i]] / most;
      if (tall <= 0) continue;
      y -= tall;
      out += fmt::format("<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\"/>\n",
                         kLeft + step * static_cast<double>(h), y, step * 0.92, tall, colour(i));
    }
    const std::string time = iso8601(v.problem.start + std::chrono::hours(h));
    const bool tick = hours > 48 ? time.substr(11, 2) == "00" && (hours <= 336 || h % 168 < 24) : h % 6 == 0;
    if (!tick) continue;
    const double x = kLeft + step * static_cast<double>(h);
    out += rule(x, kTop, x, below + kLines);
    out += label(x + 2, below + kLines + 16, hours > 48 ? time.substr(5, 5) : time.substr(11, 5));
  }
  size_t i = 0;
  for (const auto& zone : zones) {
    std::string path;
    for (size_t h = 0; h < hours; ++h)
      path += fmt::format("{}{:.1f} {:.1f}", h ? "L" : "M", kLeft + step * (static_cast<double>(h) + 0.5),
                          below + kLines * (1 - v.grid.at(zone)[h] / dirtiest));
    out += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\"/>\n", path,
                       colour(kColours.size() - 1 - i++));
  }
  const auto key = [&](size_t at, const char* paint, double height_of, const std::string& text) {
    const size_t column = at % 4, row = at / 4;
    const double x = kLeft + 210 * static_cast<double>(column), y = keys + 20 * static_cast<double>(row);
    out += fmt::format("<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"12\" height=\"{:.0f}\" fill=\"{}\"/>\n", x,
                       y + (12 - height_of) / 2, height_of, paint);
    out += label(x + 18, y + 10, text);
  };
  for (i = 0; i < shown.size(); ++i) key(i, colour(i), 12, v.problem.options[shown[i]].name);
  const size_t row = (shown.size() + 3) / 4 * 4;
  i = 0;
  for (const auto& zone : zones) key(row + i, colour(kColours.size() - 1 - i), 3, zone), ++i;
  return out + "</svg>\n";
}

}  // namespace trine::cli
