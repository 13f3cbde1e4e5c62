// What is refused for security's sake, counted by workers and written down by the minute.
#include "gateway/watch/refusals.h"

#include "integration/gateway/harness.h"

namespace trine::gateway::test::refusals_test {
namespace {

const Wall kNow = *parse_iso8601("2026-11-28T10:00:00Z");

using Lines = std::vector<protect::AuditEntry>;

// "action actor address count" of each.
std::vector<string> said(const Lines& lines) {
  std::vector<string> out;
  for (const auto& l : lines)
    out.push_back(fmt::format("{} {} {} {}", l.action, l.actor, l.address, l.detail[0].second));
  return out;
}

struct Desk : testing::Test {
  void take(Cause cause, const string& address, uint64_t count = 1, const string& key = "") {
    desk.take({{cause, key, address, "", count, kNow, kNow}});
  }
  VirtualClock clock;
  net::Loop loop{clock};
  std::vector<Lines> written;
  RefusalDesk desk{loop, [this](Lines lines) { written.push_back(std::move(lines)); }};
};

TEST_F(Desk, AFloodOfOneSourceIsALineAMinute) {
  for (int second = 0; second < 120; ++second) {
    take(Cause::invalid_key, "192.0.2.1", 5000);
    loop.run_virtual(clock, 1s);
    clock.advance(1s);
  }
  loop.run_virtual(clock, 60s);
  ASSERT_GE(written.size(), 2u);
  ASSERT_LE(written.size(), 3u);
  uint64_t all = 0;
  for (const Lines& lines : written) {
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].outcome, "refused");
    all += static_cast<uint64_t>(parse_int(lines[0].detail[0].second).value_or(0));
  }
  EXPECT_EQ(all, 600'000u) << "none is lost";
}

TEST_F(Desk, CausesKeysAndSourcesAreToldApart) {
  take(Cause::invalid_key, "192.0.2.1");
  take(Cause::invalid_key, "192.0.2.2", 2);
  take(Cause::suspended_key, "192.0.2.1", 3, "trn_a");
  take(Cause::budget, "192.0.2.1", 4, "trn_a");
  take(Cause::budget, "192.0.2.1", 5, "trn_b");
  take(Cause::budget, "192.0.2.1", 6, "trn_b");
  take(Cause::unknown_model, "192.0.2.1", 7, "trn_b");
  desk.flush();
  ASSERT_EQ(written.size(), 1u);
  EXPECT_EQ(said(written[0]),
            (std::vector<string>{"traffic.invalid_key client 192.0.2.1 1", "traffic.invalid_key client 192.0.2.2 2",
                                 "traffic.suspended key:trn_a 192.0.2.1 3", "traffic.budget key:trn_a 192.0.2.1 4",
                                 "traffic.budget key:trn_b 192.0.2.1 11"}));
  desk.flush();
  EXPECT_EQ(written.size(), 1u) << "each is written once";
}

TEST_F(Desk, ManySourcesAreBoundedAndTheRestIsCountedTogether) {
  for (int i = 0; i < 1000; ++i) take(Cause::invalid_key, fmt::format("192.0.{}.{}", i / 250, i % 250));
  take(Cause::url, "192.0.2.1", 1, "trn_a");
  desk.flush();
  ASSERT_EQ(written.at(0).size(), RefusalDesk::kMostOfCause + 2);
  EXPECT_EQ(said(written[0])[RefusalDesk::kMostOfCause], "traffic.invalid_key client  936");
  EXPECT_EQ(said(written[0]).back(), "traffic.url_refused key:trn_a 192.0.2.1 1") << "one cause hides no other";
}

TEST_F(Desk, OneClientsIpv6AddressesAreOneSource) {
  for (int i = 1; i < 100; ++i) take(Cause::invalid_key, fmt::format("2001:db8:1:2::{:x}", i));
  take(Cause::invalid_key, "2001:db8:1:3::1");
  desk.flush();
  EXPECT_EQ(said(written.at(0)), (std::vector<string>{"traffic.invalid_key client 2001:db8:1:2::/64 99",
                                                      "traffic.invalid_key client 2001:db8:1:3::/64 1"}));
}

TEST(RefusalFeedOfAWorker, CountsInBoundedMemoryAndLosesNone) {
  RefusalFeed feed;
  std::vector<Refusals> got;
  feed.use([&](std::vector<Refusals> notes) { got = std::move(notes); });
  for (int i = 0; i < 20'000; ++i) feed.add(Cause::invalid_key, "", fmt::format("a{}", i % 10'000), "", kNow);
  feed.flush();
  EXPECT_LE(got.size(), RefusalFeed::kMost + 1);
  uint64_t all = 0;
  for (const Refusals& r : got) all += r.count;
  EXPECT_EQ(all, 20'000u);
  EXPECT_EQ(got[0].count, 2u) << "a source that is known is counted though the table is full";
  got.clear();
  feed.flush();
  EXPECT_TRUE(got.empty());
}

struct OnTheWay : TwoEnginesTest {
  // What a worker notes of one request.
  std::vector<Refusals> noted(Harness& h, const string& request, int status) {
    std::vector<Refusals> got;
    h.context.refusals.use([&](std::vector<Refusals> notes) { got = std::move(notes); });
    EXPECT_EQ(h.ask(request).status, status);
    h.context.refusals.flush();
    return got;
  }
};

TEST_F(OnTheWay, EachCauseIsNotedWithItsKeyAndNeverASecret) {
  Sample s;
  s.more = "budgets: [{ for: { key: two }, eur: 0 }]\n";
  Harness& h = with(s);
  const auto as = [](const char* key, string_view body = kHello) {
    return post(kChat, body, fmt::format("Authorization: Bearer {}\r\n", key));
  };
  auto got = noted(h, as("sk-unknown"), 401);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].cause, Cause::invalid_key);
  EXPECT_EQ(got[0].key + got[0].why, "");

  got = noted(h, as("sk-two"), 429);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].cause, Cause::budget);
  EXPECT_EQ(got[0].key, "two");
  EXPECT_NE(got[0].why.find("key two: 0 of 0 EUR"), string::npos) << got[0].why;

  got =
      noted(h, as("sk-one", R"({"model":"small","messages":[{"content":[{"image_url":"https://evil.test/"}]}]})"), 403);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].cause, Cause::url);
  EXPECT_NE(got[0].why.find("evil.test"), string::npos) << got[0].why;

  got = noted(h, as("sk-one", R"({"model":"none","messages":[]})"), 404);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].cause, Cause::unknown_model);

  WatchLevels levels;
  levels.emplace("one", protect::WatchLevel::suspended);
  h.context.watch.use(std::make_shared<const WatchLevels>(std::move(levels)));
  got = noted(h, as("sk-one"), 403);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].cause, Cause::suspended_key);
  EXPECT_EQ(got[0].key, "one");
}

TEST_F(OnTheWay, ATokenIsNotedWithWhyWhichItsSenderIsNotTold) {
  Harness& h = with(Sample{});
  h.context.oidc = std::make_shared<const OidcProviders>(OidcProviders{{}});
  const auto got = noted(h, post(kChat, kHello, "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.\r\n"), 401);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].cause, Cause::invalid_token);
  EXPECT_EQ(got[0].why, "the provider's keys are not here");
}

TEST_F(OnTheWay, WhatIsNoVerdictOfSecurityIsNotNoted) {
  Harness& h = with(Sample{});
  EXPECT_TRUE(noted(h, chat(), 200).empty());
  EXPECT_TRUE(noted(h, chat("{"), 400).empty());
  EXPECT_TRUE(noted(h, post("/v1/nowhere/..", ""), 404).empty());
}

}  // namespace
}  // namespace trine::gateway::test::refusals_test
