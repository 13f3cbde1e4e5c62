#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/text.h"
#include "ledger/lock.h"
#include "ledger/month.h"
#include "ledger/report_database.h"
#include "ledger/store.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

Result<std::optional<int64_t>> one_integer(Database& db, std::string_view sql) {
  auto s = db.prepare(sql);
  if (!s) return tl::unexpected(s.error());
  const auto row = s->step();
  if (!row) return tl::unexpected(row.error());
  return *row && !s->is_null(0) ? std::optional(s->integer(0)) : std::nullopt;
}

// What a month came to, for its event: an auditor compares it with what the report says later.
std::string event_json(const Month& month, const ReportRow& total) {
  const auto& s = total.sums;
  return nlohmann::ordered_json{{"month", month.text()},
                                {"requests", s.requests},
                                {"calls", s.calls},
                                {"unsettled_calls", s.unsettled_calls},
                                {"tokens_in", s.in},
                                {"tokens_out", s.out},
                                {"energy_uj", s.energy.raw()},
                                {"carbon_ng", (s.operational + s.embodied).raw()},
                                {"cost_neur", s.cost.raw()},
                                {"unattributed_energy_uj", total.unattributed.energy.raw()},
                                {"avoided_energy_uj", total.avoided.figures.energy.raw()},
                                {"prior_period_energy_uj", total.prior.sums.energy.raw()}}
      .dump();
}

}  // namespace

std::string Month::text() const {
  return iso8601(from).substr(0, 7);
}

Month month_of(Wall t) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(t));
  const auto first = day.year() / day.month() / 1;
  return {std::chrono::sys_days(first), std::chrono::sys_days(first + std::chrono::months(1))};
}

Month month_after(const Month& month) {
  return month_of(month.until);
}

Result<Month> parse_month(std::string_view text) {
  const auto first = text.size() == 7 ? parse_iso8601(std::string(text) + "-01") : std::nullopt;
  if (!first) return fail(Code::invalid_argument, "{} is no month such as 2026-11.", text);
  return month_of(*first);
}

Result<Wall> closed_until(Database& db) {
  const auto until = one_integer(db, "SELECT max(until_ns) FROM closed_months WHERE closed_ns IS NOT NULL");
  if (!until) return tl::unexpected(until.error());
  return from_unix_ns(until->value_or(0));
}

Result<bool> may_close(Database& db, const Month& month, Wall now) {
  if (month.until > now) {
    return fail(Code::failed_precondition, "{} is not over: it can be closed from {} on.", month.text(),
                iso8601(month.until));
  }
  const auto closed = closed_until(db);
  if (!closed) return tl::unexpected(closed.error());
  if (month.until <= *closed) return false;
  Month next = month_of(*closed);
  if (*closed == Wall{}) {
    const auto first = one_integer(db,
                                   "SELECT min(t) FROM (SELECT min(low_ns) AS t FROM blocks UNION ALL SELECT"
                                   " min(begin_ns) FROM windows UNION ALL SELECT min(hour_ns) FROM gateway_use)");
    if (!first) return tl::unexpected(first.error());
    // A slip in the year would have all months since closed one by one, for nothing.
    if (!*first || month_of(from_unix_ns(**first)).from > month.from)
      return fail(Code::failed_precondition, "{} has no records, nor has any month before it; the first is {}.",
                  month.text(), *first ? month_of(from_unix_ns(**first)).text() : "yet to come");
    next = month_of(from_unix_ns(**first));
  }
  if (next.from >= month.from) return true;
  return fail(Code::failed_precondition, "{} is still open; months are closed one after the other: close {} first.",
              next.text(), next.text());
}

Result<Closing> Store::close_month(const Month& month) {
  const std::lock_guard lock(work_);
  return close_month_locked(month);
}

Result<Closing> Store::close_month_locked(const Month& month) {
  // What is written by now belongs to it.
  if (auto folded = fold_locked(false); !folded) return tl::unexpected(folded.error());
  const Wall now = options_.clock->wall();
  const auto open = may_close(db_, month, now);
  if (!open) return tl::unexpected(open.error());
  if (!*open) return Closing::done_before;
  const auto report = Reports(options_.dir).query({month.from, month.until, By::none, {}, {}, {}, {}});
  if (!report) return tl::unexpected(report.error());
  auto done = transaction([&]() -> Result<void> {
    auto close = db_.prepare(
        "INSERT INTO closed_months VALUES(?1,?2,?3,?3) ON CONFLICT DO UPDATE SET closed_ns=excluded.closed_ns");
    if (!close) return tl::unexpected(close.error());
    const auto text = month.text();
    close->bind(std::string_view(text)).bind(unix_ns(month.until)).bind(unix_ns(now));
    if (auto ran = close->run(); !ran) return ran;
    return tables_->add_event(
        {.kind = "month_closed", .at = now, .key = {}, .user = {}, .json = event_json(month, report->total)});
  });
  if (!done) return tl::unexpected(done.error());
  tables_->close_until(month.until);
  return Closing::done;
}

Result<void> Store::do_asked_closings() {
  const std::lock_guard lock(work_);
  auto rows = db_.prepare("SELECT month FROM closed_months WHERE closed_ns IS NULL ORDER BY month");
  if (!rows) return tl::unexpected(rows.error());
  std::vector<std::string> asked;
  auto row = rows->step();
  for (; row && *row; row = rows->step()) asked.push_back(rows->text(0));
  if (!row) return tl::unexpected(row.error());
  rows->reset();
  for (const auto& text : asked) {
    const auto month = parse_month(text);
    if (!month) return tl::unexpected(month.error());
    const auto closed = close_month_locked(*month);
    if (closed && *closed == Closing::done) log::info("ledger: {} is closed", text);
    if (closed) continue;
    if (closed.error().code != Code::failed_precondition) return tl::unexpected(closed.error());  // tried again
    log::warning("ledger: {} was asked to be closed: {}", text, closed.error().message);
    auto refuse = db_.prepare("DELETE FROM closed_months WHERE month=? AND closed_ns IS NULL");
    if (!refuse) return tl::unexpected(refuse.error());
    if (auto done = refuse->bind(std::string_view(text)).run(); !done) return done;
  }
  return {};
}

Result<Closing> close_month(const std::filesystem::path& dir, const Month& month, const Clock& clock) {
  {
    auto db = open_report_database(dir);
    if (!db) return tl::unexpected(db.error());
    const auto open = may_close(*db, month, clock.wall());
    if (!open) return tl::unexpected(open.error());
    if (!*open) return Closing::done_before;
  }
  auto lock = DirectoryLock::acquire(dir);
  if (lock) {
    auto store = Store::open({.dir = dir, .clock = &clock, .archive = {}});
    if (!store) return tl::unexpected(store.error());
    if (auto recovered = (*store)->recover(); !recovered) return tl::unexpected(recovered.error());
    return (*store)->close_month(month);
  }
  auto db = Database::open(dir / "ledger.db", Database::Mode::read_write);
  if (!db) return tl::unexpected(db.error());
  auto ask = db->prepare("INSERT OR IGNORE INTO closed_months VALUES(?,?,?,NULL)");
  if (!ask) return tl::unexpected(ask.error());
  const auto text = month.text();
  ask->bind(std::string_view(text)).bind(unix_ns(month.until)).bind(unix_ns(clock.wall()));
  if (auto asked = ask->run(); !asked) return tl::unexpected(asked.error());
  return Closing::asked;
}

Result<bool> closing_pending(const std::filesystem::path& dir, const Month& month) {
  auto db = Database::open(dir / "ledger.db", Database::Mode::read_only);
  if (!db) return tl::unexpected(db.error());
  auto rows = db->prepare("SELECT closed_ns IS NULL FROM closed_months WHERE month=?");
  if (!rows) return tl::unexpected(rows.error());
  const auto text = month.text();
  const auto row = rows->bind(std::string_view(text)).step();
  if (!row) return row;
  if (*row) return rows->integer(0) != 0;
  return fail(Code::failed_precondition, "The gateway that runs on {} did not close {}; its log says why.",
              dir.string(), text);
}

}  // namespace trine::ledger
