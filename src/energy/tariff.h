// What a kWh costs by the time of use: hours of the day, by the day of the week, in local time (docs/accounting.md
// §2.8). Pure. Immutable: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/units.h"

namespace trine::energy {

// From `from` to `to`, minutes of the local day, on some days. `to` before or at `from`: over midnight into the day
// after, whatever day that is; 0 to 0 is the whole day.
struct TariffSlot {
  std::array<bool, 7> days{true, true, true, true, true, true, true};  // Monday first
  int from = 0, to = 0;
  Money per_kwh;
};

// Of local time. Zones by name are not known here: their rules change, and a machine may not have them.
enum class SummerTime : uint8_t {
  none,
  eu,  // an hour ahead from the last Sunday of March to the last of October, 01:00 UTC
  us,  // from the second Sunday of March, 02:00, to the first of November, 02:00, local time
};

class Tariff {
 public:
  // `standard`: the price outside all slots. Errors (invalid_argument), each a sentence with the day and hour: slots
  // that overlap, a price of zero or less, a gap where there is no standard price, an offset of more than 14 hours.
  static Result<Tariff> make(std::optional<Money> standard, const std::vector<TariffSlot>& slots,
                             Nanos utc_offset = Nanos(0), SummerTime summer = SummerTime::none);

  Money at(Wall t) const;
  // The first moment after `t` with another price than at `t`; nullopt: it is always the same.
  std::optional<Wall> next_change(Wall t) const;
  // Over [from, to), by time; at(from) where to is not after from.
  Money mean(Wall from, Wall to) const;
  bool operator==(const Tariff&) const = default;

 private:
  struct Step {
    int minute = 0;  // of the local week, Monday 00:00 is 0
    Money per_kwh;
    bool operator==(const Step&) const = default;
  };
  Nanos offset(Wall t) const;
  std::optional<Wall> clock_change(Wall t) const;  // the next after t
  size_t step_at(Wall t) const;

  std::vector<Step> steps_;  // by minute, the first at 0; neighbours differ
  Nanos utc_offset_{};
  SummerTime summer_ = SummerTime::none;
};

}  // namespace trine::energy
