// Energy, carbon, money and tokens as types. Integers, so that sums are exact (docs/design: accounting, "Units").
#pragma once

#include <cmath>
#include <compare>
#include <cstdint>

namespace trine {

// An additive amount of one kind, stored as a 64-bit integer of its smallest unit.
template <class Kind>
class Amount {
 public:
  constexpr Amount() = default;
  static constexpr Amount raw(int64_t v) { return Amount(v); }
  constexpr int64_t raw() const { return v_; }

  constexpr auto operator<=>(const Amount&) const = default;
  constexpr Amount operator-() const { return Amount(-v_); }
  constexpr Amount& operator+=(Amount o) { return v_ += o.v_, *this; }
  constexpr Amount& operator-=(Amount o) { return v_ -= o.v_, *this; }
  friend constexpr Amount operator+(Amount a, Amount b) { return a += b; }
  friend constexpr Amount operator-(Amount a, Amount b) { return a -= b; }

 private:
  constexpr explicit Amount(int64_t v) : v_(v) {}
  int64_t v_ = 0;
};

using Energy = Amount<struct EnergyKind>;  // 1 unit = 1 microjoule
using Carbon = Amount<struct CarbonKind>;  // 1 unit = 1 nanogram CO2e
using Money = Amount<struct MoneyKind>;    // 1 unit = 1e-9 of the ledger's currency (EUR by default)
using Tokens = int64_t;

struct Power {  // watts
  double w = 0;
  constexpr auto operator<=>(const Power&) const = default;
};

struct Intensity {  // grams CO2e per kWh
  double g_per_kwh = 0;
  constexpr auto operator<=>(const Intensity&) const = default;
};

inline constexpr double kJoulesPerKwh = 3.6e6;

inline Energy joules(double j) {
  return Energy::raw(std::llround(j * 1e6));
}
inline Energy kilowatt_hours(double kwh) {
  return joules(kwh * kJoulesPerKwh);
}
inline Carbon grams(double g) {
  return Carbon::raw(std::llround(g * 1e9));
}
inline Money euros(double e) {
  return Money::raw(std::llround(e * 1e9));
}

constexpr double to_joules(Energy e) {
  return static_cast<double>(e.raw()) * 1e-6;
}
constexpr double to_kwh(Energy e) {
  return to_joules(e) / kJoulesPerKwh;
}
constexpr double to_grams(Carbon c) {
  return static_cast<double>(c.raw()) * 1e-9;
}
constexpr double to_euros(Money m) {
  return static_cast<double>(m.raw()) * 1e-9;
}

// Rounded to the nearest unit. `k` is dimensionless.
template <class Kind>
Amount<Kind> scale(Amount<Kind> a, double k) {
  return Amount<Kind>::raw(std::llround(static_cast<double>(a.raw()) * k));
}

// Operational carbon: ng = uJ * (g/kWh) / 3600.
inline Carbon emitted(Energy facility, Intensity i) {
  return Carbon::raw(std::llround(static_cast<double>(facility.raw()) * i.g_per_kwh / 3600.0));
}

}  // namespace trine
