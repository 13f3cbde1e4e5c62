// Abuse over time: what one key does is weighed with what it did lately, until it is watched, slowed or suspended
// (docs/abuse.md). Pure: observations in, levels out; nothing here is told to the caller. One thread: its owner's.
//
// Each signal adds points to a sum that halves every ten minutes; the levels are marks on that sum. A level is left
// only when the sum has fallen to half its mark, and a suspension only by an operator or after its time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "protect/sketch.h"

namespace trine::protect {

enum class Signal : uint8_t {
  refused,        // a request that broke a rule: a route or an endpoint that the key may not use, a bad body
  unknown_model,  // a model that is not served: one is a slip, many are a search
  limited,        // over a limit or budget and still asking
  guard_flag,     // the guard had a suspicion
  guard_block,    // the guard refused
  template_seen,  // nearly the same text as one that was blocked, from whichever key
  rephrased,      // soon after a block, a text like it that passed
  many_addresses,
  many_agents,
  token_growth,  // many times the tokens of its usual quarter of an hour
  unknown_key,   // of a source: keys and tokens that are none
};
inline constexpr size_t kSignals = 11;
const char* name(Signal s);

enum class WatchLevel : uint8_t { none, flagged, slowed, suspended };
inline constexpr size_t kWatchLevels = 4;
const char* name(WatchLevel level);
std::optional<WatchLevel> parse_level(std::string_view text);

struct AbusePolicy {
  // Points of each signal, in the order of Signal.
  std::array<double, kSignals> points = {0.5, 1, 0.2, 2, 5, 6, 4, 10, 5, 8, 0.2};
  double flag_at = 10, slow_at = 25, suspend_at = 60;
  Nanos half_life = std::chrono::minutes(10);
  Nanos suspension = std::chrono::hours(1);  // doubles with each within a day
  int most_addresses = 16, most_agents = 8;  // distinct ones in an hour that a key may have
  double growth = 20;                        // times its usual tokens in 15 minutes
  double growth_floor = 200'000;             // tokens in 15 minutes under which growth is none
};

// One request of a key, as far as abuse is concerned.
struct Observation {
  std::string key;
  Wall at{};
  uint64_t address = 0, agent = 0;  // hashes; 0: not known
  double tokens = 0;
  std::optional<Signal> signal;  // what was wrong with it, if something was
  uint32_t times = 1;            // that many such requests
  std::optional<Sketch> text;    // of requests that the guard flagged or blocked, and of those soon after
};

// What an operator sees of a key.
struct WatchView {
  std::string key;
  WatchLevel level = WatchLevel::none;
  double sum = 0;
  Wall since{};                             // of the level
  std::optional<Wall> until;                // of a suspension
  std::array<uint32_t, kSignals> counts{};  // since the key was first seen
  std::vector<std::string> reasons;         // newest last, a few
};

struct LevelChange {
  std::string key;
  WatchLevel from = WatchLevel::none, to = WatchLevel::none;
  std::string reason;  // for the audit log: "refused 12 times, 17 addresses in an hour"
  Wall at{};
};

class AbuseWatch {
 public:
  static constexpr size_t kMostKeys = 100'000;     // the quietest are forgotten
  static constexpr size_t kMostTemplates = 1'000;  // of attacks

  explicit AbuseWatch(AbusePolicy policy, size_t most_keys = kMostKeys) : policy_(policy), most_keys_(most_keys) {}
  void use(const AbusePolicy& policy) { policy_ = policy; }

  // Levels that changed by it: at most one.
  std::optional<LevelChange> observe(const Observation& o);
  // Levels that time alone changed: suspensions that ended, sums that fell. Call it every few seconds.
  std::vector<LevelChange> pass(Wall now);

  WatchLevel level(const std::string& key) const;
  // Whether a text of this key is wanted: it was flagged within the last minutes.
  bool wants_text(const std::string& key, Wall now) const;

  // The operator's hand: a level at once; `undo` also forgets the sum.
  std::optional<LevelChange> set(const std::string& key, WatchLevel level, const std::string& reason, Wall now);
  std::optional<LevelChange> undo(const std::string& key, const std::string& reason, Wall now);
  // Of a restart at `now`: as it was left. Its sum is taken as of now: when it was kept is not known, and a key is not
  // to become better by a restart.
  void restore(const WatchView& view, Wall now);

  // Keys over `least`, the highest sums first.
  std::vector<WatchView> view(WatchLevel least, Wall now) const;

 private:
  struct Key {
    WatchLevel level = WatchLevel::none;
    double sum = 0;
    Wall updated{}, since{}, seen{};
    std::optional<Wall> until;
    int suspensions = 0;
    Wall last_suspended{};
    std::array<uint32_t, kSignals> counts{};
    std::vector<std::string> reasons;
    Distinct addresses, agents;
    double tokens_now = 0, tokens_usual = 0;  // in this quarter of an hour; mean of the ones before
    int64_t quarter = 0;
    int quarters = 0;
    bool growth_told = false;
    std::optional<Sketch> attack;
    Wall attacked{};
  };
  struct Template {
    Sketch sketch;
    Wall seen{};
  };

  void decay(Key& k, Wall now) const;
  double growth_of(Key& k, double tokens, Wall now) const;
  void learn(Key& k, const Observation& o);
  std::optional<LevelChange> settle(const std::string& name, Key& k, Wall now);
  void forget_one();

  AbusePolicy policy_;
  size_t most_keys_;
  std::unordered_map<std::string, Key> keys_;
  size_t forget_from_ = 0;  // a bucket of keys_
  std::vector<Template> templates_;
};

}  // namespace trine::protect
