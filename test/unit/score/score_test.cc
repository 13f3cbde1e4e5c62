#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "score/control.h"
#include "score/flip.h"
#include "score/quote.h"
#include "score/rank.h"

namespace trine::score::score_test {
namespace {

Option option(std::string_view id, double eur, double g, double control = 0.9) {
  Option o;
  o.id = id;
  o.figures = Axes{eur, g, control};
  return o;
}

TEST(Choose, takes_the_highest_weighted_product) {
  const std::vector<Option> o = {option("fr-4090", 0.56, 60), option("de-a100", 0.50, 102)};
  const auto c = choose(o, {}, {});
  ASSERT_TRUE(c);
  EXPECT_EQ(o[c->index].id, "fr-4090");
  EXPECT_NEAR(c->score, std::cbrt(0.50 / 0.56), 1e-12);
  const auto by_cost = choose(o, {*make_weights(1, 0, 0)}, {});
  EXPECT_EQ(o[by_cost->index].id, "de-a100");
  EXPECT_EQ(by_cost->score, 1);
}

TEST(Choose, nobody_is_chosen_where_nobody_may_serve) {
  auto o = option("a", 1, 1);
  o.healthy = false;
  EXPECT_FALSE(choose(std::vector{o}, {}, {}));
  EXPECT_FALSE(choose({}, {}, {}));
}

TEST(Choose, the_incumbent_stays_within_five_percent) {
  const Policy by_cost{*make_weights(1, 0, 0)};
  const std::vector<Option> near = {option("old", 1.04, 1), option("new", 1, 1)};
  const Favour old{.incumbent = 0};
  const auto kept = choose(near, by_cost, {}, old);
  EXPECT_EQ(near[kept->index].id, "old");
  EXPECT_EQ(kept->by, Decider::hysteresis);
  const std::vector<Option> far = {option("old", 1.06, 1), option("new", 1, 1)};
  EXPECT_EQ(far[choose(far, by_cost, {}, old)->index].id, "new");
  auto sick = near;
  sick[0].healthy = false;
  EXPECT_EQ(choose(sick, by_cost, {}, old)->index, 1u) << "an incumbent that cannot serve has no seat";
}

TEST(Choose, a_tie_goes_to_fewer_marginal_joules_then_to_the_lower_id) {
  std::vector<Option> o = {option("c", 1, 1), option("b", 1, 1), option("a", 1, 1)};
  o[0].marginal_joules = 3.2;
  o[1].marginal_joules = 0.07;  // its batch is awake
  o[2].marginal_joules = 3.2;
  const auto c = choose(o, {}, {});
  EXPECT_EQ(c->index, 1u);
  EXPECT_EQ(c->by, Decider::marginal);
  o[1].healthy = false;
  EXPECT_EQ(choose(o, {}, {})->index, 2u);
  EXPECT_EQ(choose(o, {}, {})->by, Decider::score);
}

TEST(Constraints, each_refuses_with_its_own_sentence) {
  const std::vector<std::string_view> fr = {"FR"}, eu = {"EU"};
  Need need;
  need.zones = fr;
  need.jurisdictions = eu;
  need.context = 12000;
  need.max_ttft_s = 1;
  need.max_tpot_s = 0.05;
  need.min_control = 0.5;
  Option good = option("x", 1, 1);
  good.zone = "FR";
  good.jurisdiction = "EU";
  ASSERT_EQ(unfit(good, need), Unfit::no);
  struct Case {
    Unfit reason;
    void (*spoil)(Option&);
    const char* says;
  };
  const Case cases[] = {
      {Unfit::banned, [](Option& o) { o.banned = true; }, "banned"},
      {Unfit::unhealthy, [](Option& o) { o.healthy = false; }, "unhealthy"},
      {Unfit::endpoint, [](Option& o) { o.endpoints = bit(Endpoint::embeddings); }, "endpoint"},
      {Unfit::zone, [](Option& o) { o.zone = "DE"; }, "zone DE"},
      {Unfit::jurisdiction, [](Option& o) { o.jurisdiction = "US"; }, "jurisdiction US"},
      {Unfit::licence, [](Option& o) { o.licensed = false; }, "licence"},
      {Unfit::memory, [](Option& o) { o.fits_memory = false; }, "memory"},
      {Unfit::context, [](Option& o) { o.context_limit = 8192; }, "8192 tokens is under the 12000"},
      {Unfit::control,
       [](Option& o) {
         o.figures = Axes{1, 1, 0.4};
       },
       "0.40 is under the 0.50"},
      {Unfit::slo, [](Option& o) { o.ttft_p95_s = 2; }, "first token 2.00 s is over 1.00 s"},
      {Unfit::slo, [](Option& o) { o.tpot_p95_s = 0.08; }, "80 ms is over 50 ms"},
      {Unfit::quota, [](Option& o) { o.quota_left = false; }, "quota"},
      {Unfit::busy, [](Option& o) { o.running = o.max_running = 8; }, "8 of 8"},
      {Unfit::figures,
       [](Option& o) {
         o.figures = Axes{0, 1, 0.9};
       },
       "cost must be over 0"},
      {Unfit::figures,
       [](Option& o) {
         o.figures = Axes{1, -2, 0.9};
       },
       "carbon must be over 0"},
      {Unfit::figures,
       [](Option& o) {
         o.figures = Axes{1, std::nan(""), 0.9};
       },
       "carbon must be over 0"},
      {Unfit::figures,
       [](Option& o) {
         o.figures = Axes{1, 1, 0.05};
       },
       "control must be from 0.1"},
      {Unfit::figures, [](Option& o) { o.figures = {}; }, "price is missing"},
  };
  for (const auto& c : cases) {
    Option o = good;
    c.spoil(o);
    EXPECT_EQ(unfit(o, need), c.reason) << c.says;
    EXPECT_NE(explain(c.reason, o, need).find(c.says), std::string::npos) << explain(c.reason, o, need);
    const auto v = rank(std::vector{o}, {}, need);
    EXPECT_FALSE(v.choice);
    ASSERT_EQ(v.rejected.size(), 1u);
    EXPECT_EQ(v.rejected[0].reason, c.reason);
  }
}

TEST(Rank, says_in_one_line_why) {
  std::vector<Option> o = {option("de-a100", 0.50, 102), option("fr-4090", 0.56, 60)};
  EXPECT_EQ(rank(o, {}, {}).reason, "fr-4090: score 0.96; 41 % cleaner than de-a100, 12 % dearer");
  o[0].figures = Axes{2, 300, 0.5};
  EXPECT_EQ(rank(o, {}, {}).reason, "fr-4090: score 1.00; 80 % cleaner than de-a100, 72 % cheaper, 80 % more control");
  EXPECT_EQ(compare(o[0], o[1]), "44 % less control than fr-4090, 3.6x dearer, 5.0x dirtier");
  o[0].healthy = false;
  EXPECT_EQ(rank(o, {}, {}).reason, "fr-4090: score 1.00; the only one that may serve (de-a100: unhealthy)");
  o[1].banned = true;
  EXPECT_EQ(rank(o, {}, {}).reason, "none may serve (de-a100: unhealthy; fr-4090: banned)");
  EXPECT_EQ(rank({}, {}, {}).reason, "no deployment is configured for this model");
}

TEST(Rank, tells_of_ties_and_of_hysteresis) {
  std::vector<Option> o = {option("a", 1, 1), option("b", 1, 1)};
  o[0].marginal_joules = 3.2;
  o[1].marginal_joules = 0.07;
  EXPECT_EQ(rank(o, {}, {}).reason, "b: score 1.00; as good as a; a tie, 0.07 J a token more against 3.2");
  EXPECT_EQ(rank(o, {}, {}).ordered.front().index, 1u);
  o = {option("a", 1.03, 1), option("b", 1, 1)};
  EXPECT_EQ(rank(o, {*make_weights(1, 0, 0)}, {}, "a").reason,
            "a: score 0.97; 3 % dearer than b; kept, b is not enough better to move");
}

TEST(Rank, shows_each_axis_beside_the_score) {
  const std::vector<Option> o = {option("a", 1, 40, 0.5), option("b", 2, 10, 1)};
  const auto v = rank(o, {}, {});
  ASSERT_EQ(v.ordered.size(), 2u);
  EXPECT_EQ(o[v.ordered[0].index].id, "b");
  EXPECT_NEAR(v.ordered[0].factors.eur_per_mtok, 0.5, 1e-12);
  EXPECT_NEAR(v.ordered[1].factors.g_per_mtok, 0.25, 1e-12);
  EXPECT_NEAR(v.ordered[1].factors.control, 0.5, 1e-12);
  EXPECT_NEAR(v.ordered[1].score, std::cbrt(0.125), 1e-12);
}

TEST(Weights, are_scaled_to_one_and_refused_when_senseless) {
  const auto w = make_weights(2, 1, 1);
  ASSERT_TRUE(w);
  EXPECT_EQ(w->cost, 0.5);
  EXPECT_FALSE(make_weights(0, 0, 0));
  EXPECT_FALSE(make_weights(-1, 1, 1));
  EXPECT_FALSE(make_weights(std::nan(""), 1, 1));
}

TEST(Flip, at_the_flip_weight_both_score_alike) {
  const Axes a{0.56, 60, 0.8}, b{0.50, 102, 0.9};
  const Weights w = *make_weights(0.3, 0.2, 0.5);
  const auto flip = flip_weight(a, b, w, Axis::carbon);
  ASSERT_TRUE(flip);
  const double rest = (1 - *flip) / (w.cost + w.control);
  const Weights moved{w.cost * rest, w.control * rest, *flip};
  EXPECT_NEAR(log_score(a, moved), log_score(b, moved), 1e-12);
  EXPECT_FALSE(flip_weight({1, 1, 1}, {2, 2, 0.5}, w, Axis::cost)) << "no weight helps one that is worse everywhere";
  EXPECT_FALSE(flip_weight(a, b, {1, 0, 0}, Axis::cost)) << "the others have no ratio to keep";
}

TEST(Flip, at_the_flip_factor_both_score_alike) {
  const Axes a{0.56, 60, 0.8}, b{0.50, 102, 0.9};
  const Weights w = *make_weights(0.3, 0.2, 0.5);
  Axes x = a;
  x.g_per_mtok *= *flip_factor(a, b, w, Axis::carbon);
  EXPECT_NEAR(log_score(x, w), log_score(b, w), 1e-12);
  x = a;
  x.control *= *flip_factor(a, b, w, Axis::control);
  EXPECT_NEAR(log_score(x, w), log_score(b, w), 1e-12);
  EXPECT_FALSE(flip_factor(a, b, {1, 0, 0}, Axis::carbon));
}

TEST(Flip, the_carbon_price_that_makes_the_cleaner_one_worth_it) {
  const Axes clean{0.56, 60, 1}, cheap{0.50, 102, 1};
  EXPECT_NEAR(*swap_eur_per_kg(clean, cheap), 0.06 / 0.042, 1e-9);
  EXPECT_NEAR(*swap_eur_per_kg(cheap, clean), 0.06 / 0.042, 1e-9);
  EXPECT_FALSE(swap_eur_per_kg({1, 1, 1}, {2, 2, 1}));
}

TEST(Quote, is_what_the_request_would_be_settled_at_with_one_more_running) {
  const energy::OwnHardware hw{
      {1, 150, 1.2, 0.08}, {{0.07, 3.2}, 0.03, 0.0024, 0}, 0.3, {164, 700, 3}, {euros(3.6), Money()}};
  const Speed speed{0.01, 0.001, 4000};
  const Shape shape{4000, 2000, 100};
  const auto q = quote(hw, speed, {56, 0.08, true}, 3, shape);
  const double s = 0.5 + 100 * 0.014;
  EXPECT_NEAR(q.seconds, s, 1e-9);
  EXPECT_NEAR(q.eur_per_mtok, 3.6 / 3600 * s / 4 / 4100 * 1e6, 1e-4);
  const double gpu = 2000 * 0.03 + 2000 * 0.0024 + 100 * (0.07 + 0.8);
  EXPECT_NEAR(q.joules_per_token, 1.2 * (gpu + 150 * s / 4) / 4100, 1e-6);
  EXPECT_DOUBLE_EQ(q.marginal_joules, 0.07) << "joins a busy batch";
  EXPECT_DOUBLE_EQ(quote(hw, speed, {56, 0.08, true}, 0, shape).marginal_joules, 3.27) << "wakes an idle card";
  EXPECT_LT(quote(hw, speed, {56, 0.08, true}, 20, shape).eur_per_mtok, q.eur_per_mtok) << "a fuller batch is cheaper";
}

TEST(Quote, of_a_vendor_is_its_price) {
  energy::VendorModel m;
  m.active_b = m.total_b = 20;
  const energy::VendorPrice price{euros(0.15), euros(0.075), euros(0.6), {}, 1};
  const auto q = quote_vendor(m, price, {400, 0.35, false}, {1000, 0, 1000});
  ASSERT_TRUE(q);
  EXPECT_NEAR(q->eur_per_mtok, 0.375, 1e-9);
  EXPECT_GT(q->g_per_mtok, 0);
  EXPECT_FALSE(quote_vendor({}, price, {400, 0.35, false}, {1000, 0, 1000}));
}

TEST(Control, is_the_product_of_the_facts) {
  const std::map<std::string, std::string> own = {
      {"operator", "own"},      {"jurisdiction", "home"}, {"residency", "guaranteed"},
      {"tenancy", "dedicated"}, {"keys", "own"},          {"weights", "custom"},
      {"tuning", "full"},       {"ecc", "yes"},           {"licence", "unrestricted"},
      {"exit", "days"}};
  EXPECT_EQ(control(own)->value, 1);
  auto rented = own;
  rented["operator"] = "provider";
  rented["ecc"] = "no";
  EXPECT_NEAR(control(rented)->value, 0.81, 1e-12);
}

TEST(Control, a_fact_that_nobody_gave_counts_at_its_lowest_and_the_floor_shows) {
  const auto none = control({});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->value, kControlFloor);
  EXPECT_LT(none->product, kControlFloor);
  EXPECT_EQ(none->missing.size(), 10u);
}

TEST(Control, a_misspelt_fact_or_value_is_refused_with_the_right_name) {
  EXPECT_NE(control({{"tennancy", "shared"}}).error().message.find("did you mean \"tenancy\""), std::string::npos);
  EXPECT_NE(control({{"tenancy", "sharred"}}).error().message.find("did you mean \"shared\""), std::string::npos);
}

TEST(Control, every_factor_lies_between_a_half_and_one_and_the_best_is_one) {
  std::map<std::string_view, double> best;
  for (const auto& line : control_rubric()) {
    EXPECT_GE(line.factor, 0.5) << line.fact;
    EXPECT_LE(line.factor, 1) << line.fact;
    best[line.fact] = std::max(best[line.fact], line.factor);
  }
  for (const auto& [fact, factor] : best) EXPECT_EQ(factor, 1) << fact;
}

TEST(Control, the_page_in_the_docs_is_the_rubric) {
  std::ifstream file(TRINE_SOURCE_DIR "/docs/control-rubric.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), control_rubric_page()) << "write control_rubric_page() to docs/control-rubric.md";
}

}  // namespace
}  // namespace trine::score::score_test
