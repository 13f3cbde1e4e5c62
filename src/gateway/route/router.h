// What one worker's router keeps from request to request. One thread: the worker's; no lock, nothing shared. Each
// worker learns by itself, so that with N workers a session or a prompt may be known to one of them only; clients that
// keep their connection stay with their worker. Where all agree without telling each other: the place of a prefix among
// equals, which is a hash (score/affinity.h), and how many requests run, which all count together (batch.h).
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/snapshot.h"
#include "score/prefix_table.h"
#include "score/recent.h"
#include "score/slate.h"

namespace trine::gateway {

struct Exchange;

class Router {
 public:
  explicit Router(uint64_t seed) : seed_(seed) {}

  // Chooses among the deployments of the exchange's route (without one: all) that were not tried yet; sets its reason,
  // routed_by and held_tokens. Null where none may serve; `why_not` then has the reasons, a clause.
  std::shared_ptr<const Deployment> choose(Exchange& x, std::string& why_not);
  // The first fallback of the route that may serve, in its order. Null as above.
  std::shared_ptr<const Deployment> choose_fallback(Exchange& x, std::string& why_not) const;
  // Whether waiting may help a request: among the deployments and fallbacks that were not tried yet.
  struct Prospect {
    bool now = false;    // one may serve it
    bool later = false;  // one could but for its max_concurrency, or had it not asked to be left alone for a while
    Nanos least{};       // until one may, where it is only `later`
    bool any() const { return now || later; }
  };
  static Prospect prospect(const Exchange& x);
  // From a call that has ended: how late it was, and how much of what should have been cached was.
  void learn(const Exchange& x, const Deployment& d, const energy::CallFacts& facts);

 private:
  struct Candidates {
    std::vector<std::shared_ptr<const Deployment>> deployments;  // as in the slate
    score::Slate slate;
  };
  struct Learned {
    score::Lateness lateness;
    double trust = 1;  // share of the tokens held there, as we think, that its engine reports as cached
  };
  class Here;  // the slate's market
  struct Traffic;

  // 24 and 64 bytes an entry, taken when the first request finds more than one deployment: 0.2, 0.2 and 0.5 MB.
  static constexpr size_t kSessions = 8192, kBeginnings = 8192;
  static constexpr Nanos kIncumbency = std::chrono::minutes(10);

  Candidates& candidates(const Exchange& x);
  Traffic traffic_of(const Exchange& x) const;
  std::shared_ptr<const Deployment> choose_only(Exchange& x, std::string& why_not);

  uint64_t seed_;
  std::shared_ptr<const Snapshot> snapshot_;  // of the candidates
  std::unordered_map<const Route*, Candidates> candidates_;
  std::unordered_map<uint64_t, Learned> learned_;  // by place
  score::PrefixTable prefixes_{kBeginnings};
  score::RecentTable sessions_{kSessions}, incumbents_{kSessions};
};

}  // namespace trine::gateway
