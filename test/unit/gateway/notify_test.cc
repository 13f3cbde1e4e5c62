#include <gtest/gtest.h>

#include "gateway/notify/conditions.h"
#include "json/read.h"

namespace trine::gateway::notify_test {
namespace {

using namespace std::chrono_literals;

constexpr Wall kNow = from_unix_ns(1'764'000'000'000'000'000);

Condition silent(Nanos hold = 2min) {
  return {NoticeKind::meter, Severity::warning, "meter of fr", "It is silent.", hold};
}

TEST(ConditionWatch, OneIsToldOnceItHasLasted) {
  ConditionWatch watch;
  EXPECT_TRUE(watch.look({silent()}, kNow).empty());
  EXPECT_TRUE(watch.look({silent()}, kNow + 119s).empty());
  const auto told = watch.look({silent()}, kNow + 2min);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].state, NoticeState::begun);
  EXPECT_EQ(told[0].at, kNow);
  EXPECT_TRUE(watch.look({silent()}, kNow + 1h).empty()) << "not again";
}

TEST(ConditionWatch, ItsEndIsTold) {
  ConditionWatch watch;
  (void)watch.look({silent(0s)}, kNow);
  const auto over = watch.look({}, kNow + 5s);
  ASSERT_EQ(over.size(), 1u);
  EXPECT_EQ(over[0].state, NoticeState::over);
  EXPECT_EQ(over[0].subject, "meter of fr");
  EXPECT_TRUE(watch.look({}, kNow + 10s).empty());
}

TEST(ConditionWatch, WhatPassesBeforeItWasToldIsNoNews) {
  ConditionWatch watch;
  EXPECT_TRUE(watch.look({silent()}, kNow).empty());
  EXPECT_TRUE(watch.look({}, kNow + 5s).empty());
  EXPECT_TRUE(watch.look({silent()}, kNow + 3min).empty()) << "its time begins anew";
}

TEST(ConditionWatch, TheNumberOfThoseItFollowsIsBounded) {
  ConditionWatch watch;
  std::vector<Condition> many;
  for (size_t i = 0; i < ConditionWatch::kMost + 50; ++i) {
    Condition c = silent(0s);
    c.subject = std::to_string(i);
    many.push_back(std::move(c));
  }
  EXPECT_EQ(watch.look(many, kNow).size(), ConditionWatch::kMost);
}

TEST(Notice, TheJsonFormSaysAllOfIt) {
  const Notice n{NoticeKind::budget, NoticeState::begun, Severity::critical,
                 "budget of team a", "100 % \"gone\".",  kNow};
  EXPECT_EQ(to_json(n, "ntc_1", NoticeForm::json),
            R"({"id":"ntc_1","kind":"budget","state":"begun","severity":"critical","subject":"budget of team a",)"
            R"("text":"100 % \"gone\".","at":"2025-11-24T16:00:00Z"})");
}

TEST(Notice, ANameCannotCallAWholeSlackChannel) {
  const Notice n{NoticeKind::abuse, NoticeState::happened, Severity::warning, "key <!channel>", "a & b", kNow};
  const std::string json = to_json(n, "ntc_1", NoticeForm::slack);
  EXPECT_TRUE(json::read(json)) << json;
  EXPECT_EQ(json.find("<!channel>"), std::string::npos);
  EXPECT_NE(json.find("key &lt;!channel&gt;"), std::string::npos) << json;
  EXPECT_NE(json.find("a &amp; b"), std::string::npos) << json;
}

}  // namespace
}  // namespace trine::gateway::notify_test
