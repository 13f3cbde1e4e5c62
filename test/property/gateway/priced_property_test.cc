// The steps of a request together are the request as it arrived less the request as it was served.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "gateway/settle/priced.h"
#include "integration/gateway/harness.h"

namespace trine::gateway::test::priced_property_test {
namespace {

std::shared_ptr<const Deployment> some_deployment() {
  static const auto snapshot = must_snapshot(R"(
deployments:
  - { name: own, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, pue: 1.2, price: { per_hour: 0.36 } }
  - { name: api, url: "https://api.test/v1", model: gpt-4o-mini, vendor: openai, zone: US }
routes: [ { model: small, deployments: [own, api] } ]
)");
  return snapshot->deployments.at(*rc::gen::inRange<size_t>(0, 2));
}

RC_GTEST_PROP(PricedSpared, IsTheWholeInPartsWhateverTheirOrder, ()) {
  const auto d = some_deployment();
  energy::CallFacts call;
  call.in = *rc::gen::inRange<Tokens>(1, 100'000);
  call.out = *rc::gen::inRange<Tokens>(1, 4000);
  call.end = call.start + from_seconds(*rc::gen::inRange(1, 100) / 10.0);
  call.first_token = call.start;
  call.mean_batch = *rc::gen::inRange(1, 64);
  const energy::GridValue grid{*rc::gen::inRange(1, 900) * 1.0, 0.1, true};
  constexpr const char* kSteps[] = {"a", "b", "c", "d"};
  std::vector<Spared> parts;
  Tokens whole = 0;
  for (const char* step : kSteps) {
    parts.push_back({step, *rc::gen::inRange<Tokens>(1, 50'000), 0, {}});
    whole += parts.back().in;
  }
  const auto together = price_spared({}, {}, std::vector<Spared>{{"whole", whole, 0, {}}}, d.get(), call, grid).at(0);
  energy::Figures sum;
  for (const auto& a : price_spared({}, {}, parts, d.get(), call, grid)) {
    RC_ASSERT(a.figures.energy >= Energy());
    RC_ASSERT(a.figures.energy_low <= a.figures.energy && a.figures.energy <= a.figures.energy_high);
    sum.energy += a.figures.energy;
    sum.operational += a.figures.operational;
    sum.cost += a.figures.cost;
  }
  // Times are in whole nanoseconds: a step's own length is rounded once.
  const auto near = [](auto a, auto b) { return std::abs(a.raw() - b.raw()) <= 20; };
  RC_ASSERT(near(sum.energy, together.figures.energy));
  RC_ASSERT(near(sum.operational, together.figures.operational));
  RC_ASSERT(near(sum.cost, together.figures.cost));
}

}  // namespace
}  // namespace trine::gateway::test::priced_property_test
