// What decides beside the score: prefixes, sessions, incumbents, promises; and the tables behind them.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "score/affinity.h"
#include "score/prefix_table.h"
#include "score/recent.h"
#include "score/slate.h"

namespace trine::score::router_test {
namespace {

using namespace std::chrono_literals;
const Policy kByCost{.weights = {1, 0, 0}};
const Mono kNow{Nanos(1'000'000'000)};

Option option(std::string_view id, double eur, uint32_t running = 0) {
  Option o;
  o.id = id;
  o.place = hash64(id) | 1;
  o.figures = Axes{eur, 1, 1};
  o.running = running;
  return o;
}
std::string_view chosen(const std::vector<Option>& o, const Favour& favour = {}, const Policy& policy = kByCost) {
  const auto c = choose(o, policy, {}, favour);
  return c ? o[c->index].id : "nobody";
}
Decider decider(const std::vector<Option>& o, const Favour& favour = {}, const Policy& policy = kByCost) {
  return choose(o, policy, {}, favour)->by;
}

TEST(Affinity, a_cached_prompt_wins_by_what_it_saves_and_by_no_more) {
  std::vector<Option> o = {option("a", 1.00), option("b", 1.10)};
  o[1].ln_cached = std::log(1.2);
  EXPECT_EQ(chosen(o), "b");
  EXPECT_EQ(decider(o), Decider::affinity);
  o[1].ln_cached = std::log(1.05);
  EXPECT_EQ(chosen(o), "a") << "5 % off a bill that is 10 % higher";
  EXPECT_EQ(decider(o), Decider::score);
}

TEST(Affinity, a_holder_with_more_than_its_bound_has_no_discount) {
  std::vector<Option> o = {option("a", 1, 0), option("b", 1, 1)};
  o[1].ln_cached = 1;
  EXPECT_EQ(chosen(o), "b");
  o[1].running = 3;
  EXPECT_EQ(chosen(o), "b") << "four never crowd";
  o[1].running = 4;
  const auto c = choose(o, kByCost, {});
  EXPECT_EQ(o[c->index].id, "a");
  EXPECT_FALSE(c->cached);
}

TEST(Affinity, equals_are_told_apart_by_the_prefix_which_spills_over_the_bound) {
  std::vector<Option> o = {option("a", 1), option("b", 1), option("c", 1)};
  const Favour prefix{.prefix = 42};
  const auto home = chosen(o, prefix);
  EXPECT_EQ(decider(o, prefix), Decider::affinity);
  std::reverse(o.begin(), o.end());
  EXPECT_EQ(chosen(o, prefix), home) << "wherever it stands in the list";
  for (Option& x : o)
    if (x.id == home) x.running = 6;
  const auto next = chosen(o, prefix);
  EXPECT_NE(next, home);
  for (Option& x : o)
    if (x.id == home) x.healthy = false;
  EXPECT_EQ(chosen(o, prefix), next) << "the second place is the same whatever took the first";
}

TEST(Affinity, without_a_prefix_equals_go_by_marginal_joules) {
  std::vector<Option> o = {option("a", 1), option("b", 1)};
  o[0].marginal_joules = 3;
  EXPECT_EQ(chosen(o), "b");
  EXPECT_EQ(decider(o), Decider::marginal);
}

TEST(Sticky, a_session_stays_whatever_the_score_but_not_whatever_the_constraint) {
  std::vector<Option> o = {option("a", 1), option("b", 3)};
  const Favour pinned{.pinned = 1};
  EXPECT_EQ(chosen(o, pinned), "b");
  EXPECT_EQ(decider(o, pinned), Decider::sticky);
  o[1].healthy = false;
  EXPECT_EQ(chosen(o, pinned), "a");
  o[1].healthy = true;
  o[1].slo_miss = 0.95;
  EXPECT_EQ(chosen(o, pinned), "a");
}

TEST(Hysteresis, a_crowded_incumbent_among_equals_has_no_seat) {
  std::vector<Option> o = {option("a", 1.00, 0), option("b", 1.02, 1)};
  const Favour b{.incumbent = 1};
  EXPECT_EQ(chosen(o, b), "b");
  EXPECT_EQ(decider(o, b), Decider::hysteresis);
  o[1].running = 9;
  EXPECT_EQ(chosen(o, b), "a");
}

TEST(Promise, who_may_be_late_is_worth_less_and_who_will_be_is_out) {
  std::vector<Option> o = {option("a", 1.0), option("b", 1.3)};
  EXPECT_EQ(chosen(o), "a");
  o[0].slo_miss = 0.05;
  EXPECT_EQ(chosen(o), "a") << "one in twenty may miss a p95";
  o[0].slo_miss = 0.3;  // 0.95 / 0.7 = 1.36 times the price
  EXPECT_EQ(chosen(o), "b");
  EXPECT_EQ(decider(o), Decider::slo);
  o[0].slo_miss = 0.95;
  o[0].slo_over = 2.5;
  EXPECT_EQ(unfit(o[0], {}), Unfit::slo);
  EXPECT_EQ(explain(Unfit::slo, o[0], {}),
            "95 % of such requests would miss the SLO; the time expected is 2.5 times what it allows");
}

TEST(Promise, where_all_will_be_late_the_least_late_serves_unless_that_is_forbidden) {
  std::vector<Option> o = {option("a", 1.0), option("b", 1.3), option("c", 1)};
  for (Option& x : o) x.slo_miss = 0.99;
  o[0].slo_over = 2;
  o[1].slo_over = 1.5;
  o[2].slo_over = 1.2;
  o[2].healthy = false;
  EXPECT_EQ(chosen(o), "b");
  EXPECT_EQ(decider(o), Decider::late);
  Policy strict = kByCost;
  strict.strict_slo = true;
  EXPECT_EQ(chosen(o, {}, strict), "nobody");
}

TEST(LoadBound, is_a_quarter_over_the_mean) {
  EXPECT_EQ(load_bound(17, 4), 6u);  // 18 / 4 = 4.5; 5.6
  EXPECT_EQ(load_bound(399, 4), 125u);
  EXPECT_EQ(load_bound(7, 4), kNeverCrowded);
  EXPECT_EQ(load_bound(5, 0), kNeverCrowded);
}

TEST(Lateness, an_unknown_deployment_is_as_its_model_says_give_or_take) {
  const Lateness fresh;
  const auto g = fresh.outlook(4, kNow).ttft;
  EXPECT_NEAR(g.beyond(1, 1), 0.5, 1e-9);
  EXPECT_LT(g.beyond(0.5, 1), 0.05);
  EXPECT_GT(g.beyond(2, 1), 0.95);
  EXPECT_EQ(g.beyond(1, 0), 0) << "no limit";
}

TEST(Lateness, learns_by_batch_and_forgets_with_time) {
  Lateness l;
  for (int i = 0; i < 40; ++i) l.saw({0.5, 0.02}, 1.5, 0.02, 32, kNow);
  const auto busy = l.outlook(32, kNow);
  EXPECT_NEAR(busy.ttft.factor, 3, 0.4) << "three times as late as the model says";
  EXPECT_NEAR(busy.tpot.factor, 1, 0.01);
  EXPECT_GT(busy.ttft.beyond(0.5, 1), 0.9);
  for (int i = 0; i < 40; ++i) l.saw({0.5, 0.02}, 0.5, 0.02, 1, kNow);
  EXPECT_LT(l.outlook(1, kNow).ttft.factor, 1.2) << "an idle one is not late";
  EXPECT_GT(l.outlook(32, kNow).ttft.factor, 2.4);
  EXPECT_NEAR(l.outlook(32, kNow + 30min).ttft.factor, 1, 0.01) << "nobody has called it for half an hour";
  l.saw({0.5, 0.02}, -1, std::nan(""), 1, kNow);
  l.saw({0, 0}, 1, 1, 1, kNow);
  EXPECT_TRUE(std::isfinite(l.outlook(1, kNow).tpot.mean));
}

TEST(RecentTable, forgets_after_its_time_and_never_grows) {
  RecentTable t(64);
  EXPECT_FALSE(t.find(7, kNow, 1min));
  t.put(7, 70, kNow);
  EXPECT_EQ(t.find(7, kNow + 59s, 1min), 70u);
  EXPECT_FALSE(t.find(7, kNow + 60s, 1min));
  t.put(7, 71, kNow + 10s);
  EXPECT_EQ(t.find(7, kNow + 60s, 1min), 71u);
  for (uint64_t k = 100; k < 10'000; ++k) t.put(k, k, kNow + 20s);
  size_t kept = 0;
  for (uint64_t k = 100; k < 10'000; ++k) kept += t.find(k, kNow + 20s, 1min).has_value();
  EXPECT_LE(kept, 64u);
  EXPECT_GE(kept, 48u);
}

TEST(PrefixTable, finds_the_longest_beginning_of_each_holder) {
  PrefixTable t(256);
  const std::vector<uint64_t> long_one = {1, 2, 3, 4}, forked = {1, 2, 30, 40};
  t.put(long_one, 100, kNow);
  t.put(forked, 200, kNow);
  const auto f = t.find(long_one, kNow + 1s);
  ASSERT_EQ(f.n, 2u);
  EXPECT_EQ(f.held[0].place, 100u);
  EXPECT_EQ(f.held[0].cuts, 4u);
  EXPECT_EQ(f.held[1].place, 200u);
  EXPECT_EQ(f.held[1].cuts, 2u);
  EXPECT_EQ(t.find(long_one, kNow + PrefixTable::kTtl).n, 0u);
  EXPECT_EQ(t.find({}, kNow).n, 0u);
}

TEST(PrefixTable, keeps_the_latest_holders_of_a_beginning) {
  PrefixTable t(256);
  const std::vector<uint64_t> cuts = {5};
  for (uint64_t place = 1; place <= 5; ++place) t.put(cuts, place, kNow + std::chrono::seconds(place));
  const auto f = t.find(cuts, kNow + 6s);
  ASSERT_EQ(f.n, PrefixTable::kHolders);
  for (size_t i = 0; i < f.n; ++i) EXPECT_GE(f.held[i].place, 3u);
}

TEST(Weights, of_a_header_are_read_strictly) {
  const auto w = parse_weights("carbon=0.5, cost=0.3,control=0.2");
  ASSERT_TRUE(w);
  EXPECT_NEAR(w->cost, 0.3, 1e-12);
  EXPECT_NEAR(w->carbon, 0.5, 1e-12);
  EXPECT_EQ(parse_weights("cost=1")->carbon, 0);
  EXPECT_NE(parse_weights("cost=0.5,carbon=0.4").error().message.find("sum to 0.9, not to 1"), std::string::npos);
  EXPECT_NE(parse_weights("cost=0.5,cost=0.5").error().message.find("twice"), std::string::npos);
  for (const char* bad : {"", "cost", "cost=", "cost=x", "cost=-1,carbon=2", "cost=nan", "cost=1,", "speed=1",
                          "cost=1e9", "cost=0.5;carbon=0.5", "=1"})
    EXPECT_FALSE(parse_weights(bad)) << bad;
}

TEST(QuickLn, is_ln) {
  for (double x = 1e-290; x < 1e290; x *= 1.37)
    ASSERT_NEAR(quick_ln(x), std::log(x), 1e-10 * std::max(1.0, std::abs(std::log(x))));
  EXPECT_NEAR(quick_ln(1), 0, 1e-15);
}

}  // namespace
}  // namespace trine::score::router_test
