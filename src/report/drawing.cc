#include "report/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace trine::report {
namespace {

constexpr std::array<unsigned, 6> kColours = {0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xD55E00};
constexpr double kLetter = 6.4;  // enough width of a letter of kLabelSize
constexpr double kTall = 160, kRow = 22, kKeys = 24;
constexpr size_t kLongestName = 28;

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// 1, 2 or 5 times a power of ten: a step that about four marks need to pass `most`.
double mark_step(double most) {
  if (!(most > 0)) return 1;
  const double rough = most / 4, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double m : {1.0, 2.0, 5.0})
    if (m * power >= rough * (1 - 1e-9)) return m * power;
  return 10 * power;
}

std::string mark(double v, double step) {
  const int decimals = step >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
  return decimals > 6 ? fmt::format("{:.0e}", v) : fmt::format("{:.{}f}", v, decimals);
}

struct Scale {
  double step = 1;
  int marks = 1;
  double top() const { return step * marks; }
};

Scale scale_of(const BarChart& chart) {
  double most = 0;
  for (const auto& bar : chart.values) most = std::max(most, sum(bar));
  const double step = mark_step(most);
  return {step, std::max(1, static_cast<int>(std::ceil(most / step - 1e-9)))};
}

// At a character's boundary.
std::string shortened(const std::string& name) {
  size_t letters = 0, at = 0;
  for (; at < name.size(); ++at) {
    if ((static_cast<unsigned char>(name[at]) & 0xC0) == 0x80) continue;
    if (++letters > kLongestName) return name.substr(0, at) + "...";
  }
  return name;
}

size_t letters(const std::string& name) {
  return static_cast<size_t>(
      std::count_if(name.begin(), name.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

double wide(const std::string& text) {
  return static_cast<double>(letters(text)) * kLetter;
}

void add_keys(Drawing& d, const BarChart& chart, double left, double y) {
  double x = left;
  for (size_t i = 0; i < chart.series.size(); ++i) {
    d.boxes.push_back({x, y - 9, 10, 10, i});
    d.labels.push_back({x + 15, y, chart.series[i]});
    x += 15 + wide(chart.series[i]) + 24;
  }
}

Drawing standing(const BarChart& chart, double width) {
  const Scale scale = scale_of(chart);
  double left = 0;
  for (int i = 0; i <= scale.marks; ++i) left = std::max(left, wide(mark(scale.step * i, scale.step)));
  left += 12;
  const double top = 20, bottom = top + kTall;
  const bool keys = chart.series.size() > 1;
  Drawing d{width, bottom + 22 + (keys ? kKeys : 0), {}, {}, {}};
  d.labels.push_back({0, 10, chart.unit});
  for (int i = 0; i <= scale.marks; ++i) {
    const double y = bottom - kTall * i / scale.marks;
    d.lines.push_back({left, y, width, y});
    d.labels.push_back({left - 6, y + 4, mark(scale.step * i, scale.step), Drawing::Anchor::end});
  }
  const double each = (width - left) / static_cast<double>(std::max<size_t>(1, chart.bars.size()));
  double longest = 0;
  for (const auto& name : chart.bars) longest = std::max(longest, wide(name));
  const auto every = static_cast<size_t>(std::max(1.0, std::ceil((longest + 8) / each)));
  for (size_t b = 0; b < chart.bars.size(); ++b) {
    const double x = left + each * static_cast<double>(b);
    double y = bottom;
    for (size_t s = 0; s < chart.values[b].size(); ++s) {
      const double tall = kTall * chart.values[b][s] / scale.top();
      y -= tall;
      if (tall > 0) d.boxes.push_back({x + each * 0.12, y, each * 0.76, tall, s});
    }
    if (b % every == 0) d.labels.push_back({x + each / 2, bottom + 15, chart.bars[b], Drawing::Anchor::middle});
  }
  if (keys) add_keys(d, chart, left, bottom + 22 + 14);
  return d;
}

Drawing lying(const BarChart& chart, double width) {
  const Scale scale = scale_of(chart);
  double left = 0, right = 0;
  std::vector<std::string> names, amounts;
  for (size_t b = 0; b < chart.bars.size(); ++b) {
    names.push_back(shortened(chart.bars[b]));
    amounts.push_back(mark(sum(chart.values[b]), scale.step / 100));
    left = std::max(left, wide(names.back()));
    right = std::max(right, wide(amounts.back()));
  }
  left += 12;
  const double across = width - left - right - 10;
  const bool keys = chart.series.size() > 1;
  const double top = 18, bottom = top + kRow * static_cast<double>(chart.bars.size());
  Drawing d{width, bottom + 6 + (keys ? kKeys : 0), {}, {}, {}};
  d.labels.push_back({left, 10, chart.unit});
  d.lines.push_back({left, top, left, bottom});
  for (size_t b = 0; b < chart.bars.size(); ++b) {
    const double y = top + kRow * static_cast<double>(b);
    double x = left;
    for (size_t s = 0; s < chart.values[b].size(); ++s) {
      const double wide_of = across * chart.values[b][s] / scale.top();
      if (wide_of > 0) d.boxes.push_back({x, y + 4, wide_of, kRow - 8, s});
      x += wide_of;
    }
    d.labels.push_back({left - 6, y + 15, names[b], Drawing::Anchor::end});
    d.labels.push_back({x + 5, y + 15, amounts[b]});
  }
  if (keys) add_keys(d, chart, left, bottom + 18);
  return d;
}

}  // namespace

unsigned colour(size_t i) {
  return kColours[i % kColours.size()];
}

Drawing draw(const BarChart& chart, double width) {
  return chart.across ? lying(chart, width) : standing(chart, width);
}

}  // namespace trine::report
