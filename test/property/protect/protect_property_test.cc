#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "protect/local_state.h"

namespace trine::protect::protect_property_test {
namespace {

using namespace std::chrono_literals;

// A token bucket as text books have it, in whole numbers: tokens times the nanoseconds that one takes.
struct Bucket {
  int64_t interval, burst, level, last = 0;
  Bucket(int64_t i, int64_t b) : interval(i), burst(b), level(b) {}
  void fill(int64_t now) {
    level = std::min(burst, level + (now - last));
    last = now;
  }
  bool take(int64_t n, int64_t now) {
    fill(now);
    if (level < n * interval) return false;
    level -= n * interval;
    return true;
  }
  void correct(int64_t taken, int64_t actual, int64_t now) {
    fill(now);
    level += (taken - actual) * interval;  // above the burst until it is looked at again
  }
};

// Rates that divide a minute, so that neither side rounds.
RC_GTEST_PROP(Gcra, IsATokenBucket, ()) {
  const int64_t rate = *rc::gen::element<int64_t>(1, 6, 60, 600, 1000, 60'000);
  const Rate r{rate, std::chrono::seconds(*rc::gen::inRange(1, 120))};
  Bucket bucket(60'000'000'000 / rate, r.burst.count());
  Gcra::Tat tat = 0;
  int64_t now = *rc::gen::inRange<int64_t>(1, 1'000'000'000);
  bucket.last = now;
  const auto steps = *rc::gen::container<std::vector<std::tuple<int64_t, int64_t, int64_t>>>(
      rc::gen::tuple(rc::gen::inRange<int64_t>(0, 20'000'000'000), rc::gen::inRange<int64_t>(0, 2 * rate),
                     rc::gen::inRange<int64_t>(-1, 2 * rate)));
  for (const auto& [wait, n, actual] : steps) {
    now += wait;
    const Mono t{Nanos(now)};
    const bool passes = Gcra::passes(tat, n, r, t);
    RC_ASSERT(passes == bucket.take(n, now));
    if (!passes) continue;
    tat = Gcra::take(tat, n, r, t);
    if (actual < 0) continue;
    tat = Gcra::correct(tat, n, actual, r, t);
    bucket.correct(n, actual, now);
    bucket.level = std::min(bucket.level, bucket.burst);
  }
}

// In any time W at most rate · (burst + W) units pass, whatever comes when.
RC_GTEST_PROP(Gcra, NeverLetsMorePassThanItsBound, ()) {
  const Rate r{*rc::gen::inRange<int64_t>(1, 100'000), std::chrono::milliseconds(*rc::gen::inRange(1000, 100'000))};
  Gcra::Tat tat = 0;
  int64_t now = 1, passed = 0;
  const auto steps = *rc::gen::container<std::vector<std::pair<int64_t, int64_t>>>(
      rc::gen::pair(rc::gen::inRange<int64_t>(0, 3'000'000'000), rc::gen::inRange<int64_t>(0, r.per_minute)));
  for (const auto& [wait, n] : steps) {
    now += wait;
    const Mono t{Nanos(now)};
    if (!Gcra::passes(tat, n, r, t)) continue;
    tat = Gcra::take(tat, n, r, t);
    passed += n;
    RC_ASSERT(static_cast<double>(passed) <=
              static_cast<double>(r.per_minute) * (seconds(r.burst) + static_cast<double>(now) * 1e-9) / 60 + 1e-6);
  }
}

// What requests under way hold: nothing is lost, nothing counted twice, nothing below zero, and the limit is exceeded
// by no more than what calls took beyond their reservations.
RC_GTEST_PROP(Budgets, ConserveWhatIsReservedAndSpent, ()) {
  LocalState state;
  const int64_t limit = *rc::gen::inRange<int64_t>(0, 2000);
  std::vector<BudgetUse> uses;
  for (const Scope s : {Scope::key, Scope::team})
    uses.push_back({.account = &state.budget(s, "x", Unit::carbon, {}), .rule = {}, .scope = s});
  for (auto& u : uses) {
    u.rule.unit = Unit::carbon;
    u.rule.limit = limit;
  }
  uses[1].rule.limit = limit / 2;
  Policy policy;
  for (const auto& u : uses) policy.budgets[policy.budget_count++] = &u;
  const auto of = [](int64_t carbon) {
    Quantities q;
    q.carbon = Carbon::raw(carbon);
    return q;
  };
  const Now now{Mono(1s), *parse_iso8601("2026-11-28T16:00:00Z")};
  struct Running {
    int64_t asked, rest;
  };
  std::vector<Running> running;
  int64_t settled = 0, excess = 0;
  const auto steps = *rc::gen::container<std::vector<std::tuple<int, int64_t, int64_t>>>(
      rc::gen::tuple(rc::gen::inRange(0, 4), rc::gen::inRange<int64_t>(0, 400), rc::gen::inRange<int64_t>(0, 500)));
  const auto end = [&](size_t i) {
    state.finish(policy, of(running[i].asked), of(running[i].rest), of(0), now);
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
  };
  for (const auto& [what, a, b] : steps) {
    if (what <= 1) {
      if (state.reserve(policy, of(a), now).ok()) running.push_back({a, a});
    } else if (!running.empty()) {
      const auto i = static_cast<size_t>(b) % running.size();
      if (what == 2) {  // a call ended
        const int64_t drawn = std::min(a, running[i].rest);
        state.book(policy, of(drawn), of(a), now.wall, now.wall);
        running[i].rest -= drawn;
        settled += a;
        excess += a - drawn;
      } else {
        end(i);
      }
    }
    int64_t held = 0;
    for (const auto& r : running) held += r.rest;
    for (const auto& u : uses) {
      const BudgetView v = u.account->view(now.wall);
      RC_ASSERT(v.spent == settled);
      RC_ASSERT(v.reserved == held);
      RC_ASSERT(v.spent + v.reserved <= u.rule.limit + excess);
    }
  }
  while (!running.empty()) end(0);
  for (const auto& u : uses) {
    RC_ASSERT(u.account->view(now.wall).reserved == 0);
    RC_ASSERT(u.account->view(now.wall).spent == settled);
  }
}

// The sum of a rolling period is that of the last `length`, to a 64th of it, never less.
RC_GTEST_PROP(Budgets, ARollingOneCountsAllOfItsTime, ()) {
  const Period p{.kind = Period::Kind::rolling, .length = 64min};
  BudgetAccount b(p);
  Wall now = from_unix_ns(1'700'000'000'000'000'000);
  std::vector<std::pair<Wall, int64_t>> all;
  const auto steps = *rc::gen::container<std::vector<std::pair<int64_t, int64_t>>>(
      rc::gen::pair(rc::gen::inRange<int64_t>(0, 3000), rc::gen::inRange<int64_t>(0, 1000)));
  for (const auto& [wait, amount] : steps) {
    now += std::chrono::seconds(wait);
    b.book(amount, now, now);
    all.emplace_back(now, amount);
    int64_t least = 0, most = 0;
    for (const auto& [at, a] : all) {
      if (at > now - p.length) least += a;
      if (at > now - p.length - p.length / 64) most += a;
    }
    const int64_t spent = b.view(now).spent;
    RC_ASSERT(spent >= least && spent <= most);
  }
}

// Periods follow each other without a gap, and every moment is in its own.
RC_GTEST_PROP(Periods, CoverTimeWithoutGaps, ()) {
  const Period p{.kind = *rc::gen::element(Period::Kind::day, Period::Kind::month),
                 .offset_from_utc = std::chrono::minutes(*rc::gen::inRange(-14 * 60, 14 * 60))};
  const Wall t = from_unix_ns(*rc::gen::inRange<int64_t>(0, 4'000'000'000) * 1'000'000'000);
  const Span s = span_of(p, t);
  RC_ASSERT(s.begin <= t && t < s.end);
  RC_ASSERT(span_of(p, s.end).begin == s.end);
  RC_ASSERT(span_of(p, s.begin - Nanos(1)).end == s.begin);
}

}  // namespace
}  // namespace trine::protect::protect_property_test
