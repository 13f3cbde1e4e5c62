// One fetched page of a Prometheus exporter, and what its adapters share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "meter/prometheus_text.h"
#include "meter/reading.h"

namespace trine::meter {

struct Scrape {
  std::string_view text;
  TextFormat format = TextFormat::prometheus;
  Wall at{};                  // when it was fetched
  std::optional<Nanos> mono;  // our monotonic clock then
  std::string host;           // the server's name, where the page does not say it
};

// The moment of a series: its own timestamp where it has a sane one, else the scrape's.
template <class AnyReading>
void stamp(AnyReading& reading, const Series& series, const Scrape& scrape) {
  constexpr int64_t kYear2100Ms = 4'102'444'800'000;
  if (series.timestamp_ms && *series.timestamp_ms > 0 && *series.timestamp_ms < kYear2100Ms) {
    reading.at = from_unix_ns(*series.timestamp_ms * 1'000'000);
    reading.mono.reset();
  } else {
    reading.at = scrape.at;
    reading.mono = scrape.mono;
  }
}

// The series' value if it is finite and not negative; else nothing, and a note that names it.
std::optional<double> sane(const Series& series, Readings& into);
// The same as an exact integer of value x 10^exponent.
std::optional<int64_t> sane_integer(const Series& series, int exponent, Readings& into);
// A share: 0..`full` becomes 0..1.
std::optional<double> share(const Series& series, double full, Readings& into);

// Adds a sentence once; beyond a handful the rest is dropped, so that a broken page cannot flood a log.
void note(Readings& into, std::string sentence);

}  // namespace trine::meter
