#include <gtest/gtest.h>

#include <set>

#include "gateway/traces/otlp.h"
#include "json/read.h"

namespace trine::gateway::traces_test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kHeader = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceParent, IsReadAndWrittenAsItCame) {
  const auto p = parse_traceparent(kHeader);
  ASSERT_TRUE(p);
  EXPECT_TRUE(p->sampled);
  EXPECT_EQ(p->trace.text(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(p->text(), kHeader);
}

TEST(TraceParent, ALaterVersionMayHaveMoreBehindIt) {
  EXPECT_TRUE(parse_traceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
  EXPECT_FALSE(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
  EXPECT_FALSE(parse_traceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more"));
}

TEST(TraceParent, WhatTheStandardCallsInvalidIsNone) {
  for (const char* bad : {"", "00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                          "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g"})
    EXPECT_FALSE(parse_traceparent(bad)) << bad;
}

class Feed : public ::testing::Test {
 protected:
  void use() {
    feed.use([this](std::vector<std::shared_ptr<const Trace>> t) { handed.insert(handed.end(), t.begin(), t.end()); });
  }
  Counter dropped;
  TraceFeed feed{1, dropped};
  std::vector<std::shared_ptr<const Trace>> handed;
};

TEST_F(Feed, WithoutAnExporterNothingIsTraced) {
  EXPECT_FALSE(feed.begin(kHeader, 1));
}

TEST_F(Feed, TheCallersDecisionIsFollowed) {
  use();
  const auto t = feed.begin(kHeader, 0);
  ASSERT_TRUE(t);
  EXPECT_EQ(t->id.text(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(span_text(t->parent), "b7ad6b7169203331");
  EXPECT_NE(t->span, t->parent);
  EXPECT_FALSE(feed.begin("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", 1));
}

TEST_F(Feed, TheShareIsTakenOfThoseWithoutADecision) {
  use();
  int n = 0;
  for (int i = 0; i < 10'000; ++i) n += feed.begin({}, 0.1) != nullptr;
  EXPECT_NEAR(n, 1000, 150);
  EXPECT_TRUE(feed.begin("nonsense", 1)) << "a header that is none decides nothing";
}

TEST_F(Feed, WhatIsTooMuchIsDroppedAndCounted) {
  use();
  for (size_t i = 0; i < TraceFeed::kMost + 3; ++i) feed.add(feed.begin({}, 1));
  feed.flush();
  EXPECT_EQ(handed.size(), TraceFeed::kMost);
  EXPECT_EQ(dropped.get(), 3);
}

TEST(Trail, TimeIsToldByStageAndOwnWorkApart) {
  const Mono t{};
  Trail trail;
  trail.enter(Phase::identify, t);
  trail.enter(Phase::body, t + 1ms);
  trail.enter(Phase::limit, t + 51ms);
  trail.enter(Phase::route, t + 52ms);
  trail.enter(Phase::call, t + 54ms);
  trail.leave(t + 900ms);
  EXPECT_EQ(trail.own(), 4ms);
  EXPECT_EQ(trail.end() - trail.begin(), 5);
  EXPECT_EQ((trail.end() - 1)->end - (trail.end() - 1)->begin, 846ms);
}

TEST(Trail, MoreStagesThanItHoldsAreLeftOut) {
  const Mono t{};
  Trail trail;
  for (int i = 0; i < 100; ++i) trail.enter(Phase::wait, t + i * 1ms);
  trail.leave(t + 1s);
  for (const Trail::Leg& leg : trail) EXPECT_LE(leg.end - leg.begin, 1ms);
}

TEST(Otlp, ARequestItsStagesAndItsCallsAreSpansOfOneTrace) {
  auto t = std::make_shared<Trace>();
  t->id = {1, 2};
  t->span = 3;
  t->operation = "chat";
  t->model = "m \"odd\"";
  t->begin = from_unix_ns(1'764'000'000'000'000'000);
  t->end = t->begin + 2s;
  t->trail.enter(Phase::identify, t->begin_mono);
  t->trail.enter(Phase::call, t->begin_mono + 1ms);
  t->trail.leave(t->begin_mono + 2s);
  CallTrace c{.span = 9, .facts = {}, .figures = {}, .settled = true};
  c.facts.start = t->begin + 1ms;
  c.facts.end = t->end;
  c.facts.in = 11;
  c.facts.out = 7;
  c.facts.deployment = "fr";
  c.figures.energy = Energy::raw(1'500'000);
  t->calls.push_back(c);
  t->figures = c.figures;
  const std::vector<std::shared_ptr<const Trace>> all = {t};
  const std::string json = otlp_json(all, {"1.0", "i"});
  EXPECT_TRUE(json::read(json)) << json;
  for (const char* part :
       {R"("traceId":"00000000000000010000000000000002")",
        R"("spanId":"0000000000000003","name":"chat m \"odd\"","kind":2)",
        R"("spanId":"0000000000000009","parentSpanId":"0000000000000003")", R"("name":"identify","kind":1)",
        R"("key":"gen_ai.usage.input_tokens","value":{"intValue":"11"})",
        R"("key":"trine.energy.joules","value":{"doubleValue":1.5})", R"("startTimeUnixNano":"1764000000000000000")"})
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
  EXPECT_EQ(json.find(R"("name":"call")"), std::string::npos) << "the call says it itself";
}

}  // namespace
}  // namespace trine::gateway::traces_test
