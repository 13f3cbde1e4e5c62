#include "protect/abuse.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace trine::protect {
namespace {

constexpr double kSameTemplate = 0.7;  // share of shingles: an attack with another payload
constexpr double kRephrased = 0.3;     // the same intent in other words, at least
constexpr Nanos kRephraseWithin = std::chrono::minutes(2);
constexpr Nanos kQuarter = std::chrono::minutes(15);
constexpr size_t kReasons = 5;
constexpr int kLeastQuarters = 4;  // an hour of history before growth means anything
constexpr int kMostDoublings = 6;
constexpr double kMostSum = 1000;

int64_t quarter_of(Wall t) {
  return t.time_since_epoch() / kQuarter;
}

// The sum at which a level begins.
double mark(const AbusePolicy& p, WatchLevel level) {
  switch (level) {
    case WatchLevel::none:
      return 0;
    case WatchLevel::flagged:
      return p.flag_at;
    case WatchLevel::slowed:
      return p.slow_at;
    case WatchLevel::suspended:
      return p.suspend_at;
  }
  return 0;
}

WatchLevel level_of(const AbusePolicy& p, double sum) {
  if (sum >= p.suspend_at) return WatchLevel::suspended;
  if (sum >= p.slow_at) return WatchLevel::slowed;
  return sum >= p.flag_at ? WatchLevel::flagged : WatchLevel::none;
}

std::string because(const std::vector<std::string>& reasons) {
  std::string out;
  for (const std::string& r : reasons) out += (out.empty() ? "" : ", ") + r;
  return out;
}

void add_reason(std::vector<std::string>& reasons, std::string text) {
  const auto same = std::find(reasons.begin(), reasons.end(), text);
  if (same != reasons.end()) reasons.erase(same);
  reasons.push_back(std::move(text));
  if (reasons.size() > kReasons) reasons.erase(reasons.begin());
}

}  // namespace

const char* name(Signal s) {
  static constexpr std::array<const char*, kSignals> kNames = {
      "refused",   "unknown model",  "limited",     "guard flag",   "guard block", "template seen",
      "rephrased", "many addresses", "many agents", "token growth", "unknown key"};
  return kNames[static_cast<size_t>(s)];
}

const char* name(WatchLevel level) {
  static constexpr std::array<const char*, 4> kNames = {"none", "flagged", "slowed", "suspended"};
  return kNames[static_cast<size_t>(level)];
}

std::optional<WatchLevel> parse_level(std::string_view text) {
  for (const WatchLevel l : {WatchLevel::none, WatchLevel::flagged, WatchLevel::slowed, WatchLevel::suspended})
    if (text == name(l)) return l;
  return std::nullopt;
}

void AbuseWatch::decay(Key& k, Wall now) const {
  if (now <= k.updated) return;  // a clock that went back takes nothing away and adds nothing
  k.sum *= std::exp2(-seconds(now - k.updated) / seconds(policy_.half_life));
  k.updated = now;
}

// How many times its usual tokens this quarter of an hour has; 0 while that means nothing.
double AbuseWatch::growth_of(Key& k, double tokens, Wall now) const {
  const int64_t q = quarter_of(now);
  if (q > k.quarter) {
    // A quarter without requests tells nothing of how many tokens are usual.
    if (k.quarter > 0 && k.tokens_now > 0) {
      k.tokens_usual += (k.tokens_now - k.tokens_usual) / std::min(++k.quarters, 96);  // about a day's worth
    }
    k.tokens_now = 0;
    k.quarter = q;
    k.growth_told = false;
  }
  k.tokens_now += tokens;
  if (k.quarters < kLeastQuarters || k.tokens_now < policy_.growth_floor || !(k.tokens_usual > 0)) return 0;
  return k.tokens_now / k.tokens_usual;
}

// What the request says beside its own signal; each adds its points.
void AbuseWatch::learn(Key& k, const Observation& o) {
  const auto add = [&](Signal s, std::string reason, uint32_t times = 1) {
    // More than several suspensions' worth would only make it take longer to be forgotten.
    k.sum = std::max(k.sum, std::min(k.sum + times * policy_.points[static_cast<size_t>(s)], kMostSum));
    k.counts[static_cast<size_t>(s)] += times;
    add_reason(k.reasons, std::move(reason));
  };
  const auto count_in = [&](Distinct& seen, uint64_t hash, int most, Signal s, const char* what) {
    if (hash == 0) return;
    const int had = seen.count(o.at);
    seen.add(hash, o.at);
    const int has = seen.count(o.at);
    if (has > had && has > most) add(s, fmt::format("{} {} in an hour", has, what));
  };
  if (o.signal) add(*o.signal, name(*o.signal), o.times);
  count_in(k.addresses, o.address, policy_.most_addresses, Signal::many_addresses, "addresses");
  count_in(k.agents, o.agent, policy_.most_agents, Signal::many_agents, "programs");
  const double growth = growth_of(k, o.tokens, o.at);
  if (growth >= policy_.growth && !k.growth_told) {
    k.growth_told = true;
    add(Signal::token_growth, fmt::format("{:.0f} times its usual tokens", growth));
  }
  if (!o.text) return;
  const bool attack = o.signal == Signal::guard_block || o.signal == Signal::guard_flag;
  if (!attack && k.attack && o.at - k.attacked <= kRephraseWithin && k.attack->like(*o.text) >= kRephrased)
    add(Signal::rephrased, "an attack rephrased");
  const auto known = std::find_if(templates_.begin(), templates_.end(),
                                  [&](const Template& t) { return t.sketch.like(*o.text) >= kSameTemplate; });
  if (known != templates_.end()) {
    known->seen = std::max(known->seen, o.at);
    add(Signal::template_seen, "a known attack's template");
  } else if (o.signal == Signal::guard_block) {
    if (templates_.size() >= kMostTemplates)
      templates_.erase(std::min_element(templates_.begin(), templates_.end(),
                                        [](const Template& a, const Template& b) { return a.seen < b.seen; }));
    templates_.push_back({*o.text, o.at});
  }
  if (attack) k.attack = o.text, k.attacked = o.at;
}

std::optional<LevelChange> AbuseWatch::settle(const std::string& name, Key& k, Wall now) {
  const WatchLevel due = level_of(policy_, k.sum);
  WatchLevel next = k.level;
  if (k.level == WatchLevel::suspended) {
    if (!k.until || now < *k.until) return std::nullopt;  // an operator's has no end
    next = std::min(due, WatchLevel::slowed);             // back on probation
    k.sum = std::min(k.sum, policy_.suspend_at / 2);
  } else if (due > k.level) {
    next = due;
  } else if (due < k.level && k.sum < mark(policy_, k.level) / 2) {
    next = due;
  }
  if (next == k.level) return std::nullopt;
  LevelChange change{name, k.level, next, because(k.reasons), now};
  if (next < k.level && change.reason.empty()) change.reason = "quiet since";
  k.level = next;
  k.since = now;
  k.until.reset();
  if (next == WatchLevel::suspended) {
    k.suspensions = now - k.last_suspended < std::chrono::hours(24) ? std::min(k.suspensions + 1, kMostDoublings) : 1;
    k.last_suspended = now;
    k.until = now + policy_.suspension * (1 << (k.suspensions - 1));
  }
  if (next == WatchLevel::none) k.reasons.clear();
  return change;
}

std::optional<LevelChange> AbuseWatch::observe(const Observation& o) {
  auto it = keys_.find(o.key);
  if (it == keys_.end()) {
    if (keys_.size() >= most_keys_) forget_one();
    it = keys_.try_emplace(o.key).first;
    it->second.updated = o.at;
  }
  Key& k = it->second;
  k.seen = std::max(k.seen, o.at);
  decay(k, o.at);
  learn(k, o);
  return settle(o.key, k, std::max(o.at, k.updated));
}

std::vector<LevelChange> AbuseWatch::pass(Wall now) {
  std::vector<LevelChange> changes;
  for (auto& [name, k] : keys_) {
    if (k.level == WatchLevel::none) continue;
    decay(k, now);
    if (auto c = settle(name, k, now)) changes.push_back(std::move(*c));
  }
  return changes;
}

// Of a sample, the quietest key: a table at its limit must not cost a walk for each new key. The sample goes round the
// table, since its beginning holds the newest keys; whoever is under watch stays, also where all of them are.
void AbuseWatch::forget_one() {
  constexpr int kSample = 16;
  const std::pair<const std::string, Key>* quietest = nullptr;
  const size_t buckets = keys_.bucket_count();
  int seen = 0;
  for (size_t n = 0; n < buckets && (seen < kSample || !quietest); ++n) {
    forget_from_ = (forget_from_ + 1) % buckets;
    for (auto it = keys_.begin(forget_from_); it != keys_.end(forget_from_); ++it, ++seen) {
      if (it->second.level != WatchLevel::none) continue;
      if (!quietest || it->second.sum < quietest->second.sum) quietest = &*it;
    }
  }
  if (quietest) keys_.erase(std::string(quietest->first));
}

WatchLevel AbuseWatch::level(const std::string& key) const {
  const auto it = keys_.find(key);
  return it == keys_.end() ? WatchLevel::none : it->second.level;
}

bool AbuseWatch::wants_text(const std::string& key, Wall now) const {
  const auto it = keys_.find(key);
  return it != keys_.end() && it->second.attack && now - it->second.attacked <= kRephraseWithin;
}

std::optional<LevelChange> AbuseWatch::set(const std::string& key, WatchLevel level, const std::string& reason,
                                           Wall now) {
  Key& k = keys_[key];
  decay(k, now);
  const WatchLevel from = k.level;
  k.level = level;
  k.since = now;
  const bool would_have_ended = k.until.has_value();
  k.until.reset();  // an operator's suspension ends by an operator
  k.sum = std::max(k.sum, mark(policy_, level));
  add_reason(k.reasons, reason);
  if (from == level && !would_have_ended) return std::nullopt;
  return LevelChange{key, from, level, reason, now};
}

std::optional<LevelChange> AbuseWatch::undo(const std::string& key, const std::string& reason, Wall now) {
  const auto it = keys_.find(key);
  if (it == keys_.end() || (it->second.level == WatchLevel::none && it->second.sum == 0)) return std::nullopt;
  const WatchLevel from = it->second.level;
  Key& k = it->second;
  k.level = WatchLevel::none;
  k.sum = 0;
  k.since = now;
  k.until.reset();
  k.suspensions = 0;
  k.reasons.clear();
  k.attack.reset();
  return LevelChange{key, from, WatchLevel::none, reason, now};
}

void AbuseWatch::restore(const WatchView& v, Wall now) {
  Key& k = keys_[v.key];
  k.level = v.level;
  k.sum = v.sum;
  k.updated = std::max(v.since, now);
  k.since = v.since;
  k.until = v.until;
  k.counts = v.counts;
  k.reasons = v.reasons;
  if (v.level == WatchLevel::suspended) k.suspensions = 1, k.last_suspended = v.since;
}

std::vector<WatchView> AbuseWatch::view(WatchLevel least, Wall now) const {
  std::vector<WatchView> out;
  for (const auto& [name, k] : keys_) {
    if (k.level < least) continue;
    Key at = k;
    decay(at, now);
    out.push_back({name, k.level, at.sum, k.since, k.until, k.counts, k.reasons});
  }
  std::sort(out.begin(), out.end(),
            [](const WatchView& a, const WatchView& b) { return a.sum != b.sum ? a.sum > b.sum : a.key < b.key; });
  return out;
}

}  // namespace trine::protect
