#include "ledger/search.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "unit/ledger/fixtures.h"

namespace trine::ledger::search_test {
namespace {

using namespace testing;
using namespace std::chrono_literals;

class SearchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = open_store(dir_.path());
    auto journal = open_journal(dir_.path());
    for (uint64_t n = 1; n <= 7; ++n) write_request(*journal, n);
    auto refused = request_of(request_number(8), 0);
    refused.outcome = energy::Outcome::refused;
    refused.error = "rate_limited";
    refused.workload = "contracts";
    ASSERT_TRUE(journal->append(refused));
    ASSERT_TRUE(store_->fold());
  }
  static SearchQuery day() {
    SearchQuery q;
    q.since = kNoon - 12h;
    q.until = kNoon + 12h;
    return q;
  }
  FoundPage find(const SearchQuery& q) {
    auto page = search(dir_.path(), q);
    EXPECT_TRUE(page) << (page ? "" : page.error().message);
    return page ? *page : FoundPage{};
  }
  TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_F(SearchTest, FindsAllNewestFirst) {
  const auto page = find(day());
  ASSERT_EQ(page.requests.size(), 8u);
  EXPECT_EQ(page.requests.front().facts.id, request_number(8));
  EXPECT_EQ(page.requests.back().facts.id, request_number(1));
  EXPECT_FALSE(page.next);
}

TEST_F(SearchTest, PagesFollowEachOtherWithoutGapOrRepetition) {
  std::set<RequestId> seen;
  auto q = day();
  q.limit = 3;
  int pages = 0;
  for (std::optional<int64_t> next = INT64_MAX; next; ++pages) {
    q.before = *next;
    const auto page = find(q);
    for (const auto& r : page.requests) EXPECT_TRUE(seen.insert(r.facts.id).second);
    next = page.next;
  }
  EXPECT_EQ(seen.size(), 8u);
  EXPECT_EQ(pages, 3);
}

TEST_F(SearchTest, FiltersLeaveOthersOut) {
  auto q = day();
  q.outcome = energy::Outcome::refused;
  ASSERT_EQ(find(q).requests.size(), 1u);
  EXPECT_EQ(find(q).requests[0].facts.error, "rate_limited");
  EXPECT_FALSE(find(q).requests[0].figures) << "no call, no figures";
  q = day();
  q.workload = "invoices";
  EXPECT_EQ(find(q).requests.size(), 7u);
  q.deployment = "fr-4090";
  q.zone = "FR";
  q.key = "key_7";
  EXPECT_EQ(find(q).requests.size(), 7u);
  q.zone = "DE";
  EXPECT_EQ(find(q).requests.size(), 0u);
  q = day();
  q.until = q.since + 1h;
  EXPECT_EQ(find(q).requests.size(), 0u);
}

TEST_F(SearchTest, ShowsWhatTheReportAddsUp) {
  ReportQuery whole;
  whole.since = day().since;
  whole.until = day().until;
  const auto report = Reports(dir_.path()).query(whole);
  ASSERT_TRUE(report);
  Energy energy;
  Tokens in = 0;
  for (const auto& r : find(day()).requests) {
    energy += r.figures.value_or(energy::Figures{}).energy;
    in += r.in;
  }
  EXPECT_EQ(energy, report->total.sums.energy);
  EXPECT_EQ(in, report->total.sums.in);
}

TEST_F(SearchTest, OfALedgerWithoutRequestsNothingIsFound) {
  TempDir empty;
  open_store(empty.path());
  const auto page = search(empty.path(), day());
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->requests.empty());
  EXPECT_EQ(nlohmann::json::parse(to_json(*page))["next"], nullptr);
}

TEST(ParseOutcome, KnowsItsWords) {
  EXPECT_EQ(parse_outcome("failed"), energy::Outcome::failed);
  EXPECT_EQ(parse_outcome("lost"), std::nullopt);
}

}  // namespace
}  // namespace trine::ledger::search_test
