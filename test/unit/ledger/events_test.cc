#include "ledger/events.h"

#include "ledger/ledger.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger {
namespace {

using namespace testing;

Event decision(std::string json, std::string user = {}) {
  return {.kind = "decision", .at = kNoon, .key = {}, .user = std::move(user), .json = std::move(json)};
}

TEST(Events, TheFirstOneMakesTheLedger) {
  const TempDir dir;
  const auto place = dir.path() / "new";
  const auto id = record_event(place, decision(R"({"n":1})", "ada"));
  ASSERT_TRUE(id) << id.error().message;
  ASSERT_TRUE(record_event(place, {.kind = "other", .at = kNoon, .key = {}, .user = {}, .json = "{}"}));
  const auto all = events(place, "decision");
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ(all->front().id, *id);
  EXPECT_EQ(all->front().event, decision(R"({"n":1})", "ada"));
  EXPECT_EQ(events(place, "")->size(), 2u);
  EXPECT_EQ(events(place, "nothing")->size(), 0u);
  EXPECT_FALSE(events(dir.path(), "decision")) << "there is no ledger in it";
}

TEST(Events, AreTakenWhileAGatewayHoldsTheLedger) {
  const TempDir dir;
  Ledger::Options options;
  options.dir = dir.path();
  options.fold_every = std::chrono::milliseconds(1);
  auto ledger = Ledger::open(options);
  ASSERT_TRUE(ledger) << ledger.error().message;
  for (uint64_t n = 0; n < 200; ++n) {
    write_request((*ledger)->journal(0), n);
    if (n % 20 == 0) {
      const auto id = record_event(dir.path(), decision(fmt::format(R"({{"n":{}}})", n)));
      ASSERT_TRUE(id) << id.error().message;
    }
  }
  ASSERT_TRUE((*ledger)->flush());
  EXPECT_EQ(events(dir.path(), "decision")->size(), 10u);
  EXPECT_EQ(total(dir.path()).sums.requests, 200) << "and nothing of the traffic is missing";
}

TEST(Events, ErasureReachesThem) {
  const TempDir dir;
  ASSERT_TRUE(record_event(dir.path(), decision(R"({"by":"ada@example.com"})", "ada@example.com")));
  ASSERT_TRUE(erase(dir.path(), {Subject::Kind::user, "ada@example.com"}));
  const auto all = events(dir.path(), "decision");
  ASSERT_TRUE(all && all->size() == 1);
  EXPECT_EQ(all->front().event.json.find("ada"), std::string::npos);
  EXPECT_TRUE(all->front().event.user.starts_with("erased-")) << all->front().event.user;
}

TEST(Events, WhatDoesNotFitIsRefusedNotCut) {
  const TempDir dir;
  const auto big = record_event(dir.path(), decision(std::string(kMaxEventJson + 1, ' ')));
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code, Code::invalid_argument);
  EXPECT_FALSE(record_event(dir.path(), {}));
}

}  // namespace
}  // namespace trine::ledger
