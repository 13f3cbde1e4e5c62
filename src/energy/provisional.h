// The figures a client gets with the answer, before any meter window closed: the curve at the batch that ran, or the
// vendor formula (docs/accounting.md §1, §4). Direct: without unattributed idle.
#pragma once

#include "energy/boundary.h"
#include "energy/estimate.h"
#include "energy/facts.h"
#include "energy/tariff.h"
#include "energy/vendor.h"

namespace trine::energy {

// An own deployment: one device set and what runs on it.
struct OwnHardware {
  Site site;
  TokenWeights weights;
  double curve_sigma = sigma::curve;  // more where model or GPU are not measured
  Embodied embodied;
  HardwarePrice price;
  std::optional<Tariff> tariff = std::nullopt;  // of electricity by the time of use, instead of the price's

  // With what electricity costs at `t`, or in the mean of [from, to).
  HardwarePrice price_at(Wall t) const { return price_over(t, t); }
  HardwarePrice price_over(Wall from, Wall to) const {
    return tariff ? HardwarePrice{price.per_hour, tariff->mean(from, to)} : price;
  }
};

// Host, hourly price and embodied by the call's share of the machine while it ran: duration / mean batch.
Figures provisional(const CallFacts& call, const OwnHardware& hardware, const GridValue& grid);

// An API vendor. Errors: those of vendor_estimate and vendor_cost.
Result<Figures> provisional_vendor(const CallFacts& call, const VendorModel& model, const VendorPrice& price,
                                   const GridValue& grid, double vendor_sigma = sigma::vendor);

// Sets version 0, basis provisional, booked at the call's end.
Settlement provisional_settlement(const CallFacts& call, const Figures& figures);

}  // namespace trine::energy
