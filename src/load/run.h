// Sends requests when they are due, whatever became of the earlier ones.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "load/body.h"
#include "load/call.h"
#include "load/documents.h"
#include "load/schedule.h"
#include "load/tally.h"
#include "load/target.h"
#include "net/loop.h"
#include "net/upstream.h"

namespace trine::load {

struct RunOptions {
  Pattern pattern;
  BodyOptions body;
  std::vector<Document> documents;           // as many as the pattern says
  Nanos timeout = std::chrono::seconds(60);  // from the scheduled instant
  size_t most_open = 4096;                   // requests at a time; one that is due beyond them is not sent, and counted
};

// One loop, one thread. Must outlive its start() until `ended` was told.
class Run final : private net::Timer, private Carrier {
 public:
  // REQUIRES: check(options.pattern). Null dialer: TCP.
  Run(net::Loop& loop, Target target, RunOptions options, net::Dialer* dialer = nullptr);

  // The first request is due from now on. `ended` is told once, when all are over.
  void start(std::function<void()> ended);
  // No more requests; those under way are cut (a connection that is being made: within its time limit).
  void stop();

  const Tally& tally() const { return tally_; }
  size_t open() const { return open_; }
  // From the start to now, or to the end of the last request.
  Nanos elapsed() const;

 private:
  void expired() override;
  void carries(net::UpstreamConnection& c) override;
  void done(net::UpstreamConnection& c) override { carrying_.erase(&c); }
  void send(const Arrival& arrival);
  net::Task<void> one(Arrival arrival);
  void end_if_over();

  net::Loop& loop_;
  Target target_;
  RunOptions o_;
  net::Pool pool_;
  Schedule schedule_;
  std::optional<Arrival> next_;
  Tally tally_;
  std::set<net::UpstreamConnection*> carrying_;
  size_t open_ = 0;
  bool stopped_ = false;
  Mono start_{};
  std::optional<Mono> end_;
  std::function<void()> ended_;
};

}  // namespace trine::load
