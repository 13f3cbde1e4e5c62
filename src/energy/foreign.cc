#include "energy/foreign.h"

#include <algorithm>
#include <cmath>

namespace trine::energy {
namespace {

constexpr size_t kMost = 100'000;  // points that wait for the other side: a day of it being silent

bool sane(double tokens) {
  return std::isfinite(tokens) && tokens >= 0;
}
double gain(double before, double now) {
  return now >= before ? now - before : now;  // started again: what it counted since is real
}
EngineTokens minus(const EngineTokens& a, const EngineTokens& b) {
  return {a.prompt - b.prompt, a.generated - b.generated};
}
EngineTokens plus(const EngineTokens& a, const EngineTokens& b) {
  return {a.prompt + b.prompt, a.generated + b.generated};
}

}  // namespace

void ForeignLoad::counted(Wall at, const EngineTokens& totals, size_t engine) {
  if (!sane(totals.prompt) || !sane(totals.generated)) return;
  Engine& e = engines_.at(engine);
  if (e.totals && at <= e.at) return;
  if (e.totals)
    counted_sum_ =
        plus(counted_sum_, {gain(e.totals->prompt, totals.prompt), gain(e.totals->generated, totals.generated)});
  e.totals = totals;
  e.at = at;
  const bool all = std::all_of(engines_.begin(), engines_.end(), [](const Engine& x) { return x.totals.has_value(); });
  if (!all || (!counted_.empty() && at <= counted_.back().at)) return;
  counted_.push_back({at, counted_sum_});
  compare();
}

void ForeignLoad::sent(Wall window_end, const EngineTokens& tokens) {
  ours_sum_ = plus(ours_sum_, tokens);
  ours_.push_back({window_end, ours_sum_});
  compare();
}

// Between two scrapes as if it had worked evenly; nothing outside of them.
std::optional<EngineTokens> ForeignLoad::counted_at(Wall at) const {
  const auto after =
      std::lower_bound(counted_.begin(), counted_.end(), at, [](const Point& p, Wall t) { return p.at < t; });
  if (after == counted_.end()) return std::nullopt;
  if (after->at == at) return after->sum;
  if (after == counted_.begin()) return std::nullopt;
  const Point& before = *std::prev(after);
  const double part = seconds(at - before.at) / seconds(after->at - before.at);
  const EngineTokens between = minus(after->sum, before.sum);
  return plus(before.sum, {between.prompt * part, between.generated * part});
}

void ForeignLoad::compare() {
  while (!ours_.empty() && !counted_.empty()) {
    const Point ours = ours_.front();
    if (ours.at > counted_.back().at) break;
    ours_.pop_front();
    compared_ = ours.at;
    if (ours.at < counted_.front().at) continue;
    const auto counted = counted_at(ours.at);
    const EngineTokens ahead = minus(*counted, ours.sum);
    if (!base_begin_) {
      offset_ = ahead;
      base_begin_ = ours.at;
      base_counted_ = *counted;
      least_ = {};
      continue;
    }
    const EngineTokens more = minus(ahead, offset_);
    if (ours.at - *base_begin_ < options_.base) {
      least_ = {std::min(least_.prompt, more.prompt), std::min(least_.generated, more.generated)};
      continue;
    }
    settle(ours.at, *counted);
    least_ = more;
  }
  // One point at or before everything that is still to come: windows come in order, and late.
  while (counted_.size() > 2 && counted_[1].at <= compared_) counted_.pop_front();
  if (counted_.size() > kMost) counted_.pop_front();
  if (ours_.size() > kMost) ours_.pop_front();
}

void ForeignLoad::settle(Wall at, const EngineTokens& counted) {
  const EngineTokens worked = minus(counted, base_counted_);
  const EngineTokens found{std::max(0.0, least_.prompt - given_.prompt),
                           std::max(0.0, least_.generated - given_.generated)};
  if (found.prompt + found.generated > options_.least * (worked.prompt + worked.generated)) {
    owed_ = found;
    owed_seconds_ = seconds(at - *base_begin_);
  } else {
    owed_ = {};
  }
  base_begin_ = at;
  base_counted_ = counted;
}

std::optional<EngineTokens> ForeignLoad::take(Wall begin, Wall end) {
  const auto silent = [&](const Engine& e) { return !e.totals || end - e.at > options_.silence; };
  if (std::any_of(engines_.begin(), engines_.end(), silent)) return std::nullopt;
  if (owed_.prompt + owed_.generated <= 0 || owed_seconds_ <= 0) return EngineTokens{};
  const double part = std::clamp(seconds(end - begin) / owed_seconds_, 0.0, 1.0);
  const EngineTokens now{owed_.prompt * part, owed_.generated * part};
  owed_ = minus(owed_, now);
  owed_seconds_ *= 1 - part;
  given_ = plus(given_, now);
  return now;
}

}  // namespace trine::energy
