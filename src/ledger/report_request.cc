// One request with all that is known about it.
#include <algorithm>

#include "ledger/batch.h"
#include "ledger/report.h"
#include "ledger/report_database.h"
#include "ledger/schema.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

Result<std::vector<energy::Settlement>> settlements_of(Database& db, const CallId& id) {
  auto s = db.prepare(
      "SELECT version, basis, booked_ns, gpu_energy_uj, energy_uj, energy_low_uj, energy_high_uj, operational_ng,"
      " embodied_ng, carbon_low_ng, carbon_high_ng, cost_neur, letter FROM settlements WHERE request=? AND attempt=?"
      " ORDER BY version");
  if (!s) return tl::unexpected(s.error());
  const IdBytes bytes(id.request);
  s->blob(bytes).bind(static_cast<int64_t>(id.attempt));
  std::vector<energy::Settlement> all;
  auto row = s->step();
  for (; row && *row; row = s->step()) {
    energy::Settlement one;
    one.call = id;
    one.version = static_cast<uint32_t>(s->integer(0));
    one.basis = static_cast<energy::Basis>(s->integer(1));
    one.booked_at = from_unix_ns(s->integer(2));
    one.figures = read_figures(*s, 3);
    const auto letter = s->text(12);
    if (!letter.empty()) one.figures.letter = static_cast<energy::Letter>(letter[0]);
    all.push_back(one);
  }
  if (!row) return tl::unexpected(row.error());
  return all;
}

constexpr auto kWho =
    "(SELECT name FROM identities WHERE id=o.org), (SELECT name FROM identities WHERE id=o.team),"
    " (SELECT name FROM identities WHERE id=o.project), (SELECT name FROM identities WHERE id=q.key),"
    " (SELECT name FROM identities WHERE id=q.user), workload, route, endpoint, start_ns, streamed";

Result<std::optional<RequestView>> find_request(Database& db, const RequestId& id) {
  const IdBytes bytes(id);
  for (const bool open : {false, true}) {
    auto s = db.prepare(
        open ? fmt::format("SELECT {} FROM open_requests q JOIN origins o ON o.id=q.origin WHERE q.id=?", kWho)
             : fmt::format("SELECT {}, end_ns, outcome, http_status, error, reason, calls"
                           " FROM requests q JOIN origins o ON o.id=q.origin WHERE q.id=?",
                           kWho));
    if (!s) return tl::unexpected(s.error());
    auto row = s->blob(bytes).step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) continue;
    RequestView view;
    view.open = open;
    auto& f = view.facts;
    f.id = id;
    f.tenant = {s->text(0), s->text(1), s->text(2), s->text(3)};
    f.user = s->text(4);
    f.workload = s->text(5);
    f.route = s->text(6);
    f.endpoint = s->text(7);
    f.start = from_unix_ns(s->integer(8));
    f.streamed = s->integer(9) != 0;
    if (!open) {
      f.end = from_unix_ns(s->integer(10));
      f.outcome = static_cast<energy::Outcome>(s->integer(11));
      f.http_status = static_cast<int>(s->integer(12));
      f.error = s->text(13);
      f.reason = s->text(14);
      f.calls = static_cast<uint16_t>(s->integer(15));
    }
    return view;
  }
  return std::nullopt;
}

Result<std::vector<CallView>> calls_of(Database& db, const RequestId& id) {
  auto s = db.prepare(fmt::format(
      "SELECT {} FROM calls c JOIN targets t ON t.id=c.target WHERE c.request=? ORDER BY c.attempt", kCallColumns));
  if (!s) return tl::unexpected(s.error());
  const IdBytes bytes(id);
  std::vector<CallView> calls;
  auto row = s->blob(bytes).step();
  for (; row && *row; row = s->step()) {
    CallView call;
    call.facts = read_call(*s);
    auto settlements = settlements_of(db, call.facts.id);
    if (!settlements) return tl::unexpected(settlements.error());
    call.settlements = std::move(*settlements);
    calls.push_back(std::move(call));
  }
  if (!row) return tl::unexpected(row.error());
  return calls;
}

Result<std::vector<energy::Avoided>> avoided_of(Database& db, const RequestId& id) {
  auto s = db.prepare(
      "SELECT step, at_ns, tokens_in, tokens_out, gpu_energy_uj, energy_uj, energy_low_uj, energy_high_uj,"
      " operational_ng, embodied_ng, carbon_low_ng, carbon_high_ng, cost_neur, letter FROM avoided WHERE request=?"
      " ORDER BY n");
  if (!s) return tl::unexpected(s.error());
  const IdBytes bytes(id);
  std::vector<energy::Avoided> all;
  auto row = s->blob(bytes).step();
  for (; row && *row; row = s->step()) {
    energy::Avoided one{id, s->text(0), from_unix_ns(s->integer(1)), s->integer(2), s->integer(3), read_figures(*s, 4)};
    const auto letter = s->text(13);
    if (!letter.empty()) one.figures.letter = static_cast<energy::Letter>(letter[0]);
    all.push_back(std::move(one));
  }
  if (!row) return tl::unexpected(row.error());
  return all;
}

}  // namespace

energy::Figures read_figures(const Statement& row, int column) {
  energy::Figures f;
  add_figures(f, row, column);
  return f;
}

bool RequestView::final() const {
  return !open && std::all_of(calls.begin(), calls.end(), [](const CallView& c) {
    return !c.settlements.empty() && c.settlements.back().basis == energy::Basis::final;
  });
}

Result<std::optional<RequestView>> Reports::request(const RequestId& id) const {
  auto db = open_report_database(dir_);
  if (!db) return tl::unexpected(db.error());
  auto view = find_request(*db, id);
  if (!view || !*view) return view;
  auto calls = calls_of(*db, id);
  if (!calls) return tl::unexpected(calls.error());
  (*view)->calls = std::move(*calls);
  auto avoided = avoided_of(*db, id);
  if (!avoided) return tl::unexpected(avoided.error());
  (*view)->avoided = std::move(*avoided);
  return view;
}

Result<std::vector<CallView>> Reports::calls(const RequestId& id) const {
  auto db = open_report_database(dir_);
  if (!db) return tl::unexpected(db.error());
  return calls_of(*db, id);
}

}  // namespace trine::ledger
