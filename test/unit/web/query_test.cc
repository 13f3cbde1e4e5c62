#include "web/query.h"

#include <gtest/gtest.h>

namespace trine::web::query_test {
namespace {

using namespace std::chrono_literals;

const Wall kNow = from_unix_ns(1'764'000'000'000'000'000);

TEST(Query, ReadsFieldsWithTheirEscapes) {
  const auto q = Query::parse("workload=a%20b&key=x%2Fy&empty=&since=1h");
  ASSERT_TRUE(q);
  EXPECT_EQ(q->text("workload"), "a b");
  EXPECT_EQ(q->text("key"), "x/y");
  EXPECT_EQ(q->filter("empty"), std::nullopt);
  EXPECT_EQ(q->filter("nothing"), std::nullopt);
}

TEST(Query, RefusesWhatIsMalformedTwiceOrTooMuch) {
  EXPECT_FALSE(Query::parse("a=%zz"));
  EXPECT_FALSE(Query::parse("a=1&a=2"));
  EXPECT_FALSE(Query::parse("a=" + std::string(Query::kMostBytes + 1, 'x')));
  std::string many;
  for (size_t i = 0; i <= Query::kMostFields; ++i) many += "f" + std::to_string(i) + "=1&";
  EXPECT_FALSE(Query::parse(many));
}

TEST(Query, TheSameQuestionHasOneKeyWhateverItsOrder) {
  EXPECT_EQ(Query::parse("a=1&b=2")->key(), Query::parse("b=2&a=1")->key());
  EXPECT_NE(Query::parse("a=1&b=2")->key(), Query::parse("a=1&b=3")->key());
  EXPECT_NE(Query::parse("ab=1")->key(), Query::parse("a=b1")->key());
}

TEST(ReportQuery, IsTheLastDayUnlessItIsSaid) {
  const auto q = report_query(*Query::parse(""), kNow);
  ASSERT_TRUE(q);
  EXPECT_EQ(q->since, kNow - 24h);
  EXPECT_GT(q->until, kNow) << "what happens in this instant belongs to it";
  EXPECT_EQ(q->by, ledger::By::none);
}

TEST(ReportQuery, BeginsWhereWhatIsAddedUpDoesWhenADurationIsSaid) {
  const Wall now = kNow + 7h + 34min + 21s;  // of a full day
  const auto since = [&](const char* text) { return report_query(*Query::parse(text), now)->since; };
  EXPECT_EQ(since("since=15m"), kNow + 7h + 19min);
  EXPECT_EQ(since("since=6h"), kNow + 1h + 30min);
  EXPECT_EQ(since("since=24h"), kNow - 24h + 7h);
  EXPECT_EQ(since("since=30d"), kNow - 30 * 24h + 7h);
  EXPECT_EQ(since("since=2025-11-01T09:00:07Z"), *parse_iso8601("2025-11-01T09:00:07Z")) << "a time is what it says";
}

TEST(ReportQuery, TakesPeriodGroupingAndFilters) {
  const auto q = report_query(*Query::parse("since=2025-11-01&until=2025-11-02&by=workload&zone=FR"), kNow);
  ASSERT_TRUE(q);
  EXPECT_EQ(q->until - q->since, 24h);
  EXPECT_EQ(q->by, ledger::By::workload);
  EXPECT_EQ(q->zone, "FR");
  EXPECT_EQ(q->workload, std::nullopt);
}

TEST(ReportQuery, SaysWhatIsWrong) {
  for (const char* text : {"since=soon", "since=1h&until=2h", "by=colour", "until=1970-13-01"}) {
    const auto q = report_query(*Query::parse(text), kNow);
    ASSERT_FALSE(q) << text;
    EXPECT_EQ(q.error().code, Code::invalid_argument);
  }
}

TEST(Query, CountsHaveBounds) {
  EXPECT_EQ(*Query::parse("")->count("limit", 50, 200), 50);
  EXPECT_EQ(*Query::parse("limit=7")->count("limit", 50, 200), 7);
  for (const char* text : {"limit=0", "limit=201", "limit=-1", "limit=x"})
    EXPECT_FALSE(Query::parse(text)->count("limit", 50, 200)) << text;
}

}  // namespace
}  // namespace trine::web::query_test
