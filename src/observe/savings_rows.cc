// Rows of what the configuration's baseline would have taken, and of what was saved against it. Without a baseline
// their families have no series.
#include "base/text.h"
#include "observe/rows.h"

namespace trine::observe {
namespace {

using gateway::AmountCounters;
using gateway::Counter;
using gateway::DeploymentCounters;
using Idle = energy::DeviceWindow::Share;

// One amount on each side of the comparison.
struct Side {
  Counter AmountCounters::*baseline;
  Counter DeploymentCounters::*taken;
  int64_t (*idle)(const Idle&);
  int digits;
};
constexpr Side kEnergy = {&AmountCounters::energy_uj, &DeploymentCounters::energy_uj,
                          [](const Idle& s) { return s.energy.raw(); }, 6};
constexpr Side kCarbon = {&AmountCounters::carbon_ng, &DeploymentCounters::carbon_ng,
                          [](const Idle& s) { return (s.operational + s.embodied).raw(); }, 9};
constexpr Side kCost = {&AmountCounters::cost_n, &DeploymentCounters::cost_n,
                        [](const Idle& s) { return s.cost.raw(); }, 9};

std::string currency(const Scene& s) {
  return "," + label_text({{"currency", s.view.snapshot.config->ledger.currency}});
}

void baseline(Page& page, const Scene& s, const Side& side, const std::string& more = {}) {
  if (!s.view.snapshot.baseline) return;
  const auto& all = s.view.snapshot.deployments;
  for (size_t i = 0; i < all.size(); ++i) {
    int64_t n = 0;
    for (const DeploymentCounters& c : all[i]->state->probe.all()) n += (c.baseline.*side.baseline).get();
    page.sample(s.labels[i] + more, fixed_point(n, side.digits));
  }
}

// What hardware took beside requests counts against the saving, at the deployment in whose name it is booked.
void saved(Page& page, const Scene& s, const Side& side, const std::string& more = {}) {
  if (!s.view.snapshot.baseline) return;
  const auto& all = s.view.snapshot.deployments;
  for (size_t i = 0; i < all.size(); ++i) {
    int64_t n = 0;
    for (const DeploymentCounters& c : all[i]->state->probe.all())
      n += (c.baseline.*side.baseline).get() - (c.*side.taken).get();
    const gateway::MeteredSet* set = all[i]->metered() ? s.view.metering.set_of(all[i]->name) : nullptr;
    if (set && set->owner() == all[i]->name) n -= side.idle(set->totals().unattributed);
    page.sample(s.labels[i] + more, fixed_point(n, side.digits));
  }
}

}  // namespace

void baseline_energy(Page& page, const Scene& s) {
  baseline(page, s, kEnergy);
}
void baseline_carbon(Page& page, const Scene& s) {
  baseline(page, s, kCarbon);
}
void baseline_cost(Page& page, const Scene& s) {
  baseline(page, s, kCost, currency(s));
}

void saved_energy(Page& page, const Scene& s) {
  saved(page, s, kEnergy);
}
void saved_carbon(Page& page, const Scene& s) {
  saved(page, s, kCarbon);
}
void saved_cost(Page& page, const Scene& s) {
  saved(page, s, kCost, currency(s));
}

}  // namespace trine::observe
