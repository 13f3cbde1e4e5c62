#include "meter/scrape.h"

#include <algorithm>
#include <cmath>

namespace trine::meter {
namespace {

constexpr size_t kNotes = 8;

void odd(const Series& series, Readings& into) {
  note(into, fmt::format("{} is {}: it was left out", series.name, series.digits.substr(0, 40)));
}

}  // namespace

void note(Readings& into, std::string sentence) {
  if (into.notes.size() >= kNotes) return;
  if (std::find(into.notes.begin(), into.notes.end(), sentence) == into.notes.end())
    into.notes.push_back(std::move(sentence));
}

std::optional<double> sane(const Series& series, Readings& into) {
  if (std::isfinite(series.value) && series.value >= 0) return series.value;
  odd(series, into);
  return std::nullopt;
}

std::optional<int64_t> sane_integer(const Series& series, int exponent, Readings& into) {
  const auto v = decimal(series.digits, exponent);
  if (v && *v >= 0) return v;
  odd(series, into);
  return std::nullopt;
}

std::optional<double> share(const Series& series, double full, Readings& into) {
  if (std::isfinite(series.value) && series.value >= 0 && series.value <= full) return series.value / full;
  odd(series, into);
  return std::nullopt;
}

}  // namespace trine::meter
