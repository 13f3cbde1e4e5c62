// Limits and budgets on the whole request path, in virtual time.
#include "gateway/limit/say.h"
#include "integration/gateway/harness.h"
#include "protect/shared.h"

namespace trine::gateway::test::limits_test {
namespace {

string body_of(int max_tokens) {
  return fmt::format(R"({{"model":"small","max_tokens":{},"messages":[{{"role":"user","content":"Bonjour"}}]}})",
                     max_tokens);
}

struct Limits : testing::Test {
  // One key of a team, and another one of the same team.
  static Sample with(const string& key_limits, const string& more = "") {
    Sample s;
    s.keys = fmt::format(R"(
  - {{ id: one, secret: sk-one, org: acme, team: claims, project: intake, limits: {{ {} }} }}
  - {{ id: two, secret: sk-two, org: acme, team: claims, project: archive }}
)",
                         key_limits);
    s.more = more;
    return s;
  }
  Harness& start(const Sample& sample) {
    harness = std::make_unique<Harness>(sample);
    for (const char* host : {"fr.test", "de.test"})
      harness->engines[host].on_request = [this](EngineSide& side, const Message& m) {
        seen.push_back(m.body);
        side.send(json_answer(completion(usage_json(20, 5))));
      };
    return *harness;
  }
  const protect::BudgetUse& budget(size_t i = 0) { return harness->context.snapshot()->limits->budgets().at(i); }
  protect::BudgetView view(size_t i = 0) { return budget(i).account->view(harness->clock.wall()); }

  std::vector<string> seen;  // what engines were asked
  std::unique_ptr<Harness> harness;
};

string two(string_view body = kHello) {
  return post(kChat, body, "Authorization: Bearer sk-two\r\n");
}

TEST_F(Limits, ARateThatIsUsedUpIsA429ThatSaysWhatAndWhen) {
  Harness& h = start(with("rpm: 2", "limits: { contact: ops@example.org }"));
  const Message first = h.ask(chat());
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.header("x-ratelimit-limit-requests"), "2");
  EXPECT_EQ(first.header("x-ratelimit-remaining-requests"), "1");
  EXPECT_EQ(first.header("x-ratelimit-reset-requests"), "30s");
  EXPECT_EQ(h.ask(chat()).status, 200);
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 429);
  EXPECT_EQ(m.header("retry-after"), "30");
  EXPECT_EQ(m.header("x-ratelimit-remaining-requests"), "0");
  EXPECT_NE(m.body.find(R"("code":"rate_limited")"), string::npos) << m.body;
  EXPECT_NE(m.body.find("key one: 2 requests per minute (rpm); it passes in 30s; ask ops@example.org"), string::npos)
      << m.body;
  EXPECT_EQ(h.counters.refusals[static_cast<size_t>(protect::Refused::rpm)].get(), 1);
  EXPECT_EQ(h.ask(two()).status, 200) << "another key";
  h.advance(30s);
  EXPECT_EQ(h.ask(chat()).status, 200);
}

TEST_F(Limits, TokensThatWereReservedAndNotUsedAreFreeAgain) {
  Harness& h = start(with("tpm: 1000"));
  for (int i = 0; i < 10; ++i) ASSERT_EQ(h.ask(chat(body_of(600))).status, 200) << i;  // 25 tokens each
  const Message m = h.ask(chat(body_of(900)));
  EXPECT_EQ(m.status, 429) << m.body;
  EXPECT_EQ(m.header("x-ratelimit-limit-tokens"), "1000");
}

TEST_F(Limits, ARequestThatIsMoreThanTheBucketIsToldThatWaitingDoesNotHelp) {
  Harness& h = start(with("tpm: 1000"));
  const Message m = h.ask(chat(body_of(5000)));
  EXPECT_EQ(m.status, 400);
  EXPECT_NE(m.body.find(R"("code":"over_limit")"), string::npos) << m.body;
  EXPECT_FALSE(m.has("retry-after"));
}

TEST_F(Limits, ATeamsLimitIsThatOfAllItsKeys) {
  Harness& h = start(with("rpm: 100", "teams: [{ name: claims, limits: { rpm: 2 } }]"));
  EXPECT_EQ(h.ask(chat()).status, 200);
  EXPECT_EQ(h.ask(two()).status, 200);
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 429);
  EXPECT_NE(m.body.find("team claims: 2 requests"), string::npos) << m.body;
}

TEST_F(Limits, ARoutesLimitIsThatOfAllKeys) {
  Sample s = with("rpm: 100");
  s.routes = "\n  - { model: small, deployments: [fr, de], limits: { rpm: 1 } }\n";
  Harness& h = start(s);
  EXPECT_EQ(h.ask(chat()).status, 200);
  EXPECT_NE(h.ask(two()).body.find("model small: 1 requests"), string::npos);
}

TEST_F(Limits, APlaceIsFreeAgainWhenTheStreamEndsOrItsClientLeaves) {
  Harness& h = start(with("concurrency: 1"));
  h.engines["fr.test"].on_request = streams(role() + token("a"));
  Client& client = h.send(chat(kHelloStream));
  EXPECT_EQ(h.ask(chat()).status, 429);
  client.leave();
  h.settle();
  Client& second = h.send(chat(kHelloStream));
  EXPECT_EQ(h.ask(chat()).status, 429);
  h.engines["fr.test"].side().send(chunk(usage_event(9, 1) + kDone) + string(kLastChunk));
  h.settle();
  EXPECT_NE(second.received.find("[DONE]"), string::npos);
  h.engines["fr.test"].on_request = answers(json_answer(completion(usage_json(9, 2))));
  EXPECT_EQ(h.ask(chat()).status, 200);
}

TEST_F(Limits, ARequestThatNoDeploymentTakesGivesAllBack) {
  Harness& h = start(with("concurrency: 1, tpm: 1000", "budgets: [{ for: { key: one }, eur: 5 }]"));
  for (const char* host : {"fr.test", "de.test"}) h.engines[host].refuses = true;
  EXPECT_EQ(h.ask(chat(body_of(500))).status, 502);
  EXPECT_EQ(view().reserved, 0);
  EXPECT_EQ(view().spent, 0);
  for (const char* host : {"fr.test", "de.test"}) h.engines[host].refuses = false;
  const Message m = h.ask(chat(body_of(500)));
  EXPECT_NE(m.status, 429) << m.body;
}

TEST_F(Limits, TheLengthOfAnAnswerIsBoundedInTheBodyAndNothingElseIsChanged) {
  Harness& h = start(with("max_tokens: 100"));
  ASSERT_EQ(h.ask(chat(body_of(50))).status, 200);
  EXPECT_NE(seen.back().find(R"("max_tokens":50,)"), string::npos) << seen.back();
  ASSERT_EQ(h.ask(chat(body_of(500))).status, 200);
  EXPECT_NE(seen.back().find(R"("max_tokens":100,"messages":[{"role":"user","content":"Bonjour"}]})"), string::npos)
      << seen.back();
  ASSERT_EQ(h.ask(chat()).status, 200);
  EXPECT_TRUE(seen.back().starts_with(R"({"max_tokens":100,"model":)")) << seen.back();
  ASSERT_EQ(h.ask(chat(R"({"model":"small","max_completion_tokens":null,"messages":[]})")).status, 200);
  EXPECT_NE(seen.back().find(R"("max_completion_tokens":100,)"), string::npos) << seen.back();
}

TEST_F(Limits, ABodyThatIsTooLargeForItsKeyIsRefused) {
  Harness& h = start(with("request_bytes: 80"));
  EXPECT_EQ(h.ask(chat()).status, 200);
  EXPECT_EQ(h.ask(chat(body_of(1000) + string(100, ' '))).status, 413);
}

TEST_F(Limits, ABudgetIsSpentByWhatTheLedgerSays) {
  Harness& h = start(with("rpm: 1000", "budgets: [{ for: { team: claims }, eur: 100, kwh: 100, gco2e: 1e6 }]"));
  h.ask(chat());
  h.ask(two());
  const auto sums = h.total();
  EXPECT_GT(view(1).spent, 0);
  EXPECT_EQ(view(0).spent, sums.cost.raw());
  EXPECT_EQ(view(1).spent, sums.energy.raw());
  EXPECT_EQ(view(2).spent, (sums.operational + sums.embodied).raw());
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(view(i).reserved, 0);

  // As a gateway does that starts on this ledger; once for each account.
  const auto again = must_snapshot(
      with("rpm: 1000",
           "budgets: [{ for: { team: claims }, eur: 100 }, { for: { team: claims }, period: rolling 7d, gco2e: 1 },"
           " { for: { key: \"*\" }, kwh: 1 }]")
          .yaml());
  const Wall now = h.clock.wall();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(seed(*again->limits, h.ledger->reports(), now));
    int64_t of_keys = 0;
    for (const auto& b : again->limits->budgets()) {
      const int64_t spent = b.account->view(now).spent;
      if (b.scope == protect::Scope::key)
        of_keys += spent;
      else
        EXPECT_EQ(spent, view(b.rule.unit == protect::Unit::money ? 0 : 2).spent);
    }
    EXPECT_EQ(of_keys, sums.energy.raw());
  }
}

TEST_F(Limits, ABudgetThatIsUsedUpRefusesUntilItResets) {
  Harness& h = start(with("rpm: 1000", "budgets: [{ for: { key: one }, eur: 0, period: day, contact: cfo }]"));
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 429);
  EXPECT_NE(m.body.find(R"("type":"insufficient_quota")"), string::npos) << m.body;
  EXPECT_NE(m.body.find("key one: 0 of 0 EUR of the day spent"), string::npos) << m.body;
  EXPECT_NE(m.body.find("; ask cfo"), string::npos) << m.body;
  // The clock begins at 22:13:20: an hour and 46 minutes and 40 seconds to midnight.
  EXPECT_EQ(m.header("retry-after"), "6400");
  EXPECT_EQ(h.ask(two()).status, 200);
}

TEST_F(Limits, ARequestBeyondWhatIntegersHoldIsNotFree) {
  Harness& h = start(with("rpm: 1000", "budgets: [{ for: { key: one }, kwh: 1 }]"));
  for (const char* asked : {R"("max_tokens":1000000000,"n":1000)", R"("max_tokens":1000000000)"}) {
    const Message m =
        h.ask(chat(R"({"model":"small","messages":[{"role":"user","content":"hi"}],)" + string(asked) + "}"));
    EXPECT_EQ(m.status, 400) << asked << m.body;
    EXPECT_NE(m.body.find("over_limit"), string::npos) << m.body;
  }
  EXPECT_EQ(h.ask(chat()).status, 200);
}

TEST_F(Limits, WhatRequestsUnderWayHoldIsNotGivenTwice) {
  Sample s = with("rpm: 1000", "budgets: [{ for: { key: one }, gco2e: 1e6 }]");
  Harness& h = start(s);
  h.engines["fr.test"].on_request = streams(role() + token("a"));
  h.send(chat(kHelloStream));
  const int64_t held = view().reserved;
  ASSERT_GT(held, 0);
  // A reload that leaves room for one and a half: what is held stays held.
  s.more = fmt::format("budgets: [{{ for: {{ key: one }}, gco2e: {} }}]", static_cast<double>(held) * 1.5e-9);
  h.reload(s);
  EXPECT_EQ(view().reserved, held);
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 429);
  EXPECT_NE(m.body.find(R"("code":"budget_exhausted")"), string::npos) << m.body;
  EXPECT_EQ(m.header("retry-after"), "1") << "it may be free as soon as the other one ends";
  h.engines["fr.test"].side().send(chunk(usage_event(9, 1) + kDone) + string(kLastChunk));
  h.settle();
  EXPECT_EQ(view().reserved, 0);
  h.engines["fr.test"].on_request = answers(json_answer(completion(usage_json(9, 2))));
  EXPECT_EQ(h.ask(chat()).status, 200);
}

TEST_F(Limits, ASoftBudgetWarnsAndMayPreferWhatIsCleaner) {
  Sample s = with("rpm: 1000", "budgets: [{ for: { workload: night }, gco2e: 1e6, soft: 0, prefer: cleaner }]");
  s.routes = "\n  - { model: small, deployments: [fr, de], weights: { cost: 1, control: 0, carbon: 0 } }\n";
  s.deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: FR, price: { per_hour: 3 } }
  - { name: de, url: "http://de.test/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: DE, price: { per_hour: 1 } }
)";
  Harness& h = start(s);
  const Message plain = h.ask(chat());
  EXPECT_EQ(plain.header("x-trine-route"), "de");
  EXPECT_FALSE(plain.has("x-trine-budget-warning"));
  const Message warned = h.ask(chat(kHello, "x-trine-workload: night\r\n"));
  EXPECT_EQ(warned.header("x-trine-route"), "fr");
  EXPECT_TRUE(warned.header("x-trine-budget-warning").starts_with("workload night: 0"))
      << warned.header("x-trine-budget-warning");
  EXPECT_EQ(warned.header("x-trine-budget-limit"), "1000000 gCO2e");
}

TEST_F(Limits, ARepetitionOfAnAnswerIsNeitherCountedNorBilled) {
  Harness& h = start(with("rpm: 2", "budgets: [{ for: { key: one }, eur: 5 }]"));
  const string request = chat(kHello, "Idempotency-Key: a\r\n");
  EXPECT_EQ(h.ask(request).status, 200);
  const int64_t spent = view().spent;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(h.ask(request).status, 200);
  EXPECT_EQ(view().spent, spent);
  EXPECT_EQ(h.ask(chat()).status, 200);
  EXPECT_EQ(h.ask(chat(kHello, "Idempotency-Key: b\r\n")).status, 429);
  h.advance(60s);
  EXPECT_EQ(h.ask(chat(kHello, "Idempotency-Key: b\r\n")).status, 200) << "what was refused does not hold its key";
}

TEST_F(Limits, AFinalSettlementTakesThePlaceOfTheFirstOne) {
  Corrections corrections;
  protect::BudgetAccount account{{}};
  protect::BudgetUse use;
  use.account = &account;
  use.rule.unit = protect::Unit::carbon;
  protect::Policy policy;
  policy.budgets[policy.budget_count++] = &use;
  const Wall now = from_unix_ns(1'700'000'000'000'000'000);
  energy::Settlement s;
  s.call = {{1, 2}, 0};
  s.booked_at = now;
  s.figures.operational = grams(5);
  account.book(grams(5).raw(), now, now);
  corrections.expect(s, policy);
  s.version = 1;
  s.basis = energy::Basis::window;
  s.figures.operational = grams(3);
  corrections.settled(s, now);
  EXPECT_EQ(account.view(now).spent, grams(3).raw());
  s.basis = energy::Basis::final;
  s.figures.embodied = grams(1);
  corrections.settled(s, now);
  EXPECT_EQ(account.view(now).spent, grams(4).raw());
  EXPECT_EQ(corrections.waiting(), 0u);
  corrections.settled(s, now);
  EXPECT_EQ(account.view(now).spent, grams(4).raw()) << "twice changes nothing";
}

TEST(ResetText, IsOpenAIs) {
  EXPECT_EQ(reset_text(0ms), "0ms");
  EXPECT_EQ(reset_text(120ms), "120ms");
  EXPECT_EQ(reset_text(1s), "1s");
  EXPECT_EQ(reset_text(1001ms), "2s");
  EXPECT_EQ(reset_text(6min), "6m0s");
  EXPECT_EQ(reset_text(26h), "26h0m0s");
}

}  // namespace
}  // namespace trine::gateway::test::limits_test
