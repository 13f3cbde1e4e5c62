// What the stages of one worker share. One thread: the worker's.
#pragma once

#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/hash.h"
#include "base/id.h"
#include "gateway/cache/flight.h"
#include "gateway/call/retry_budget.h"
#include "gateway/call/waiting_room.h"
#include "gateway/call_feed.h"
#include "gateway/documents/reader.h"
#include "gateway/documents/stored_files.h"
#include "gateway/executor.h"
#include "gateway/guard/leak_indexes.h"
#include "gateway/idempotency.h"
#include "gateway/identify/oidc.h"
#include "gateway/probe.h"
#include "gateway/route/router.h"
#include "gateway/settle/baseline.h"
#include "gateway/snapshot.h"
#include "gateway/traces/trace.h"
#include "gateway/watch/refusals.h"
#include "gateway/watch/watch.h"
#include "guard/guard.h"
#include "guard/judge_cache.h"
#include "ledger/journal.h"
#include "net/loop.h"
#include "net/upstream.h"
#include "score/quote.h"

namespace trine::gateway {

struct Exchange;
class AnswerCache;
class FileStore;
class JobRunner;

class Context {
 public:
  static constexpr size_t kJudged = 4096;  // verdicts that are remembered
  static constexpr Nanos kJudgedFor = std::chrono::hours(1);

  struct Parts {
    size_t worker;
    net::Loop& loop;
    ledger::Journal& journal;
    CallFeed& feed;
    Idempotency& idempotency;
    WorkerCounters& counters;
    uint64_t seed;                         // of the request ids and of the router's samples
    net::Dialer* dialer = nullptr;         // null: TCP
    net::Dialer* egress_dialer = nullptr;  // to where requests' URLs lead; null: TCP, to checked addresses
    Executor* executor = nullptr;          // for long texts; null: all is looked at here
    DocumentReader* documents = nullptr;   // null: no document is read
    AnswerCache* answers = nullptr;        // null: nothing is given again
    uint64_t secret = random_seed();       // of this process, told to nobody
  };
  explicit Context(const Parts& p)
      : worker(p.worker),
        loop(p.loop),
        journal(p.journal),
        feed(p.feed),
        idempotency(p.idempotency),
        counters(p.counters),
        ids(p.seed),
        router(p.seed),
        egress_dialer(p.egress_dialer),
        executor(p.executor),
        documents(p.documents),
        answers(p.answers),
        secret(p.secret),
        leak_indexes(p.secret),
        judged(kJudged, kJudgedFor, std::to_string(p.secret)),
        traces(mix64(p.seed), p.counters.traces_dropped),
        dialer_(p.dialer) {}

  const size_t worker;
  net::Loop& loop;
  ledger::Journal& journal;
  CallFeed& feed;
  Idempotency& idempotency;
  WorkerCounters& counters;
  IdGenerator ids;
  Router router;
  net::Dialer* const egress_dialer;
  Executor* const executor;
  DocumentReader* const documents;
  AnswerCache* const answers;
  Flights flights;
  StoredFiles* files = nullptr;     // null: no file has an id
  FileStore* file_store = nullptr;  // null, as is the next: there is no vault
  JobRunner* jobs = nullptr;
  const uint64_t secret;
  guard::GuardScratch guard_scratch;
  guard::RuleScratch guard_rules;  // of answers
  LeakIndexes leak_indexes;
  guard::JudgeCache judged;
  TraceFeed traces;
  int fetching = 0;  // requests whose URLs are looked at just now
  RetryBudget retries;
  BaselineMeter baseline;
  bool draining = false;
  std::shared_ptr<const Identities> identities;  // null: only the configuration's keys
  std::shared_ptr<const OidcProviders> oidc;
  TokenCache tokens;  // verified under `oidc`
  WatchFeed watch;
  RefusalFeed refusals;
  std::function<void(size_t)> want_keys;  // a provider's key set may be old
  std::unordered_set<Exchange*> running;  // streams of metered deployments

  const Clock& clock() const { return loop.clock(); }
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  // Pools of deployments that are unchanged stay.
  void use(std::shared_ptr<const Snapshot> snapshot);

  // Of the route with this model name.
  WaitingRoom& room(std::string_view route);

  // REQUIRES: a deployment of a snapshot that is or was in use. Whoever waits for the pool keeps it: a reload may drop
  // it from here.
  const std::shared_ptr<net::Pool>& pool(const std::shared_ptr<const Deployment>& d);
  // The grid's value for the deployment's zone now; looked up once per slot, and again when a source has said more.
  const energy::GridValue& grid(const Deployment& d, Wall now);
  // What the deployment bills per token with `others` running beside, at that value; made again when one of them
  // changes. A vendor that cannot be billed: one that bills nothing.
  const score::Tariff& tariff(const Deployment& d, uint32_t others, Wall now);

 private:
  struct GridSlot {
    energy::GridValue value;
    Wall until{};
    uint64_t version = 0;  // of the grid's table
    std::optional<score::Tariff> tariff;
    uint32_t running = 0;  // that it is for
    Wall priced_until{};   // electricity has another price afterwards
  };
  GridSlot& slot(const Deployment& d, Wall now);
  net::Dialer* dialer_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unordered_map<std::shared_ptr<const Deployment>, std::shared_ptr<net::Pool>> pools_;
  StringMap<std::unique_ptr<WaitingRoom>> rooms_;
  std::vector<GridSlot> grid_;  // by Deployment::index of snapshot_
  GridSlot earlier_;
};

}  // namespace trine::gateway
