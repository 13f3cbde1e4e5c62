// Nothing is lost and nothing counted twice between the ledger's total, the bill and the inventory.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "report/chargeback.h"
#include "report/ghg.h"

namespace trine::report::sums_property_test {
namespace {

Energy some_energy() {
  return Energy::raw(*rc::gen::inRange<int64_t>(0, 1'000'000'000'000));
}

energy::DeviceWindow::Share some_share() {
  energy::DeviceWindow::Share s;
  s.energy = some_energy();
  s.operational = Carbon::raw(*rc::gen::inRange<int64_t>(0, 1'000'000'000));
  s.embodied = Carbon::raw(*rc::gen::inRange<int64_t>(0, 1'000'000'000));
  s.cost = Money::raw(*rc::gen::inRange<int64_t>(0, 1'000'000'000));
  return s;
}

RC_GTEST_PROP(Chargeback, AddsUpToTheTotalWithItsIdleTime, ()) {
  std::vector<ledger::ReportRow> rows;
  ledger::ReportRow total;
  total.unattributed = some_share();
  total.prior.unattributed = some_share();
  Money cost = total.unattributed.cost + total.prior.unattributed.cost;
  Energy energy = total.unattributed.energy + total.prior.unattributed.energy;
  Carbon carbon = total.unattributed.operational + total.unattributed.embodied + total.prior.unattributed.operational +
                  total.prior.unattributed.embodied;
  for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
    ledger::ReportRow r;
    r.name = fmt::format("org\x1fteam{}\x1fproject", i);
    const auto s = some_share();
    r.sums.cost = s.cost;
    r.sums.energy = *rc::gen::inRange(0, 4) == 0 ? Energy() : s.energy;
    r.sums.operational = s.operational;
    r.prior.sums.cost = -some_share().cost;
    cost += r.sums.cost + r.prior.sums.cost;
    energy += r.sums.energy;
    carbon += r.sums.operational;
    rows.push_back(std::move(r));
  }
  for (const auto& c : chargeback(rows, total)) {
    RC_ASSERT(c.cost.idle >= Money());
    cost -= c.cost.total();
    energy -= c.energy.total();
    carbon -= c.carbon.total();
  }
  RC_ASSERT(cost == Money());
  RC_ASSERT(energy == Energy());
  RC_ASSERT(carbon == Carbon());
}

RC_GTEST_PROP(GhgCategories, HoldAllTheElectricityOnce, ()) {
  ledger::Report places;
  places.query.since = *parse_iso8601("2026-11-23T00:00:00Z");
  places.query.until = *parse_iso8601("2026-11-24T00:00:00Z");
  Energy all;
  Carbon lifecycle;
  for (int i = *rc::gen::inRange(0, 40); i > 0; --i) {
    ledger::ReportRow r;
    r.name = fmt::format(
        "{}\x1f{}\x1f"
        "2026-11-23T{:02}:00:00Z",
        *rc::gen::element("own", "rented", "api", "gone"), *rc::gen::element("FR", "DE", ""), i % 24);
    const auto s = some_share();
    r.sums.energy = s.energy;
    r.sums.operational = s.operational;
    r.unattributed = some_share();
    r.foreign = some_share();
    all += s.energy + r.unattributed.energy + r.foreign.energy;
    lifecycle += s.operational + r.unattributed.operational + r.foreign.operational;
    places.rows.push_back(std::move(r));
  }
  energy::DeviceWindow::Share late = some_share();
  places.total.prior.unattributed = late;
  places.total.gateway.energy = some_energy();
  all += late.energy + places.total.gateway.energy;
  lifecycle += late.operational;
  const Ghg g = ghg(
      {&places,
       [](const std::string& d) {
         return d == "own" ? Supply::own : d == "rented" ? Supply::rented : d == "api" ? Supply::api : Supply::unknown;
       },
       [](const std::string& zone, Wall t) {
         return zone == "FR" && unix_ns(t) / 3'600'000'000'000 % 2 == 0 ? std::optional(Factor{{33}, "direct"})
                                                                        : std::nullopt;
       },
       [](const std::string& zone, Wall) {
         return zone == "DE" ? std::optional(Factor{{0}, "contract"}) : std::nullopt;
       }});
  Energy told = g.unclassified, own;
  Carbon grams = g.unclassified_lifecycle;
  for (const auto& p : g.places) {
    if (p.supply != Supply::unknown) {
      told += p.energy;
      grams += p.lifecycle;
    }
    if (p.supply != Supply::own) continue;
    own += p.energy;
    RC_ASSERT(p.location.covered + p.location.uncovered == p.energy);
    RC_ASSERT(p.market.covered + p.market.uncovered == p.energy);
    RC_ASSERT(!p.upstream || *p.upstream > Carbon());
    RC_ASSERT(!p.upstream || *p.upstream + *p.location.carbon <= p.lifecycle);
  }
  RC_ASSERT(told == all);
  RC_ASSERT(grams == lifecycle);
  Energy covered = g.no_direct_factor;
  for (const auto& p : g.places) covered += p.supply == Supply::own ? p.location.covered : Energy();
  RC_ASSERT(covered == own);
}

}  // namespace
}  // namespace trine::report::sums_property_test
