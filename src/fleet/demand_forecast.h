// Requests of the hours to come, from hours that are over and nothing else. One thread.
//
// Three ways to look ahead, and whichever has been nearest in the days before is taken: the mean of the same hour of
// the day, that mean at the level of the last hours, and the last hour again. How far each was off is kept, so that
// a quantile is one of errors that were really made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace trine::fleet {

class DemandForecast {
 public:
  // The hour after the last added is over. REQUIRES: requests >= 0.
  void add(double requests);
  size_t hours() const { return seen_.size(); }

  // `ahead` hours after the last added, 1 is the next. 0 where nothing was added yet.
  double expect(size_t ahead) const;
  // What the hour will not exceed with probability `q`, as the errors of the last two weeks have it. Not under 0.
  double quantile(size_t ahead, double q) const;

 private:
  enum Way : uint8_t { profile, levelled, persistence, kWays };
  double look(Way way, size_t ahead) const;
  double level() const;
  Way best() const;

  static constexpr size_t kDay = 24, kMemory = 14 * kDay;
  std::vector<double> seen_;
  std::array<double, kDay> sum_{}, days_{};  // by hour of the day, over the last kMemory hours
  struct Errors {
    std::vector<double> made;  // actual / expected one hour ahead, the last kMemory
    double absolute = 0;       // actual - expected, its mean size, older ones fading over three days
    double weight = 0;
  };
  std::array<Errors, kWays> errors_;
};

}  // namespace trine::fleet
