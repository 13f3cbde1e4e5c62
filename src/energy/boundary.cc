#include "energy/boundary.h"

#include <cmath>

namespace trine::energy {
namespace {

constexpr double kYear_s = 365.25 * 86400;

}  // namespace

Result<void> check(const Site& site) {
  if (!(site.pue >= 1 && site.pue <= 5))
    return fail(Code::invalid_argument, "PUE must be from 1 to 5, got {}", site.pue);
  if (site.gpus < 1) return fail(Code::invalid_argument, "a device set needs at least one GPU, got {}", site.gpus);
  if (!(site.host_w_per_gpu >= 0 && site.host_w_per_gpu < 1e5))
    return fail(Code::invalid_argument, "host power per GPU must be 0 W or more, got {}", site.host_w_per_gpu);
  return {};
}

Energy modelled_host(const Site& site, Nanos duration) {
  return joules(site.host_w_per_gpu * site.gpus * seconds(duration));
}

Energy facility(Energy gpu, Energy host, const Site& site) {
  return scale(gpu + host, site.pue);
}

GridValue usable(const GridValue& value) {
  if (!(value.g_per_kwh > 0 && value.g_per_kwh <= 5000)) return kWorld;
  GridValue v = value;
  if (!(v.sigma >= 0 && v.sigma <= 3)) v.sigma = kWorld.sigma;
  return v;
}

double Embodied::ng_per_s(int gpus) const {
  if (!(life_years > 0)) return 0;
  return (gpu_kg + server_kg) * gpus * 1e12 / (life_years * kYear_s);
}

Money depreciation_per_hour(Money capex, double life_years, Money maintenance_per_year) {
  const double hours = kYear_s / 3600;
  const double per_hour =
      static_cast<double>(capex.raw()) / (life_years * hours) + static_cast<double>(maintenance_per_year.raw()) / hours;
  return Money::raw(std::llround(per_hour));
}

Money hourly_cost(const HardwarePrice& price, Nanos duration, Energy facility_energy) {
  return scale(price.per_hour, seconds(duration) / 3600) + scale(price.electricity_per_kwh, to_kwh(facility_energy));
}

}  // namespace trine::energy
