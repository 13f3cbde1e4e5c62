// Machines that serve requests in virtual time: their batches, their queue, and what they take (docs/csoa.md §5).
//
// Prompts are computed one after another, in chunks between decode steps that leave every running request the pace of a
// full machine (as chunked prefill does: Sarathi-Serve, OSDI 2024); without prompts a decode step takes step(batch)
// seconds. A step gives every running request a token and takes (a batch + b)(1 + context) joules. So a request's
// finish is a point on the machine's own clock, in steps, that later arrivals slow down but never move: a machine's
// next event changes only when its batch does. Requests go where score::choose() says, among machines that may start it
// within the SLO; else to a vendor; else to any free place; else they wait, first come first served, until they lose
// patience.
//
// Rent, idle power and embodied carbon run from the order to the stop. No allocation per request. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "replay/arrivals.h"
#include "replay/event_heap.h"
#include "replay/histogram.h"
#include "replay/service.h"
#include "score/choose.h"

namespace trine::replay {

// What one option took and served.
struct Taken {
  double eur = 0, joules = 0, grams = 0, machine_s = 0;  // facility joules
  uint64_t served = 0;
};

struct Tally {
  uint64_t requests = 0, served = 0, unserved = 0, misses = 0;  // misses: served, past the SLO
  uint64_t tokens = 0;                                          // served, in + out
  double running_s = 0;                                         // integral of requests that run on machines
  Histogram ttft, tpot;
};

class Cluster {
 public:
  struct Setup {
    std::vector<Service> services;
    Load load;
    fleet::Slo slo;
    score::Policy router;
    Aim aim = Aim::score;
    double patience_s = 60;
  };
  explicit Cluster(Setup setup);

  // `g_per_kwh` by service, from now on. Accounts for everything until `t`.
  void set_grid(double t, const std::vector<double>& g_per_kwh);
  void set_weights(const score::Weights& weights) { s_.router.weights = weights; }

  // One more machine: one that drains, else one that has to start.
  void order(uint32_t service, double t, bool ready = false);
  // One less: one that still starts, else the one with the least to finish. It takes no more requests.
  void drain(uint32_t service, double t);

  void arrive(const Arrival& a);
  double next_at() const { return events_.first_at(); }  // EventHeap::kNever: nothing runs or starts
  void step();                                           // the event at next_at()
  void expire(double t);                                 // drops who has waited too long
  void finish(double t);                                 // accounts for everything until `t`; who waits is unserved

  int count(uint32_t service) const { return held_[service]; }  // ordered and not draining
  int ready(uint32_t service) const;
  size_t waiting() const { return queue_.size() - head_; }
  uint64_t running() const { return running_; }
  uint64_t spilled() const { return spilled_; }  // to vendors
  const std::vector<Service>& services() const { return s_.services; }
  const std::vector<Taken>& taken() const { return taken_; }
  const Tally& tally() const { return tally_; }

 private:
  enum class State : uint8_t { off, starting, ready, draining };
  struct Running {
    double finish = 0;  // on the machine's clock
    double since = 0;   // seconds: when its prompt was done
    int32_t in = 0, out = 0;
    double context = 0;  // in kContextUnit
  };
  struct Machine {
    uint32_t service = 0;
    State state = State::off;
    double last = 0;           // accounted until
    double since = 0;          // on since, for what is paid by time
    double clock = 0;          // decode steps done
    double prefill_until = 0;  // prompts in line are done
    double joules = 0;         // GPU, not yet booked
    double context = 0;        // of all that run
    uint32_t batch = 0, head = 0;
    std::vector<Running> running;  // by finish, from head on
  };
  struct Waiting {
    double since = 0;
    int32_t in = 0, out = 0;
  };

  void advance(Machine& m, double t);
  void book(Machine& m, double t);
  void refresh(uint32_t i);
  void stop(uint32_t i, double t);
  void complete(uint32_t i, double t);
  void admit(uint32_t i, double t, const Waiting& w);
  void to_vendor(uint32_t service, double t, const Waiting& w);
  bool place(double t, const Waiting& w);
  void serve_queue(double t);

  Setup s_;
  std::vector<Machine> machines_;
  std::vector<score::Option> options_;  // of machines, as the router sees them
  std::vector<score::Option> vendors_;
  std::vector<uint32_t> vendor_services_;
  std::deque<std::string> names_;
  std::vector<int> held_;
  EventHeap events_;
  std::vector<Waiting> queue_;
  size_t head_ = 0;
  uint64_t running_ = 0, spilled_ = 0;
  std::vector<Taken> taken_;
  Tally tally_;
};

}  // namespace trine::replay
