// What comes after its month was closed (docs/accounting.md §1): it is counted in the month that is open, as prior
// period. And the gateway's own hours.
#include <algorithm>
#include <array>

#include "ledger/tables.h"

namespace trine::ledger {

// Calls and requests of the batch that have no row yet and belong to a month that is closed.
Result<void> Tables::find_late(const Batch& batch) {
  late_calls_.clear();
  late_requests_.clear();
  if (closed_until_ == INT64_MIN) return {};
  for (const auto& c : batch.calls) {
    // A settlement that came before its call may book it to a closed month too: mark_late() looks again.
    if (!closed(unix_ns(c.settled ? c.first.booked_at : c.row.end)) && early_count_ == 0) continue;
    const auto known = call_exists(c.row.id);
    if (!known) return tl::unexpected(known.error());
    if (!*known) late_calls_.push_back(c.row.id);
  }
  for (const auto& r : batch.requests) {
    if (!closed(unix_ns(r.row.end))) continue;
    const auto known = request_exists(r.row.id);
    if (!known) return tl::unexpected(known.error());
    if (!*known) late_requests_.push_back(r.row.id);
  }
  return {};
}

Result<void> Tables::mark_late() {
  for (const auto& call : late_calls_) {
    const IdBytes id(call.request);
    late_call_.reset().bind(late_ns_).blob(id).bind(static_cast<int64_t>(call.attempt)).bind(closed_until_);
    auto row = late_call_.step();
    if (!row) return tl::unexpected(row.error());
    if (*row) touch(Timed::calls, late_call_.integer(0), late_call_.integer(0), {late_ns_, late_ns_});
    late_call_.reset();
  }
  for (const auto& request : late_requests_) {
    const IdBytes id(request);
    auto row = late_request_.reset().bind(late_ns_).blob(id).step();
    if (!row) return tl::unexpected(row.error());
    if (*row) touch(Timed::requests, late_request_.integer(0), late_request_.integer(0), {late_ns_, late_ns_});
    late_request_.reset();
  }
  return {};
}

// The call's month keeps what it had; the difference to what was last known is counted now. The settlement's row is
// written at once: another one of the same call may stand in the same batch.
Result<void> Tables::correct(const Settlement& s, const IdBytes& id) {
  const auto attempt = static_cast<int64_t>(s.call.attempt), version = static_cast<int64_t>(s.version);
  auto known = latest_.reset().blob(id).bind(attempt).step();
  if (!known) return tl::unexpected(known.error());
  const int64_t latest = *known ? latest_.integer(0) : -1;
  const auto& f = s.figures;
  std::array changes = {f.gpu_energy.raw(),  f.energy.raw(),      f.energy_low.raw(),
                        f.energy_high.raw(), f.operational.raw(), f.embodied.raw(),
                        f.carbon_low.raw(),  f.carbon_high.raw(), f.cost.raw()};
  for (size_t i = 0; *known && i < changes.size(); ++i) changes[i] -= latest_.integer(static_cast<int>(i) + 1);
  latest_.reset();
  settlement_.reset();
  bind_settlement(settlement_, s, id);
  if (auto done = settlement_.run(); !done) return done;
  if (db_->changes() == 0 || latest >= version) return {};  // known already, or overtaken
  correction_.reset().blob(id).bind(attempt).bind(version).bind(late_ns_);
  for (const auto change : changes) correction_.bind(change);
  return correction_.run();
}

Result<void> Tables::add_gateway_use(const GatewayUse& u) {
  constexpr int64_t kHour = 3'600'000'000'000;
  const auto begin =
      std::max(unix_ns(u.begin), closed_until_);  // what comes late, a minute at most, goes into the next
  const auto end = begin + std::max<int64_t>(1, (u.end - u.begin).count());
  gateway_use_.reset().bind(begin - begin % kHour).bind(std::string_view(u.zone)).bind(begin).bind(end);
  gateway_use_.bind(int64_t{u.cpu.count()});
  for (const auto e : {u.energy, u.energy_low, u.energy_high}) gateway_use_.bind(e.raw());
  for (const auto c : {u.carbon, u.carbon_low, u.carbon_high}) gateway_use_.bind(c.raw());
  return gateway_use_.run();
}

}  // namespace trine::ledger
