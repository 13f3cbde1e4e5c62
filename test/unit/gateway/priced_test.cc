// What spared tokens would have taken at the deployment that served the rest.
#include "gateway/settle/priced.h"

#include "integration/gateway/harness.h"

namespace trine::gateway::test::priced_test {
namespace {

const energy::GridValue kGrid{200, 0.1, true};

std::shared_ptr<const Deployment> deployment(const string& fields) {
  return must_snapshot("deployments:\n  - { name: d, url: \"http://d.test/v1\", " + fields +
                       " }\nroutes: [ { model: small, deployments: [d] } ]\n")
      ->deployments.at(0);
}
std::shared_ptr<const Deployment> own() {
  return deployment("model: gpt-oss-20b, gpu: RTX-4090, zone: FR, pue: 1.2, price: { per_hour: 0.36 }");
}
std::shared_ptr<const Deployment> vendor() {
  return deployment("model: gpt-4o-mini, vendor: openai, zone: US");
}

energy::CallFacts call(Tokens in, Tokens out, Tokens cached = 0) {
  energy::CallFacts f;
  f.in = in;
  f.cached = cached;
  f.out = out;
  f.start = from_unix_ns(0);
  f.first_token = f.start + 200ms;
  f.end = f.start + 2s;
  f.mean_batch = 4;
  return f;
}
std::vector<energy::Avoided> price(const Deployment* d, const energy::CallFacts& f, const std::vector<Spared>& spared) {
  return price_spared({1, 2}, from_unix_ns(7), spared, d, f, kGrid);
}

TEST(PricedSpared, IsTheDifferenceBetweenTheCallWithTheTokensAndWithout) {
  const auto d = own();
  const auto f = call(1000, 100);
  const auto all = price(d.get(), f, {{"documents.repeats", 600, 0, {}}});
  ASSERT_EQ(all.size(), 1u);
  auto longer = f;
  longer.in = 1600;
  longer.end += from_seconds(600 / d->own->speed.prefill_tokens_per_s);
  const auto with = figures_of(*d, longer, kGrid), without = figures_of(*d, f, kGrid);
  EXPECT_EQ(all[0].figures.energy, with.energy - without.energy);
  EXPECT_EQ(all[0].figures.carbon(), with.carbon() - without.carbon());
  EXPECT_EQ(all[0].figures.cost, with.cost - without.cost);
  EXPECT_GT(all[0].figures.energy, Energy());
  EXPECT_GT(all[0].figures.cost, Money()) << "the hour of a machine that it would have kept busy";
  EXPECT_LT(all[0].figures.energy_low, all[0].figures.energy);
  EXPECT_GT(all[0].figures.energy_high, all[0].figures.energy);
  EXPECT_EQ(all[0].figures.letter, with.letter);
  EXPECT_EQ(all[0].step, "documents.repeats");
  EXPECT_EQ(all[0].at, from_unix_ns(7));
}

TEST(PricedSpared, OfAVendorCostsWhatItsTableSays) {
  const auto d = vendor();
  const auto all = price(d.get(), call(1000, 100), {{"documents.repeats", 1'000'000, 0, {}}});
  EXPECT_EQ(all.at(0).figures.cost, d->vendor->price.in);
}

TEST(PricedSpared, IsCachedInTheEngineLikeTheRestOfItsPrompt) {
  const auto d = vendor();
  const auto half = price(d.get(), call(1000, 100, 500), {{"documents.repeats", 1'000'000, 0, {}}});
  EXPECT_EQ(half.at(0).figures.cost.raw(), (d->vendor->price.in.raw() + d->vendor->price.cached.raw()) / 2);
}

TEST(PricedSpared, TakesAStepsOwnFiguresAsTheyAre) {
  energy::Figures first;
  first.energy = joules(31);
  first.letter = energy::Letter::A;
  const auto served = own();
  for (const Deployment* d : {static_cast<const Deployment*>(nullptr), std::to_address(served)}) {
    const auto all = price(d, {}, {{"cache.exact", 900, 80, first}});
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].figures, first);
    EXPECT_EQ(all[0].out, 80);
  }
}

TEST(PricedSpared, WhereNoDeploymentServedIsTokensAlone) {
  const auto all = price(nullptr, {}, {{"documents.repeats", 600, 0, {}}});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].in, 600);
  EXPECT_EQ(all[0].figures, energy::Figures{});
  EXPECT_EQ(all[0].figures.letter, energy::Letter::D);
}

TEST(PricedSpared, AStepThatAddsTokensIsNegativeWithItsRangeTheRightWayRound) {
  const auto f = price(own().get(), call(1000, 100), {{"documents.tables", -300, 0, {}}}).at(0).figures;
  EXPECT_LT(f.energy, Energy());
  EXPECT_LT(f.energy_low, f.energy);
  EXPECT_GT(f.energy_high, f.energy);
  EXPECT_LT(f.carbon(), Carbon());
}

TEST(PricedSpared, StepsOfOneNameAreOneRecordAndEmptyOnesNone) {
  const auto d = own();
  const auto all =
      price(d.get(), call(1000, 100),
            {{"documents.repeats", 200, 0, {}}, {"documents.images", 0, 0, {}}, {"documents.repeats", 400, 0, {}}});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].in, 600);
  const auto once = price(d.get(), call(1000, 100), {{"documents.repeats", 600, 0, {}}});
  EXPECT_NEAR(static_cast<double>(all[0].figures.energy.raw()), static_cast<double>(once[0].figures.energy.raw()), 2);
}

}  // namespace
}  // namespace trine::gateway::test::priced_test
