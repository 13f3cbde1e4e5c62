#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ledger/lock.h"
#include "ledger/month.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger::months_test {
namespace {

using namespace testing;

// kNoon is in 2025-11.
const Month kNovember = month_of(kNoon);

TEST(Month, IsACalendarMonthInUtc) {
  EXPECT_EQ(kNovember.text(), "2025-11");
  EXPECT_EQ(iso8601(kNovember.from), "2025-11-01T00:00:00Z");
  EXPECT_EQ(iso8601(kNovember.until), "2025-12-01T00:00:00Z");
  EXPECT_EQ(month_after(month_after(kNovember)).text(), "2026-01");
  EXPECT_EQ(*parse_month("2024-02"), month_of(*parse_iso8601("2024-02-29T23:59:59Z")));
  for (const auto* text : {"", "2025", "2025-13", "2025-00", "2025-11-01", "november", "25-11"}) {
    const auto month = parse_month(text);
    ASSERT_FALSE(month) << text;
    EXPECT_EQ(month.error().code, Code::invalid_argument);
  }
}

class ClosingAMonth : public ::testing::Test {
 protected:
  void SetUp() override {
    Store::Options options;
    options.dir = dir_.path();
    options.clock = &clock_;
    store_ = std::move(*Store::open(options));
    journal_ = open_journal(dir_.path());
  }
  void write(const auto&... records) {
    const bool all = (journal_->append(records).has_value() && ...);
    ASSERT_TRUE(all && store_->fold());
  }
  // A call of November with its first settlement.
  void write_november(uint64_t n, int64_t energy_uj) {
    const CallId call{request_number(n), 0};
    ASSERT_TRUE(journal_->intent(intent_of(call)));
    write(call_of(call), settlement_of(call, 0, energy_uj), request_of(call.request));
  }
  Report report(const Month& month, By by = By::none) {
    auto report = Reports(dir_.path()).query({month.from, month.until, by, {}, {}, {}, {}});
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report ? *report : Report{};
  }
  std::string refusal(const Month& month) {
    const auto closed = store_->close_month(month);
    EXPECT_FALSE(closed);
    return closed ? "" : closed.error().message;
  }

  TempDir dir_;
  VirtualClock clock_{kNovember.until + std::chrono::hours(50)};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(ClosingAMonth, BooksLateSettlementsToItUntilThenAndAsPriorPeriodAfterwards) {
  write_november(1, 1000);
  const CallId call{request_number(1), 0};
  write(settlement_of(call, 1, 1500));
  EXPECT_EQ(report(kNovember).total.sums.energy, Energy::raw(1500)) << "November is open: it takes the correction";

  ASSERT_EQ(*store_->close_month(kNovember), Closing::done);
  const auto closed = to_json(report(kNovember));
  write(settlement_of(call, 2, 1400));

  EXPECT_EQ(to_json(report(kNovember)), closed);
  const auto december = report(month_after(kNovember)).total;
  EXPECT_EQ(december.sums.calls, 0);
  EXPECT_EQ(december.prior.corrections, 1);
  EXPECT_EQ(december.prior.sums.energy, Energy::raw(-100));
  EXPECT_EQ(december.prior.sums.calls, 0);
  const auto views = calls_of(dir_, call.request);
  ASSERT_EQ(views.at(0).settlements.size(), 3u) << "the call itself shows all that was said of it";
  EXPECT_EQ(views[0].settlements.back().figures.energy, Energy::raw(1400));
}

TEST_F(ClosingAMonth, CountsEachVersionOnceWhateverTheOrder) {
  write_november(1, 1000);
  const CallId call{request_number(1), 0};
  ASSERT_TRUE(store_->close_month(kNovember));
  // Two in one batch, an overtaken one, and one twice.
  write(settlement_of(call, 1, 1200), settlement_of(call, 3, 1700));
  write(settlement_of(call, 2, 1600));
  write(settlement_of(call, 3, 1700));
  const auto prior = report(month_after(kNovember)).total.prior;
  EXPECT_EQ(prior.sums.energy, Energy::raw(700));
  EXPECT_EQ(prior.corrections, 2);
}

TEST_F(ClosingAMonth, TakesCallsRequestsAndWindowsThatComeLateAsPriorPeriod) {
  write_november(1, 1000);
  write(window_of(kNoon));
  ASSERT_TRUE(store_->close_month(kNovember));
  const auto closed = to_json(report(kNovember, By::hour));
  write_november(2, 5000);
  write(window_of(kNoon + std::chrono::seconds(1)));
  // A settlement that overtakes its call.
  const CallId overtaken{request_number(3), 0};
  write(settlement_of(overtaken, 0, 300));
  write(call_of(overtaken), request_of(overtaken.request));
  // What is written a second time is no news.
  write(call_of({request_number(1), 0}), request_of(request_number(1)), window_of(kNoon));

  EXPECT_EQ(to_json(report(kNovember, By::hour)), closed);
  const auto december = report(month_after(kNovember)).total;
  EXPECT_EQ(december.sums.requests, 0);
  EXPECT_EQ(december.sums.calls, 0);
  EXPECT_EQ(december.unattributed.energy, Energy());
  EXPECT_EQ(december.prior.sums.requests, 2);
  EXPECT_EQ(december.prior.sums.calls, 2);
  EXPECT_EQ(december.prior.sums.in, 2000);
  EXPECT_EQ(december.prior.sums.energy, Energy::raw(5300));
  EXPECT_EQ(december.prior.unattributed, window_of(kNoon).unattributed);
  EXPECT_EQ(december.prior.foreign, window_of(kNoon).foreign);
  // They settle on in the month that took them.
  write(settlement_of({request_number(2), 0}, 1, 4000));
  EXPECT_EQ(report(month_after(kNovember)).total.prior.sums.energy, Energy::raw(4300));
  EXPECT_EQ(report(month_after(kNovember)).total.prior.corrections, 0);
}

TEST_F(ClosingAMonth, ShowsThePriorPeriodByGroupAndFilter) {
  write_november(1, 1000);
  ASSERT_TRUE(store_->close_month(kNovember));
  write(settlement_of({request_number(1), 0}, 1, 1300));
  for (const auto& [by, name] : {std::pair{By::deployment, "fr-4090"},
                                 {By::workload, "invoices"},
                                 {By::key, "key_7"},
                                 {By::hour, "2025-12-03T02:00:00Z"}}) {
    const auto rows = report(month_after(kNovember), by).rows;
    ASSERT_EQ(rows.size(), 1u) << ledger::name(by);
    EXPECT_EQ(rows[0].name, name);
    EXPECT_EQ(rows[0].prior.sums.energy, Energy::raw(300));
  }
  const auto december = month_after(kNovember);
  const auto none = Reports(dir_.path()).query({december.from, december.until, By::none, "contracts", {}, {}, {}});
  EXPECT_FALSE(none->total.prior.any());
}

TEST_F(ClosingAMonth, IsRefusedWhileTheMonthOrAnEarlierOneIsOpen) {
  write_november(1, 1000);
  const auto december = month_after(kNovember), january = month_after(december);
  EXPECT_EQ(refusal(december), "2025-12 is not over: it can be closed from 2026-01-01T00:00:00Z on.");
  clock_.advance(std::chrono::hours(24 * 90));
  EXPECT_EQ(refusal(january), "2025-11 is still open; months are closed one after the other: close 2025-11 first.");
  EXPECT_EQ(refusal(month_of(kNoon - std::chrono::hours(24 * 3650))),
            "2015-11 has no records, nor has any month before it; the first is 2025-11.")
      << "a slip in the year, after which all months since would have to be closed";
  EXPECT_EQ(*store_->close_month(kNovember), Closing::done);
  EXPECT_EQ(refusal(january), "2025-12 is still open; months are closed one after the other: close 2025-12 first.");
  EXPECT_EQ(*store_->close_month(december), Closing::done);
  EXPECT_EQ(*store_->close_month(kNovember), Closing::done_before);
}

TEST_F(ClosingAMonth, IsAnEventWithTheMonthsTotals) {
  write_november(1, 1000);
  ASSERT_TRUE(store_->close_month(kNovember));
  ASSERT_TRUE(store_->close_month(kNovember));
  auto db = Database::open(dir_.path() / "ledger.db", Database::Mode::read_only);
  auto events = db->prepare("SELECT json FROM events WHERE kind='month_closed'");
  ASSERT_TRUE(*events->step());
  const auto json = nlohmann::json::parse(events->text(0));
  EXPECT_EQ(json.at("month"), "2025-11");
  EXPECT_EQ(json.at("energy_uj"), 1000);
  EXPECT_EQ(json.at("requests"), 1);
  EXPECT_FALSE(*events->step()) << "closing it again is no event";
}

TEST_F(ClosingAMonth, OutlastsTheProcess) {
  write_november(1, 1000);
  ASSERT_TRUE(store_->close_month(kNovember));
  store_.reset();
  Store::Options options;
  options.dir = dir_.path();
  options.clock = &clock_;
  store_ = std::move(*Store::open(options));
  write(settlement_of({request_number(1), 0}, 1, 1300));
  EXPECT_EQ(report(kNovember).total.sums.energy, Energy::raw(1000));
  EXPECT_EQ(report(month_after(kNovember)).total.prior.sums.energy, Energy::raw(300));
}

TEST_F(ClosingAMonth, IsAskedOfWhoeverHoldsTheLedger) {
  write_november(1, 1000);
  const auto lock = DirectoryLock::acquire(dir_.path());
  ASSERT_TRUE(lock);
  EXPECT_EQ(*close_month(dir_.path(), kNovember, clock_), Closing::asked);
  EXPECT_TRUE(*closing_pending(dir_.path(), kNovember));
  ASSERT_TRUE(store_->do_asked_closings());
  EXPECT_FALSE(*closing_pending(dir_.path(), kNovember));
  EXPECT_EQ(*close_month(dir_.path(), kNovember, clock_), Closing::done_before);
}

TEST_F(ClosingAMonth, ThatTheHolderRefusesIsForgottenAndSaid) {
  write_november(1, 1000);
  const auto lock = DirectoryLock::acquire(dir_.path());
  VirtualClock fast(clock_.wall() + std::chrono::hours(24 * 31));  // of the process that asks
  EXPECT_EQ(*close_month(dir_.path(), kNovember, fast), Closing::asked);
  clock_.step_wall(-std::chrono::hours(24 * 30));
  ASSERT_TRUE(store_->do_asked_closings());
  const auto pending = closing_pending(dir_.path(), kNovember);
  ASSERT_FALSE(pending);
  EXPECT_NE(pending.error().message.find("did not close 2025-11"), std::string::npos) << pending.error().message;
  write(settlement_of({request_number(1), 0}, 1, 1300));
  EXPECT_EQ(report(kNovember).total.sums.energy, Energy::raw(1300)) << "it stayed open";
}

TEST_F(ClosingAMonth, NeedsALedger) {
  TempDir empty;
  const auto closed = close_month(empty.path(), kNovember, clock_);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, Code::not_found);
}

GatewayUse use_of(Wall begin, Nanos length, int64_t energy_uj) {
  return {begin,
          begin + length,
          std::chrono::seconds(3),
          "FR",
          Energy::raw(energy_uj),
          Energy::raw(energy_uj / 2),
          Energy::raw(energy_uj * 2),
          Carbon::raw(50),
          Carbon::raw(20),
          Carbon::raw(90)};
}

TEST_F(ClosingAMonth, GatewaysOwnUseIsSummedByTheHour) {
  const Wall nine = kNovember.from + std::chrono::hours(9);
  const auto minute = std::chrono::minutes(1);
  write(use_of(nine, minute, 100), use_of(nine + minute, minute, 40), use_of(nine + 60 * minute, minute, 7));
  const auto hours = report(kNovember, By::hour);
  ASSERT_EQ(hours.rows.size(), 2u);
  EXPECT_EQ(hours.rows[0].gateway.energy, Energy::raw(140));
  EXPECT_EQ(hours.rows[0].gateway.cpu, std::chrono::seconds(6));
  EXPECT_EQ(hours.rows[1].gateway.energy, Energy::raw(7));
  EXPECT_EQ(hours.total.gateway.energy, Energy::raw(147));
  EXPECT_EQ(hours.total.gateway.carbon_high, Carbon::raw(270));
  // Of a part of what it ran its part, and nobody's in particular.
  const Reports reports(dir_.path());
  EXPECT_EQ(reports.query({nine, nine + minute, By::none, {}, {}, {}, {}})->total.gateway.energy, Energy::raw(70));
  EXPECT_EQ(reports.query({nine, nine + minute, By::none, {}, "key_7", {}, {}})->total.gateway.energy, Energy());
  ASSERT_TRUE(store_->close_month(kNovember));
  write(use_of(kNovember.until - minute, minute, 9));
  EXPECT_EQ(report(kNovember).total.gateway.energy, Energy::raw(147));
  EXPECT_EQ(report(month_after(kNovember)).total.gateway.energy, Energy::raw(9));
}

}  // namespace
}  // namespace trine::ledger::months_test
