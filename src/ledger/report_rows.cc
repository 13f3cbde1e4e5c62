#include "ledger/report_rows.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace trine::ledger {
namespace {

void add(Sums& to, const Sums& s) {
  to.requests += s.requests;
  to.calls += s.calls;
  to.unsettled_calls += s.unsettled_calls;
  to.simulated_calls += s.simulated_calls;
  to.counted_calls += s.counted_calls;
  to.in += s.in;
  to.cached += s.cached;
  to.out += s.out;
  energy::add_amounts(to, s);
  for (const auto& [letter, energy] : s.energy_by_letter) to.energy_by_letter[letter] += energy;
  for (size_t i = 0; i < s.outcomes.size(); ++i) to.outcomes[i] += s.outcomes[i];
  to.served.calls += s.served.calls;
  to.served.in += s.served.in;
  to.served.cached += s.served.cached;
  to.served.out += s.served.out;
}

void add(AvoidedSums& to, const AvoidedSums& a) {
  if (a == AvoidedSums{}) return;  // its letter means nothing
  const energy::Letter letter = to == AvoidedSums{} ? a.figures.letter : std::max(to.figures.letter, a.figures.letter);
  to.requests += a.requests;
  to.without_call += a.without_call;
  to.in += a.in;
  to.out += a.out;
  energy::add_amounts(to.figures, a.figures);
  to.figures.letter = letter;
}

void add(GatewayHours& to, const GatewayHours& g) {
  to.cpu += g.cpu;
  to.energy += g.energy;
  to.energy_low += g.energy_low;
  to.energy_high += g.energy_high;
  to.carbon += g.carbon;
  to.carbon_low += g.carbon_low;
  to.carbon_high += g.carbon_high;
}

void add(ReportRow& to, const ReportRow& r) {
  add(to.sums, r.sums);
  to.unattributed += r.unattributed;
  to.foreign += r.foreign;
  add(to.prior.sums, r.prior.sums);
  to.prior.corrections += r.prior.corrections;
  to.prior.unattributed += r.prior.unattributed;
  to.prior.foreign += r.prior.foreign;
  add(to.prior.avoided, r.prior.avoided);
  add(to.avoided, r.avoided);
  add(to.gateway, r.gateway);
}

// Takes what is beyond the `most` largest out of `rows`: added up.
ReportRow take_others(std::map<std::string, ReportRow>& rows, size_t most) {
  std::vector<const ReportRow*> by_size;
  by_size.reserve(rows.size());
  for (const auto& [name, row] : rows) by_size.push_back(&row);
  const auto size = [](const ReportRow& r) { return std::pair(r.sums.energy, r.sums.requests); };
  std::nth_element(by_size.begin(), by_size.begin() + static_cast<ptrdiff_t>(most), by_size.end(),
                   [&](const ReportRow* a, const ReportRow* b) {
                     return size(*a) != size(*b) ? size(*a) > size(*b) : a->name < b->name;
                   });
  ReportRow others;
  others.name = "(others)";
  for (size_t i = most; i < by_size.size(); ++i) {
    add(others, *by_size[i]);
    rows.erase(rows.find(by_size[i]->name));
  }
  return others;
}

}  // namespace

void put_rows(std::map<std::string, ReportRow> rows, size_t most, Report& report) {
  std::optional<ReportRow> others;
  if (most > 0 && rows.size() > most) {
    report.more = rows.size() - most;
    others = take_others(rows, most);
  }
  report.rows.reserve(rows.size() + 1);
  for (auto& [name, row] : rows) report.rows.push_back(std::move(row));
  if (others) report.rows.push_back(std::move(*others));
}

}  // namespace trine::ledger
