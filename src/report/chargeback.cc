#include "report/chargeback.h"

#include <algorithm>

#include "energy/shares.h"

namespace trine::report {
namespace {

// Ties go by the order of the rows.
std::vector<CallId> keys_of(size_t n) {
  std::vector<CallId> keys(n);
  for (size_t i = 0; i < n; ++i) keys[i].request.lo = i;
  return keys;
}

}  // namespace

std::vector<Charge> chargeback(const std::vector<ledger::ReportRow>& charges, const ledger::ReportRow& total) {
  std::vector<Charge> out;
  std::vector<double> weights;
  for (const auto& row : charges) {
    const auto names = ledger::names_of(row.name);
    Charge c;
    c.org = names[0];
    if (names.size() > 1) c.team = names[1];
    if (names.size() > 2) c.project = names[2];
    c.sums = row.sums;
    const auto &s = row.sums, &p = row.prior.sums;
    c.cost = {s.cost, {}, p.cost};
    c.energy = {s.energy, {}, p.energy};
    c.carbon = {s.operational + s.embodied, {}, p.operational + p.embodied};
    weights.push_back(static_cast<double>(s.energy.raw()));
    out.push_back(std::move(c));
  }
  const auto &now = total.unattributed, &late = total.prior.unattributed;
  const Money cost = now.cost + late.cost;
  const Energy energy = now.energy + late.energy;
  const Carbon carbon = now.operational + now.embodied + late.operational + late.embodied;
  if (cost == Money() && energy == Energy() && carbon == Carbon()) return out;

  const auto keys = keys_of(out.size());
  energy::Splitter splitter;
  splitter.weigh(weights, keys);
  if (splitter.empty()) {
    const auto nobody = std::find_if(
        out.begin(), out.end(), [](const Charge& c) { return c.org.empty() && c.team.empty() && c.project.empty(); });
    auto& row = nobody == out.end() ? *out.emplace(out.begin()) : *nobody;
    row.cost.idle = cost;
    row.energy.idle = energy;
    row.carbon.idle = carbon;
    return out;
  }
  std::vector<int64_t> parts(out.size());
  splitter.split(cost.raw(), parts);
  for (size_t i = 0; i < out.size(); ++i) out[i].cost.idle = Money::raw(parts[i]);
  splitter.split(energy.raw(), parts);
  for (size_t i = 0; i < out.size(); ++i) out[i].energy.idle = Energy::raw(parts[i]);
  splitter.split(carbon.raw(), parts);
  for (size_t i = 0; i < out.size(); ++i) out[i].carbon.idle = Carbon::raw(parts[i]);
  return out;
}

}  // namespace trine::report
