// What a source of intensities answered, and what its text means. Pure; any thread.
//
// A value that is null, absent, zero or not a number is a hole; one below 0 or above kMostIntensity is absurd. Both are
// left out and counted: never a zero, never a failure. Text that is not the source's format, and the source's own
// errors, are an Error with a sentence (invalid_argument, or not_found where it says that it has no data).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "grid/feed.h"

namespace trine::grid {

struct Observation {
  Wall start;
  Nanos length;
  Intensity value;
  Method method = Method::lifecycle;
  bool estimated = false;  // by the source's own word
  bool forecast = false;   // of a time that had not passed when it was made
  bool operator==(const Observation&) const = default;
};

struct Answer {
  std::vector<Observation> points;  // in the source's order
  size_t holes = 0;
  size_t absurd = 0;

  // Counts what is none.
  void take(const Observation& of, std::optional<double> g_per_kwh);
  void add(Answer&& other);
};

inline constexpr size_t kMostPoints = 200'000;  // of one answer; more is an error

// Electricity Maps v3: carbon-intensity latest, history, past-range and forecast; power-breakdown latest and history
// (the consumption mix with the factors of factors.h); CO2 Signal's latest.
Result<Answer> read_electricity_maps(std::string_view text);

// WattTime v3: historical, forecast and forecast/historical of co2_moer in lbs per MWh. Other units are refused.
Result<Answer> read_watttime(std::string_view text);
Result<std::string> read_watttime_token(std::string_view text);   // of /login
Result<std::string> read_watttime_region(std::string_view text);  // of /v3/region-from-loc

// UK Carbon Intensity: national and regional. A half hour without `actual` is a forecast.
Result<Answer> read_uk_carbon_intensity(std::string_view text);

// RTE's eCO2mix at ODRE, API v2.1 (`results`) and v1 (`records[].fields`, or one record's `fields`): taux_co2, and the
// production mix with the factors of factors.h.
Result<Answer> read_eco2mix(std::string_view text);

// ENTSO-E's actual generation per type (A75, XML), with the factors of factors.h. Storage that gives back what it took
// is left out of both sums. A slot in which a type is missing that others have is taken without it and is an estimate.
Result<Answer> read_entsoe(std::string_view text);

}  // namespace trine::grid
