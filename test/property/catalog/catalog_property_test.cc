#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "catalog/catalog.h"
#include "catalog/load.h"

namespace trine::catalog::catalog_property_test {
namespace {

const Catalog& shipped() {
  static const auto catalog = load();
  return **catalog;
}

RC_GTEST_PROP(Lookup, IgnoresCase, ()) {
  const auto& models = shipped().tables().models;
  const auto& model = models[*rc::gen::inRange<size_t>(0, models.size())];
  std::string name = model.aliases.empty() ? model.id : model.aliases.front();
  for (char& c : name)
    if (*rc::gen::arbitrary<bool>() && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  RC_ASSERT(shipped().find_model(name) == &model);
}

RC_GTEST_PROP(Curve, FallsWithTheBatchAndSpeedRises, ()) {
  const auto& curves = shipped().tables().curves;
  const auto& curve = curves[*rc::gen::inRange<size_t>(0, curves.size())];
  const double small = *rc::gen::inRange(1, 500), large = small + *rc::gen::inRange(1, 500);
  RC_ASSERT(curve.joules_per_output_token(large) <= curve.joules_per_output_token(small));
  RC_ASSERT(curve.output_tokens_per_second(large) >= curve.output_tokens_per_second(small));
}

RC_GTEST_PROP(Profile, KeepsTheMeanOfADay, ()) {
  const auto& profiles = shipped().tables().profiles;
  const auto& profile = profiles[*rc::gen::inRange<size_t>(0, profiles.size())];
  const auto day = from_unix_ns(*rc::gen::inRange<int64_t>(0, 20'000) * 86'400'000'000'000);
  double sum = 0;
  for (int h = 0; h < 24; ++h) sum += profile.factor(day + std::chrono::hours(h));
  RC_ASSERT(std::abs(sum / 24 - 1) < 0.002);
}

RC_GTEST_PROP(Load, TakesAPricePerHourExactlyWithinItsBounds, ()) {
  const double price = *rc::gen::inRange(-500'000, 500'000) / 100.0;
  const auto loaded = load_texts(
      {{"instances.yaml",
        fmt::format(
            "instances:\n  - {{ id: x, provider: p, name: n, gpu: L4, gpus: 1, vcpus: 1, memory_gib: 1, region: "
            "ovh-gra, per_hour: {}, currency: EUR, source: skypilot-catalog }}\n",
            price)}});
  RC_ASSERT(loaded.has_value() == (price > 0 && price <= 2000));
  if (loaded) RC_ASSERT((*loaded)->find_instance("x")->per_hour.amount == euros(price));
}

}  // namespace
}  // namespace trine::catalog::catalog_property_test
