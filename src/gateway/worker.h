// One I/O thread: a loop, a listener that shares the traffic port, its pools, its journal.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "gateway/context.h"
#include "gateway/files/store.h"
#include "gateway/jobs/job_runner.h"
#include "gateway/pipeline.h"
#include "net/loop.h"
#include "net/server.h"
#include "net/tls.h"

namespace trine::gateway {

class Worker {
 public:
  struct Parts {
    size_t index = 0;
    ledger::Journal* journal = nullptr;
    Idempotency* idempotency = nullptr;
    OwnEndpoints* own = nullptr;
    WorkerCounters* counters = nullptr;
    CallFeed::Hand hand;           // any thread
    Executor* executor = nullptr;  // for long texts
    AnswerCache* answers = nullptr;
    DocumentReader* documents = nullptr;
    JobOffice* jobs = nullptr;  // null: there is no vault
    std::shared_ptr<const Snapshot> snapshot;
    std::shared_ptr<net::TlsContext> tls;  // null: plain HTTP
  };
  explicit Worker(Parts parts);
  ~Worker();

  // Before start(). Errors: the port cannot be had.
  Result<void> listen(const net::HostPort& at);
  uint16_t port() const { return server_.port(); }
  void start();

  // From any thread, after start(). The callbacks run on the worker's thread.
  void use(std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<net::TlsContext> tls);
  // Lets go of `until` once these are in use.
  void use(std::shared_ptr<const Identities> identities, std::shared_ptr<void> until);
  void use(std::shared_ptr<const OidcProviders> providers, std::function<void(size_t)> want_keys);
  void use(WatchFeed::Hand hand, RefusalFeed::Hand refusals);  // any thread
  void use(std::shared_ptr<const WatchLevels> levels);
  // One that the last run left. REQUIRES: there is a vault.
  void resume(std::shared_ptr<Job> job);
  void use(TraceFeed::Hand hand);  // any thread
  void drain(std::function<void()> drained);
  void close_all();
  // Ends the thread.
  void stop();

 private:
  // Tells metering how far the running streams have come.
  class Tick final : net::Timer {
   public:
    explicit Tick(Worker& w) : net::Timer(w.loop_), worker_(w) { arm(kEvery); }

   private:
    static constexpr Nanos kEvery = std::chrono::milliseconds(250);
    void expired() override;
    Worker& worker_;
  };

  net::Task<std::unique_ptr<net::Stream>> upgrade(std::unique_ptr<net::Stream> stream);

  net::Loop loop_;
  std::shared_ptr<net::TlsContext> tls_;
  CallFeed feed_;
  Context context_;
  Pipeline pipeline_;
  std::unique_ptr<WorkerFiles> files_;
  std::unique_ptr<JobRunner> jobs_;
  net::Server server_;
  Tick tick_;
  std::thread thread_;
};

net::ServerLimits server_limits(const Config& config);

}  // namespace trine::gateway
