#include "ledger/record_event.h"

#include "ledger/events.h"
#include "ledger/ledger.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger::record_event_test {
namespace {

using namespace testing;

Event decision(std::string json, std::string user = {}) {
  return {.kind = "decision", .at = kNoon, .key = {}, .user = std::move(user), .json = std::move(json)};
}

std::vector<Event> stored(const std::filesystem::path& dir, std::string_view kind = "decision") {
  std::vector<Event> all;
  const auto read = each_event(dir, kind, [&](const Event& e) -> Result<void> {
    all.push_back(e);
    return {};
  });
  EXPECT_TRUE(read) << read.error().message;
  return all;
}

TEST(RecordEvent, TheFirstOneMakesTheLedger) {
  const TempDir dir;
  const auto place = dir.path() / "new";
  const auto kept = record_event(place, decision(R"({"n":1})", "ada"));
  ASSERT_TRUE(kept) << kept.error().message;
  ASSERT_TRUE(record_event(place, {.kind = "other", .at = kNoon, .key = {}, .user = {}, .json = "{}"}));
  const auto all = stored(place);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all.front(), decision(R"({"n":1})", "ada"));
  EXPECT_EQ(stored(place, "other").size(), 1u);
  EXPECT_EQ(stored(place, "nothing").size(), 0u);
}

TEST(RecordEvent, AreTakenWhileAGatewayHoldsTheLedger) {
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
  EXPECT_EQ(stored(dir.path()).size(), 10u);
  EXPECT_EQ(total(dir.path()).sums.requests, 200) << "and nothing of the traffic is missing";
}

TEST(RecordEvent, ErasureReachesThem) {
  const TempDir dir;
  ASSERT_TRUE(record_event(dir.path(), decision(R"({"by":"grace@example.com"})", "grace@example.com")));
  ASSERT_TRUE(erase(dir.path(), {Subject::Kind::user, "grace@example.com"}));
  const auto all = stored(dir.path());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all.front().json.find("grace"),
            std::string::npos);  // no hexadecimal word, as "ada" is: the pseudonym has those
  EXPECT_TRUE(all.front().user.starts_with("erased-")) << all.front().user;
}

TEST(RecordEvent, WhatDoesNotFitIsRefusedNotCut) {
  const TempDir dir;
  const auto big = record_event(dir.path(), decision(std::string(kMaxEventJson + 1, ' ')));
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code, Code::invalid_argument);
  EXPECT_FALSE(record_event(dir.path(), {}));
}

}  // namespace
}  // namespace trine::ledger::record_event_test
