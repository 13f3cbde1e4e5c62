// From GPU joules to what is shown: host, PUE, intensity, embodied, hourly price (docs/accounting.md §2.5-8, §3).
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "base/units.h"
#include "energy/uncertainty.h"

namespace trine::energy {

// Where a device set stands.
struct Site {
  int gpus = 1;                 // in the device set
  double host_w_per_gpu = 150;  // modelled share of an 8-GPU server, where the host has no meter
  double pue = 1.2;
  double pue_sigma = sigma::pue_unknown;
  bool operator==(const Site&) const = default;
};
// Errors: invalid_argument for PUE under 1 or over 5, no GPU, negative host power.
Result<void> check(const Site& site);

Energy modelled_host(const Site& site, Nanos duration);
// (GPU + host) x PUE.
Energy facility(Energy gpu, Energy host, const Site& site);

// One value of the grid, as the ladder of §3 gave it.
struct GridValue {
  double g_per_kwh = 0;
  double sigma = 0.08;  // of ln: 0.08 hourly, more down the ladder
  bool hourly = true;   // false: annual mean or worse
};
// The last rung: the world's mean. Used for a value that is missing, not finite, not over 0 or over 5000 g/kWh: a
// figure is never 0 g for want of data.
inline constexpr GridValue kWorld{475, 0.9, false};
GridValue usable(const GridValue& value);

// Embodied carbon of a device set per second of its life.
struct Embodied {
  double gpu_kg = 0;     // per GPU
  double server_kg = 0;  // the server's share per GPU, without GPUs
  double life_years = 3;
  double ng_per_s(int gpus) const;
  bool operator==(const Embodied&) const = default;
};

// Price of own hardware: the whole device set.
struct HardwarePrice {
  Money per_hour;             // rent, or capex / life + maintenance
  Money electricity_per_kwh;  // 0 where the rent includes it
  bool operator==(const HardwarePrice&) const = default;
};
Money depreciation_per_hour(Money capex, double life_years, Money maintenance_per_year);
Money hourly_cost(const HardwarePrice& price, Nanos duration, Energy facility_energy);

}  // namespace trine::energy
