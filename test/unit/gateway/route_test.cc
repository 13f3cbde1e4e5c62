// Which deployment? Hard constraints first, then the score.
#include "gateway/route/route.h"

#include <fstream>

#include "integration/gateway/harness.h"

namespace trine::gateway::test::route_test {
namespace {

string route(const string& fields) {
  return "\n  - { model: small, deployments: [fr, de], " + fields + " }\n";
}
const string kGreen = "weights: { cost: 0, control: 0, carbon: 1 }";
const string kCheap = "weights: { cost: 1, control: 0, carbon: 0 }";

struct RouteTest : TwoEnginesTest {
  string chosen(const string& request = chat()) {
    const Message m = kept->ask(request);
    return m.status == 200 ? m.header("x-trine-route") : m.body;
  }
};

TEST_F(RouteTest, FollowsTheWeightsOfTheRoute) {
  Sample s;
  s.deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { input_per_mtok: 9, output_per_mtok: 9 } }
  - { name: de, url: "http://de.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: DE, price: { input_per_mtok: 1, output_per_mtok: 1 } }
)";
  s.routes = route(kGreen);
  with(s);
  EXPECT_EQ(chosen(), "fr");
  s.routes = route(kCheap);
  with(s);
  EXPECT_EQ(chosen(), "de");
}

TEST_F(RouteTest, AKeysWeightsGoFirst) {
  Sample s;
  s.keys = R"(
  - { id: one, secret: sk-one }
  - { id: two, secret: sk-two, weights: { cost: 1 } }
)";
  s.deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 9 } }
  - { name: de, url: "http://de.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: DE, price: { per_hour: 0.1 } }
)";
  s.routes = route(kGreen);
  with(s);
  EXPECT_EQ(chosen(), "fr");
  EXPECT_EQ(chosen(post(kChat, kHello, "Authorization: Bearer sk-two\r\n")), "de");
}

TEST_F(RouteTest, ControlCounts) {
  Sample s;
  s.deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 1 }, control: { jurisdiction: foreign } }
  - { name: de, url: "http://de.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: DE, price: { per_hour: 1 }, control: { operator: own, jurisdiction: home, residency: guaranteed, tenancy: dedicated, keys: own } }
)";
  s.routes = route("weights: { cost: 0, control: 1, carbon: 0 }");
  with(s);
  EXPECT_GT(kept->deployment("de").control, kept->deployment("fr").control);
  EXPECT_EQ(chosen(), "de");
}

TEST_F(RouteTest, WhatIsFreeIsCheaperThanAnythingThatIsSold) {
  Sample s;
  s.deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { input_per_mtok: 0.01, output_per_mtok: 0.01 } }
  - { name: de, url: "http://de.test/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: DE, price: { free: true } }
)";
  s.routes = route(kCheap);
  with(s);
  EXPECT_EQ(chosen(), "de");
}

TEST_F(RouteTest, AVendorIsWeighedByItsPriceAndSize) {
  Sample s;
  s.deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 40 } }
  - { name: de, url: "http://de.test/v1", model: gpt-4o-mini, vendor: openai }
)";
  s.routes = route(kCheap);
  Harness& h = with(s);
  const Message m = h.ask(chat());
  EXPECT_EQ(m.header("x-trine-route"), "de");
  EXPECT_EQ(m.header("x-trine-quality"), "D");
  // 20 and 5 tokens at 0.15 and 0.60 dollars per million
  EXPECT_NEAR(std::stod(m.header("x-trine-cost")), (20 * 0.15 + 5 * 0.6) * 0.9239e-6, 1e-9);
}

TEST_F(RouteTest, ZonesAreAHardConstraint) {
  Sample s;
  s.routes = route(kGreen + ", zones: [DE]");
  with(s);
  EXPECT_EQ(chosen(), "de");
  kept->engines["de.test"].refuses = true;
  kept->engines["de.test"].side().leave();
  EXPECT_NE(chosen().find("upstream_unreachable"), string::npos) << "France would answer, but may not";
  EXPECT_TRUE(kept->engines["fr.test"].asked.empty());
}

TEST_F(RouteTest, EndpointsAreAHardConstraint) {
  Sample s;
  s.deployments.replace(s.deployments.find("zone: FR"), 8, "zone: FR, endpoints: [embeddings]");
  with(s);
  EXPECT_EQ(chosen(), "de");
  EXPECT_EQ(chosen(post("/v1/embeddings", R"({"model":"small","input":"x"})")), "fr");
}

TEST_F(RouteTest, WhereNobodyMayServeTheAnswerSaysWhyOfEach) {
  Sample s;
  s.deployments.replace(s.deployments.find("zone: FR"), 8, "zone: FR, endpoints: [embeddings]");
  s.routes = route("zones: [FR]");
  Harness& h = with(s);
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 503);
  EXPECT_NE(m.body.find("fr: does not serve this endpoint; de: zone DE is not allowed"), string::npos) << m.body;
}

TEST_F(RouteTest, ADeploymentTakesNoMoreThanItsConcurrency) {
  Sample s;
  s.deployments.replace(s.deployments.find("zone: FR"), 8, "zone: FR, max_concurrency: 1");
  Harness& h = with(s);
  h.engines["fr.test"].on_request = nullptr;  // keeps its request running
  Client& first = h.send(chat());
  EXPECT_EQ(chosen(), "de");
  h.engines["fr.test"].side().send(json_answer(completion(usage_json(1, 1))));
  h.settle();
  EXPECT_EQ(first.answer().status, 200);
  h.engines["fr.test"].on_request = answers(json_answer(completion(usage_json(1, 1))));
  EXPECT_EQ(chosen(), "fr");
}

TEST_F(RouteTest, ARestingDeploymentIsLeftAloneAndThenTriedByOneRequest) {
  Harness& h = with({});
  h.engines["fr.test"].refuses = true;
  for (int i = 0; i < Health::kTolerated; ++i) EXPECT_EQ(chosen(), "de");
  h.engines["fr.test"].refuses = false;
  h.engines["fr.test"].on_request = nullptr;
  EXPECT_EQ(chosen(), "de");
  h.advance(Health::kFirstRest);
  Client& tries = h.send(chat());
  EXPECT_EQ(h.engines["fr.test"].asked.size(), 1u);
  EXPECT_EQ(chosen(), "de") << "one at a time";
  h.engines["fr.test"].side().send(json_answer(completion(usage_json(1, 1))));
  h.settle();
  EXPECT_EQ(tries.answer().header("x-trine-route"), "fr");
  h.engines["fr.test"].on_request = answers(json_answer(completion(usage_json(1, 1))));
  EXPECT_EQ(chosen(), "fr");
}

TEST_F(RouteTest, ReasonNamesTheScoreAndTheAxes) {
  Harness& h = with({});
  const string reason = h.record(h.ask(chat())).facts.reason;
  EXPECT_EQ(reason.find("fr: score 1.00 of 2 (EUR "), 0u) << reason;
  EXPECT_NE(reason.find(" g per Mtok, control "), string::npos) << reason;
}

TEST_F(RouteTest, TheGridIsReadOncePerSlotAndFollowsIt) {
  TempDir dir;
  const auto file = (dir.path() / "grid.csv").string();
  std::ofstream(file) << "ts_utc,FR,DE\n2023-11-14T22:00:00Z,50,400\n2023-11-14T23:00:00Z,500,40\n";
  Sample s;
  string yaml = s.yaml();
  Harness& h = with(s);
  const size_t at = yaml.find("grid:");
  yaml.replace(at, yaml.find('\n', at) - at,
               "grid: { zones: { FR: { file: \"" + file + "\" }, DE: { file: \"" + file + "\" } } }");
  h.context.use(must_snapshot(yaml));  // the virtual clock stands at 22:13:20
  EXPECT_EQ(chosen(), "fr");
  h.advance(46min + 39s);
  EXPECT_EQ(chosen(), "fr");
  h.advance(1s);
  EXPECT_EQ(chosen(), "de") << "at the full hour";
}

TEST(Key, MayUseAllRoutesOrThoseThatItNames) {
  Key k;
  EXPECT_TRUE(k.may_use("small"));
  k.routes = {"big", "small"};
  EXPECT_TRUE(k.may_use("small"));
  EXPECT_FALSE(k.may_use("tiny"));
}

}  // namespace
}  // namespace trine::gateway::test::route_test
