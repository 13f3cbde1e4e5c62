// What docs/csoa.md §2.3 promises of the score, on the whole way from a fleet's options to the verdict.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "catalog/load.h"
#include "fleet/fleet_file.h"
#include "fleet/flips.h"

namespace trine::fleet::scoring_property_test {
namespace {

const catalog::Catalog& data() {
  static const auto loaded = catalog::load();
  return **loaded;
}

struct Case {
  std::vector<Option> options;
  std::vector<grid::Reading> grids;
  Workload work;
  score::Weights weights;

  Sheet sheet() const { return score_options(options, grids, work, {}, weights); }
};

double between(int low, int high, double unit) {
  return *rc::gen::inRange(low, high) * unit;
}

// Machines and vendors with prices, zones and shares of use as they come.
Case some_case(int least = 2) {
  constexpr const char* kGpus[] = {"H100", "A100", "RTX-4090", "L40S"};
  const int n = *rc::gen::inRange(least, 7);
  std::string text = "peak_tokens_per_min: 1000000\nmodel: gpt-oss-20b\noptions:\n";
  for (int i = 0; i < n; ++i) {
    const auto op = *rc::gen::element<std::string>("own", "provider", "managed");
    if (between(0, 5, 1) < 1) {
      text += fmt::format("  - {{ name: o{}, vendor: openai, model: gpt-4o-mini, zone: US }}\n", i);
    } else {
      text += fmt::format(
          "  - {{ name: o{}, gpu: {}, zone: DE, per_hour: {}, pue: {}, max: 9999, control: {{ operator: {} }} }}\n", i,
          kGpus[static_cast<size_t>(between(0, 4, 1))], between(1, 60, 0.1), between(100, 200, 0.01), op);
    }
  }
  const auto fleet = read_fleet_text("fleet.yaml", text, data());
  RC_ASSERT(fleet.has_value());
  Case c;
  c.options = fleet->options;
  for (int i = 0; i < n; ++i) {
    grid::Reading r;
    r.value = Intensity{between(10, 900, 1)};
    c.grids.push_back(r);
  }
  c.work.mix = {.in = between(1, 4000, 1), .cached = 0, .out = between(1, 1000, 1)};
  c.work.utilisation = between(1, 100, 0.01);
  c.work.peak_tokens_per_min = 1e6;
  c.weights = *score::make_weights(between(1, 99, 1), between(1, 99, 1), between(1, 99, 1));
  return c;
}

size_t place_of(const Sheet& s, size_t index) {
  const auto& o = s.verdict.ordered;
  return static_cast<size_t>(
      std::find_if(o.begin(), o.end(), [&](const score::Ranked& r) { return r.index == index; }) - o.begin());
}

RC_GTEST_PROP(FleetScore, one_that_is_cheaper_cleaner_and_freer_goes_before, ()) {
  Case c = some_case();
  const auto i = static_cast<size_t>(*rc::gen::inRange<size_t>(0, c.options.size()));
  RC_PRE(c.options[i].machine.has_value());
  Option better = c.options[i];
  better.name = "better";
  better.machine->hardware.price.per_hour = scale(better.machine->hardware.price.per_hour, 0.9);
  c.options.push_back(better);
  c.grids.push_back(c.grids[i]);
  c.grids.back().value.g_per_kwh *= 0.9;
  const Sheet s = c.sheet();
  RC_ASSERT(place_of(s, c.options.size() - 1) < place_of(s, i));
}

RC_GTEST_PROP(FleetScore, nobody_loses_by_a_better_input, ()) {
  Case c = some_case();
  const auto i = static_cast<size_t>(*rc::gen::inRange<size_t>(0, c.options.size()));
  const size_t before = place_of(c.sheet(), i);
  const double f = between(50, 100, 0.01);
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      c.grids[i].value.g_per_kwh *= f;
      break;
    case 1:
      if (c.options[i].machine)
        c.options[i].machine->hardware.price.per_hour = scale(c.options[i].machine->hardware.price.per_hour, f);
      break;
    default:
      if (c.options[i].machine)
        c.options[i].machine->hardware.site.pue = std::max(1.0, c.options[i].machine->hardware.site.pue * f);
  }
  RC_ASSERT(place_of(c.sheet(), i) <= before);
}

RC_GTEST_PROP(FleetScore, the_currency_does_not_matter, ()) {
  Case c = some_case();
  const Sheet before = c.sheet();
  const double rate = between(1, 900, 0.1);
  for (Option& o : c.options) {
    const auto exchange = [&](Money& m) { m = scale(m, rate); };
    if (o.machine) exchange(o.machine->hardware.price.per_hour);
    if (o.vendor) exchange(o.vendor->price.in), exchange(o.vendor->price.cached), exchange(o.vendor->price.out);
  }
  const Sheet after = c.sheet();
  RC_ASSERT(before.verdict.ordered.size() == after.verdict.ordered.size());
  for (size_t i = 0; i < before.verdict.ordered.size(); ++i)
    // a vendor's bill for one request is rounded to 1e-9 of the currency
    RC_ASSERT(std::abs(before.verdict.ordered[i].score - after.verdict.ordered[i].score) < 1e-4);
}

RC_GTEST_PROP(FleetScore, the_order_of_two_does_not_depend_on_who_else_is_listed, ()) {
  const Case all = some_case(3);
  const Sheet s = all.sheet();
  RC_PRE(s.verdict.ordered.size() >= 2u);
  const size_t first = s.verdict.ordered[0].index, second = s.verdict.ordered[1].index;
  Case two = all;
  two.options = {all.options[second], all.options[first]};
  two.grids = {all.grids[second], all.grids[first]};
  const Sheet alone = two.sheet();
  RC_ASSERT(alone.verdict.ordered.size() == 2u);
  const double between_two = std::log(alone.verdict.ordered[0].score / alone.verdict.ordered[1].score);
  RC_ASSERT(std::abs(between_two - std::log(s.verdict.ordered[0].score / s.verdict.ordered[1].score)) < 1e-9);
}

RC_GTEST_PROP(FleetScore, a_flip_point_is_where_both_score_alike, ()) {
  const Case c = some_case();
  const Sheet s = c.sheet();
  RC_PRE(s.verdict.ordered.size() >= 2u);
  const Contest contest{
      c.options, c.grids, c.work, c.weights, s.verdict.ordered[0].index, {s.verdict.ordered[1].index}};
  RC_ASSERT(lead(contest) >= -1e-12);
  for (const Flip& f : flips(contest)) {
    if (!f.at) continue;
    Contest moved = contest;
    std::vector<grid::Reading> grids = c.grids;
    moved.intensities = grids;
    if (f.input == Input::utilisation) {
      RC_ASSERT((*f.at > 0 && *f.at <= 1 + 1e-12));
      moved.workload.utilisation = *f.at;
      RC_ASSERT(std::abs(lead(moved)) < 1e-6);
    } else if (f.input == Input::weight_cost || f.input == Input::weight_control || f.input == Input::weight_carbon) {
      const auto one = f.input == Input::weight_cost      ? &score::Weights::cost
                       : f.input == Input::weight_control ? &score::Weights::control
                                                          : &score::Weights::carbon;
      const double rest = (1 - *f.at) / (1 - c.weights.*one);
      moved.weights = {c.weights.cost * rest, c.weights.control * rest, c.weights.carbon * rest};
      moved.weights.*one = *f.at;
      RC_ASSERT(std::abs(lead(moved)) < 1e-6);
    } else if (f.input == Input::intensity) {
      for (size_t i = 0; i < grids.size(); ++i)
        if (c.options[i].zone == f.of) grids[i].value = Intensity{grids[i].value.g_per_kwh * *f.at / f.now};
      RC_ASSERT(std::abs(lead(moved)) < 1e-6);
    } else {
      // An option's own price and joules are changed inside the score: the walkthrough's figures stand for them.
      RC_ASSERT((f.input == Input::price || f.input == Input::joules_per_token));
    }
  }
}

}  // namespace
}  // namespace trine::fleet::scoring_property_test
