// The estimate for a model without measurements moves the way that physics does (docs/accounting.md §4b).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "energy/unknown_model.h"

namespace trine::energy::unknown_model_property_test {
namespace {

struct Case {
  ModelSpec model;
  int gpus = 1;
  double batch = 1;
};

double between(double low, double high) {
  return low * std::pow(high / low, *rc::gen::inRange(0, 1'000'001) * 1e-6);
}

Case any_case() {
  Case c;
  c.model.active_b = between(0.5, 500);
  c.model.total_b = *rc::gen::arbitrary<bool>() ? c.model.active_b : c.model.active_b * between(1, 40);
  c.model.bits = *rc::gen::element(4.0, 8.0, 16.0);
  c.gpus = *rc::gen::element(1, 2, 4, 8, 16);
  c.batch = between(1, 4096);
  return c;
}

double joules(const Case& c, const RequestShape& shape = {}) {
  const auto e = unknown_model_on_h100(c.model, c.gpus, c.batch, shape);
  RC_ASSERT(e.has_value());
  RC_ASSERT(std::isfinite(e->joules_per_output_token) && e->joules_per_output_token > 0);
  return e->joules_per_output_token;
}

RC_GTEST_PROP(UnknownModel, a_larger_batch_never_costs_a_token_more, ()) {
  Case c = any_case();
  const double small = joules(c);
  c.batch *= between(1, 10);
  RC_ASSERT(joules(c) <= small * (1 + 1e-12));
}

RC_GTEST_PROP(UnknownModel, and_never_a_step_less, ()) {
  Case c = any_case();
  const double small = joules(c) * c.batch;
  c.batch *= between(1, 10);
  RC_ASSERT(joules(c) * c.batch >= small * (1 - 1e-12));
}

RC_GTEST_PROP(UnknownModel, more_experts_per_token_never_cost_less, ()) {
  const Case c = any_case();
  const double share = between(1e-3, 0.45);  // of which the active parameters may be less or more
  RC_ASSERT(joules(c, {.expert_share = share * 2}) >= joules(c, {.expert_share = share}) * (1 - 1e-12));
}

RC_GTEST_PROP(UnknownModel, more_bits_never_cost_less, ()) {
  Case c = any_case();
  double before = 0;
  for (const double bits : {4.0, 8.0, 16.0}) {
    c.model.bits = bits;
    const double now = joules(c);
    RC_ASSERT(now >= before);
    before = now;
  }
}

RC_GTEST_PROP(UnknownModel, more_parameters_never_cost_less, ()) {
  Case c = any_case();
  const double small = joules(c);
  // Grown as a whole; a dense model that becomes a mixture is another kind and not compared.
  const double factor = between(1, 5);
  c.model.active_b *= factor;
  c.model.total_b *= factor;
  RC_ASSERT(joules(c) >= small);
}

RC_GTEST_PROP(UnknownModel, more_gpus_never_cost_less_in_sum, ()) {
  Case c = any_case();
  const double few = joules(c);
  c.gpus *= 2;
  RC_ASSERT(joules(c) > few);
}

RC_GTEST_PROP(UnknownModel, context_and_prompt_never_cost_less, ()) {
  const Case c = any_case();
  const RequestShape shape{between(1, 1e5), between(0.01, 100)};
  const double before = joules(c, shape);
  RC_ASSERT(joules(c, {shape.context * 2, shape.prompt_per_output}) > before);
  RC_ASSERT(joules(c, {shape.context, shape.prompt_per_output * 2}) > before);
}

}  // namespace
}  // namespace trine::energy::unknown_model_property_test
