// What makes the weighted product the right score (docs/csoa.md §2.3), on random options.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "score/flip.h"
#include "score/rank.h"

namespace trine::score::score_property_test {
namespace {

Axes some_axes() {
  return {*rc::gen::inRange(1, 100'000) / 1000.0, *rc::gen::inRange(1, 100'000) / 100.0,
          *rc::gen::inRange(100, 1001) / 1000.0};
}

struct Fleet {
  std::vector<std::string> ids;
  std::vector<Option> options;
};

Fleet some_fleet(size_t least = 1) {
  Fleet f;
  const auto n = *rc::gen::inRange<size_t>(least, 30);
  for (size_t i = 0; i < n; ++i) f.ids.push_back("d" + std::to_string(100 + i));
  for (size_t i = 0; i < n; ++i) {
    Option o;
    o.id = f.ids[i];
    o.figures = some_axes();
    o.marginal_joules = *rc::gen::inRange(0, 5);
    o.healthy = *rc::gen::inRange(0, 5) > 0;
    f.options.push_back(o);
  }
  return f;
}

Policy some_policy() {
  const auto w = [] { return double(*rc::gen::inRange(1, 100)); };
  return {*make_weights(w(), w(), w())};
}

std::string_view winner(const std::vector<Option>& options, const Policy& p) {
  const auto c = choose(options, p, {});
  return c ? options[c->index].id : std::string_view();
}

RC_GTEST_PROP(Score, one_that_is_better_on_every_axis_wins_over_the_other, ()) {
  auto f = some_fleet();
  const auto p = some_policy();
  const auto c = choose(f.options, p, {});
  RC_PRE(c.has_value());
  Option better = f.options[c->index];
  const Axes a = better.axes();
  better.id = "zz";
  better.figures = Axes{a.eur_per_mtok * 0.99, a.g_per_mtok * 0.99, std::min(1.0, a.control * 1.01)};
  better.marginal_joules = 1e9;
  f.options.push_back(better);
  RC_ASSERT(winner(f.options, p) == "zz");
}

RC_GTEST_PROP(Score, nobody_loses_by_improving, ()) {
  auto f = some_fleet();
  const auto p = some_policy();
  const auto before = rank(f.options, p, {});
  RC_PRE(!before.ordered.empty());
  const auto place = *rc::gen::inRange<size_t>(0, before.ordered.size());
  const size_t who = before.ordered[place].index;
  Axes a = f.options[who].axes();
  const double factor = *rc::gen::inRange(50, 100) / 100.0;
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      a.eur_per_mtok *= factor;
      break;
    case 1:
      a.g_per_mtok *= factor;
      break;
    default:
      a.control = std::min(1.0, a.control / factor);
  }
  f.options[who].figures = a;
  const auto after = rank(f.options, p, {});
  const auto now =
      std::find_if(after.ordered.begin(), after.ordered.end(), [&](const Ranked& r) { return r.index == who; });
  RC_ASSERT(static_cast<size_t>(now - after.ordered.begin()) <= place);
}

RC_GTEST_PROP(Score, units_do_not_matter, ()) {
  auto f = some_fleet();
  const auto p = some_policy();
  const auto before = rank(f.options, p, {});
  const double currency = *rc::gen::inRange(1, 10'000) / 100.0, mass = *rc::gen::element(1e-3, 1e3, 0.45359);
  for (auto& o : f.options)
    o.figures = Axes{o.axes().eur_per_mtok * currency, o.axes().g_per_mtok * mass, o.axes().control};
  const auto after = rank(f.options, p, {});
  RC_ASSERT(before.ordered.size() == after.ordered.size());
  for (size_t i = 0; i < before.ordered.size(); ++i) {
    RC_ASSERT(std::abs(before.ordered[i].score - after.ordered[i].score) < 1e-9);
  }
}

RC_GTEST_PROP(Score, the_order_of_two_does_not_depend_on_who_else_is_listed, ()) {
  const auto f = some_fleet(2);
  const auto p = some_policy();
  const auto all = rank(f.options, p, {});
  RC_PRE(all.ordered.size() >= 2u);
  const size_t first = all.ordered[0].index;
  const size_t other = all.ordered[*rc::gen::inRange<size_t>(1, all.ordered.size())].index;
  RC_ASSERT(winner({f.options[other], f.options[first]}, p) == f.options[first].id);
}

RC_GTEST_PROP(Score, the_order_of_the_list_does_not_matter, ()) {
  const auto f = some_fleet();
  const auto p = some_policy();
  auto reversed = f.options;
  std::reverse(reversed.begin(), reversed.end());
  RC_ASSERT(winner(f.options, p) == winner(reversed, p));
}

RC_GTEST_PROP(Score, the_explanation_is_of_the_choice_that_was_made, ()) {
  const auto f = some_fleet();
  const auto p = some_policy();
  const std::string incumbent = *rc::gen::element<std::string>("", f.ids.front(), f.ids.back(), "gone");
  Favour favour;
  for (size_t i = 0; i < f.ids.size(); ++i)
    if (f.ids[i] == incumbent) favour.incumbent = i;
  const auto c = choose(f.options, p, {}, favour);
  const auto v = rank(f.options, p, {}, incumbent);
  RC_ASSERT(c.has_value() == v.choice.has_value());
  RC_ASSERT(v.ordered.size() + v.rejected.size() == f.options.size());
  if (!c) return;
  RC_ASSERT(c->index == v.choice->index);
  RC_ASSERT(c->candidates == v.ordered.size());
  if (c->by != Decider::hysteresis && incumbent.empty()) RC_ASSERT(v.ordered.front().index == c->index);
  const auto at =
      std::find_if(v.ordered.begin(), v.ordered.end(), [&](const Ranked& r) { return r.index == c->index; });
  RC_ASSERT(std::abs(at->score - c->score) < 1e-12);
  RC_ASSERT(v.reason.find(f.options[c->index].id) == 0u);
  // Kept or not, the chosen is never more than the hysteresis behind.
  RC_ASSERT(v.ordered.front().score <= c->score * 1.05 * (1 + 1e-9));
  for (const auto& r : v.ordered) {
    RC_ASSERT((r.score > 0 && r.score <= 1));
    const double product = std::pow(r.factors.eur_per_mtok, p.weights.cost) *
                           std::pow(r.factors.control, p.weights.control) *
                           std::pow(r.factors.g_per_mtok, p.weights.carbon);
    RC_ASSERT(std::abs(product - r.score) < 1e-9);
  }
}

RC_GTEST_PROP(Flip, the_answer_changes_at_the_flip_weight, ()) {
  const Axes a = some_axes(), b = some_axes();
  const auto w = some_policy().weights;
  const auto flip = flip_weight(a, b, w, Axis::carbon);
  RC_PRE(flip && *flip > 1e-6 && *flip < 1 - 1e-6);
  const auto lead = [&](double carbon) {
    const double rest = (1 - carbon) / (w.cost + w.control);
    const Weights moved{w.cost * rest, w.control * rest, carbon};
    return log_score(a, moved) - log_score(b, moved);
  };
  RC_ASSERT(std::abs(lead(*flip)) < 1e-9);
  RC_ASSERT((lead(*flip * 0.999) > 0) != (lead(*flip + (1 - *flip) * 0.001) > 0));
}

}  // namespace
}  // namespace trine::score::score_property_test
