// A route's deployments kept from request to request: billed anew only when something changed, sampled when many.
#include "score/slate.h"

#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "base/hash.h"

namespace trine::score::slate_test {
namespace {

const Mono kNow{Nanos(1'000'000'000)};

// Deployments by the token: the i-th costs `price(i)`.
class Shop final : public Market {
 public:
  explicit Shop(size_t n, const Slo& slo = {}, uint64_t seed = 7)
      : prices(n, 1), nows(n), slate(entries(n), slo, seed) {}

  Now now(size_t i) override { return nows[i]; }
  Tariff tariff(size_t i, uint32_t running) override {
    ++tariffs;
    const energy::OwnHardware hw{
        {1, 150, 1.2, 0.08}, {{0.07, 3.2}, 0.03, 0.0024, 0}, 0.3, {164, 700, 3}, {euros(2), Money()}};
    Tariff t(hw, {}, {100, 0.08, true}, running);
    t.sell({euros(prices[i]), euros(prices[i] / 10), euros(prices[i]), {}, 1});
    return t;
  }
  Lateness::Outlook outlook(size_t, double batch) override { return Lateness().outlook(batch, kNow); }

  std::optional<Choice> choose(uint64_t prefix = 0, std::span<const Cached> cached = {}, uint64_t incumbent = 0) {
    last.emplace(Ask{.shape = {1000, 0, 100},
                     .policy = {.weights = {1, 0, 0}},
                     .need = need,
                     .cached = cached,
                     .prefix = prefix,
                     .incumbent = incumbent,
                     .now = kNow});
    return slate.choose(*last, *this);
  }
  uint64_t place(size_t i) const { return slate.options()[i].place; }

  std::vector<double> prices;
  std::vector<Market::Now> nows;
  int tariffs = 0;
  Need need;
  std::optional<Ask> last;
  std::deque<std::string> names;
  Slate slate;

 private:
  std::vector<Slate::Entry> entries(size_t n) {
    std::vector<Slate::Entry> all(n);
    for (size_t i = 0; i < n; ++i) {
      all[i].option.id = names.emplace_back("d" + std::to_string(i));
      all[i].option.place = hash64(names.back()) | 1;
      all[i].option.figures = Axes{1, 1, 1};
    }
    return all;
  }
};

TEST(Slate, asks_for_a_tariff_again_only_when_batch_or_grid_changed) {
  Shop s(3);
  s.choose();
  EXPECT_EQ(s.tariffs, 3);
  s.choose();
  EXPECT_EQ(s.tariffs, 3);
  s.nows[1].running = 2;
  s.choose();
  EXPECT_EQ(s.tariffs, 4);
  s.nows[2].g_per_kwh = 300;
  s.choose();
  EXPECT_EQ(s.tariffs, 5);
}

TEST(Slate, bills_the_chosen_with_its_cached_part) {
  Shop s(2);
  s.prices[1] = 1.5;
  const std::array cached = {Cached{s.place(1), 900}};
  const auto c = s.choose(0, cached);
  ASSERT_TRUE(c);
  EXPECT_EQ(c->index, 1u);
  EXPECT_EQ(c->by, Decider::affinity);
  EXPECT_NEAR(s.slate.bill(*c, *s.last).eur_per_mtok, 1.5 * (100 + 90 + 100) / 1100, 1e-9);
  const std::array elsewhere = {Cached{12345, 900}};
  EXPECT_EQ(s.choose(0, elsewhere)->index, 0u) << "a place that is not on the slate";
}

TEST(Slate, one_that_was_tried_is_not_chosen_again) {
  Shop s(2);
  s.prices[1] = 2;
  s.nows[0].tried = true;
  EXPECT_EQ(s.choose()->index, 1u);
  s.nows[1].tried = true;
  EXPECT_FALSE(s.choose());
}

TEST(Slate, of_a_thousand_it_finds_one_of_the_best_by_chance_but_reproducibly) {
  Shop s(1000), same(1000), other(1000, {}, 8);
  for (size_t i = 0; i < 1000; ++i) s.prices[i] = same.prices[i] = other.prices[i] = 1 + static_cast<double>(i);
  size_t good = 0, differs = 0;
  for (int i = 0; i < 200; ++i) {
    const size_t chosen = s.choose()->index;
    good += chosen < 50;
    EXPECT_EQ(same.choose()->index, chosen);
    differs += other.choose()->index != chosen;
  }
  EXPECT_GT(good, 180u) << "the best 5 % in 96 of 100 draws";
  EXPECT_GT(differs, 100u);
}

TEST(Slate, of_a_thousand_a_prefix_keeps_meeting_the_same) {
  Shop s(1000), fewer(999);
  std::set<size_t> homes;
  size_t moved = 0;
  for (uint64_t p = 1; p <= 300; ++p) {
    const auto c = s.choose(mix64(p));
    EXPECT_EQ(c->by, Decider::affinity);
    EXPECT_EQ(s.choose(mix64(p))->index, c->index);
    homes.insert(c->index);
    moved += fewer.choose(mix64(p))->index != c->index;
  }
  EXPECT_GT(homes.size(), 200u) << "prefixes are spread";
  EXPECT_LT(moved, 5u) << "the last of a thousand left: three in a thousand at most moved, and here are 300";
}

TEST(Slate, of_a_thousand_holder_and_incumbent_are_always_looked_at) {
  Shop s(1000);
  for (size_t i = 0; i < 1000; ++i) s.prices[i] = 2;
  const std::array cached = {Cached{s.place(777), 900}};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(s.choose(0, cached)->index, 777u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(s.choose(0, {}, s.place(555))->index, 555u);
}

TEST(Slate, where_none_of_the_sample_may_serve_all_are_looked_at) {
  Shop s(1000);
  for (auto& n : s.nows) n.healthy = false;
  s.nows[321].healthy = true;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(s.choose()->index, 321u);
  s.nows[321].healthy = false;
  EXPECT_FALSE(s.choose());
}

}  // namespace
}  // namespace trine::score::slate_test
