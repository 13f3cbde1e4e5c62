// What stages spared requests, from the journal to a report.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ledger/month.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger::avoided_test {
namespace {

using namespace testing;

Avoided avoided_of(uint64_t n, const std::string& step, Tokens in, Tokens out = 0, Wall at = kNoon) {
  Avoided a{request_number(n), step, at, in, out, settlement_of({}, 0, in * 1000).figures};
  a.figures.letter = energy::Letter::C;
  return a;
}

class Sparing : public ::testing::Test {
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
  // Request 1 was served by a call, request 2 by a cache.
  void write_two() {
    write_request(*journal_, 1);
    auto cached = request_of(request_number(2), 0);
    cached.tenant.team = "sales";
    write(avoided_of(1, "documents.repeats", 300), avoided_of(1, "documents.images", -20),
          avoided_of(2, "documents.repeats", 50), avoided_of(2, "cache.exact", 900, 80), cached);
  }
  Report query(ReportQuery q) {
    q.since = month_of(kNoon).from;
    q.until = month_after(month_of(kNoon)).until;
    auto report = Reports(dir_.path()).query(q);
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report ? *report : Report{};
  }
  Report by(By by) { return query({{}, {}, by, {}, {}, {}, {}}); }
  AvoidedSums of(By group, const std::string& name) {
    for (const auto& row : by(group).rows)
      if (row.name == name) return row.avoided;
    return {};
  }

  TempDir dir_;
  VirtualClock clock_{month_of(kNoon).until + std::chrono::hours(50)};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(Sparing, IsSummedByStepBesideTheCallsFigures) {
  write_two();
  const auto total = by(By::none).total;
  EXPECT_EQ(total.avoided.requests, 2);
  EXPECT_EQ(total.avoided.without_call, 1);
  EXPECT_EQ(total.avoided.in, 1230);
  EXPECT_EQ(total.avoided.out, 80);
  EXPECT_EQ(total.avoided.figures.energy, Energy::raw(1'230'000));
  EXPECT_EQ(total.avoided.figures.letter, energy::Letter::C);
  EXPECT_EQ(total.sums.in, 1000) << "the call's tokens, and no others";
  EXPECT_EQ(total.sums.energy, settlement_of({}).figures.energy);
  EXPECT_EQ(total.sums.requests, 2);

  const auto steps = by(By::step).rows;
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].name, "cache.exact");
  EXPECT_EQ(steps[0].avoided.without_call, 1);
  EXPECT_EQ(steps[1].name, "documents.images");
  EXPECT_EQ(steps[1].avoided.in, -20) << "it added tokens";
  EXPECT_EQ(steps[1].avoided.figures.energy, Energy::raw(-20'000));
  EXPECT_EQ(steps[2].avoided.in, 350);
  EXPECT_EQ(steps[2].sums.calls, 0);
}

TEST_F(Sparing, BelongsToTheGroupsOfItsRequestAndOfTheCallThatServedIt) {
  write_two();
  EXPECT_EQ(of(By::team, "acme/claims").in, 280);
  EXPECT_EQ(of(By::team, "acme/sales").in, 950);
  EXPECT_EQ(of(By::hour, "2025-11-24T16:00:00Z").in, 1230);
  EXPECT_EQ(of(By::deployment, "fr-4090").in, 280);
  EXPECT_EQ(of(By::deployment, "").in, 950) << "no deployment served it";
  EXPECT_EQ(query({{}, {}, By::none, {}, {}, {}, "FR"}).total.avoided.in, 280);
  EXPECT_EQ(query({{}, {}, By::step, "invoices", "key_7", {}, {}}).total.avoided.in, 1230);
  EXPECT_EQ(query({{}, {}, By::step, "contracts", {}, {}, {}}).rows.size(), 0u);
}

TEST_F(Sparing, IsToldOfItsRequestStepByStep) {
  write_two();
  const auto view = *Reports(dir_.path()).request(request_number(2));
  ASSERT_TRUE(view);
  ASSERT_EQ(view->avoided.size(), 2u);
  EXPECT_EQ(view->avoided[0], avoided_of(2, "documents.repeats", 50));
  EXPECT_EQ(view->avoided[1], avoided_of(2, "cache.exact", 900, 80));
  const auto j = nlohmann::json::parse(to_json(*view)).at("avoided").at(1);
  EXPECT_EQ(j.at("step"), "cache.exact");
  EXPECT_EQ(j.at("tokens_out"), 80);
  EXPECT_EQ(j.at("energy_uj"), 900'000);
  EXPECT_EQ(j.at("quality"), "C");
}

TEST_F(Sparing, CountsOnceHoweverOftenItIsWritten) {
  write(avoided_of(1, "cache.exact", 900, 80), avoided_of(1, "cache.exact", 900, 80));
  write(avoided_of(1, "cache.exact", 900, 80));
  EXPECT_EQ(by(By::none).total.avoided.in, 900);
}

TEST_F(Sparing, ThatComesAfterItsMonthWasClosedIsPriorPeriod) {
  const auto november = month_of(kNoon), december = month_after(november);
  const auto total = [&](const Month& m) {
    return Reports(dir_.path()).query({m.from, m.until, By::none, {}, {}, {}, {}})->total;
  };
  write(avoided_of(1, "cache.exact", 100));
  ASSERT_EQ(*store_->close_month(november), Closing::done);
  write(avoided_of(2, "cache.exact", 40));
  write(avoided_of(1, "cache.exact", 100));  // no news
  EXPECT_EQ(total(november).avoided.in, 100);
  EXPECT_FALSE(total(november).prior.any());
  EXPECT_EQ(total(december).avoided.in, 0);
  EXPECT_EQ(total(december).prior.avoided.in, 40);
  EXPECT_TRUE(total(december).prior.any());
}

TEST_F(Sparing, GoesWithTheCalls) {
  journal_ = open_journal(dir_.path(), 1, nullptr, 4 << 20);
  for (uint64_t n = 0; n < 5000; ++n) ASSERT_TRUE(journal_->append(avoided_of(n, "cache.exact", 1)));
  write(avoided_of(5000, "cache.exact", 7, 0, kNoon + std::chrono::hours(200)));
  Retention keep;
  keep.calls = std::chrono::hours(100);
  ASSERT_TRUE(store_->sweep(keep, kNoon + std::chrono::hours(250)));
  EXPECT_EQ(by(By::none).total.avoided.in, 7);
  keep.calls = std::chrono::hours(1);
  ASSERT_TRUE(store_->sweep(keep, kNoon + std::chrono::hours(250)));
  EXPECT_EQ(by(By::none).total.avoided.requests, 0);
}

TEST_F(Sparing, AnOlderLedgerGetsAPlaceForIt) {
  store_.reset();
  {
    auto db = *Database::open(dir_.path() / "ledger.db", Database::Mode::read_write);
    ASSERT_TRUE(db.exec(
        fmt::format("DROP TABLE avoided; DROP TABLE rolled; DROP TABLE rolled_calls; DROP TABLE rolled_requests; "
                    "DROP TABLE rolled_windows; DROP TABLE rolled_avoided; ALTER TABLE calls DROP COLUMN beside; ALTER "
                    "TABLE open_calls DROP COLUMN beside; PRAGMA "
                    "user_version={}",
                    schema_version() - 4)));
  }
  store_ = open_store(dir_.path());
  ASSERT_TRUE(store_);
  write(avoided_of(1, "cache.exact", 900));
  EXPECT_EQ(by(By::none).total.avoided.in, 900);
}

TEST_F(Sparing, OutlastsACrashAndAnErasure) {
  write_request(*journal_, 1);
  ASSERT_TRUE(journal_->append(avoided_of(1, "documents.repeats", 300)));
  TempDir crashed;
  copy_as_crashed(dir_.path(), crashed.path());
  auto store = open_store(crashed.path());
  ASSERT_TRUE(store->recover());
  ASSERT_TRUE(store->erase({Subject::Kind::user, "ada@example.com"}));
  EXPECT_EQ(total(crashed.path()).avoided.in, 300);
}

}  // namespace
}  // namespace trine::ledger::avoided_test
