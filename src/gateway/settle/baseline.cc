#include "gateway/settle/baseline.h"

#include <algorithm>
#include <cmath>

#include "gateway/exchange.h"
#include "gateway/savings_baseline.h"

namespace trine::gateway {
namespace {

// The request as it arrived: the call that served it, and what stages spared. Of the prompt tokens that they spared the
// baseline would have found as many in its cache as of the call's.
score::BaselineWork arrived_work(const Exchange& x) {
  score::BaselineWork w{1, 0, 0, 0};
  double cached = 0;
  if (x.served) {
    w = {1, x.served->in, std::min(x.served->cached, x.served->in), x.served->out};
    cached = w.in > 0 ? static_cast<double>(w.cached) / static_cast<double>(w.in) : 0;
  }
  for (const Spared& s : x.spared) {
    w.in += s.in;
    w.out += s.out;
  }
  w.in = std::max<Tokens>(0, w.in);
  w.out = std::max<Tokens>(0, w.out);
  w.cached = std::min(w.in, static_cast<Tokens>(std::llround(static_cast<double>(w.in) * cached)));
  return w;
}

}  // namespace

void RecentWork::add(const score::BaselineWork& work, Mono now) {
  if (!first_) first_ = now;
  const double kept = last_ ? std::exp(-seconds(now - *last_) / seconds(kMemory)) : 1;
  last_ = now;
  in_ = in_ * kept + static_cast<double>(work.in);
  cached_ = cached_ * kept + static_cast<double>(work.cached);
  out_ = out_ * kept + static_cast<double>(work.out);
}

double RecentWork::mean_batch(const score::Speed& speed, size_t times) const {
  if (!first_) return 1;
  const double memory = seconds(kMemory);
  // What is remembered is as much as came in so many seconds.
  const double over = std::max(seconds(kLeast), memory * (1 - std::exp(-seconds(*last_ - *first_) / memory)));
  const auto tokens = [](double n) { return static_cast<Tokens>(std::llround(n)); };
  return score::mean_batch(speed, {1, tokens(in_), tokens(cached_), tokens(out_)}, over / static_cast<double>(times));
}

void BaselineMeter::use(const Snapshot& snapshot) {
  if (generation_ == snapshot.generation) return;
  generation_ = snapshot.generation;
  grid_until_ = Wall{};
  baseline_.reset();
  if (snapshot.baseline) baseline_ = savings_baseline(*snapshot.baseline);
}

const energy::GridValue& BaselineMeter::grid(const Snapshot& snapshot, Wall now) {
  const uint64_t version = snapshot.grid->version();
  if (now >= grid_until_ || version != grid_version_) {
    const grid::Reading r = snapshot.grid->at(baseline_->zone, now);
    grid_ = {.g_per_kwh = r.value.g_per_kwh, .sigma = r.sigma_ln, .hourly = r.hourly()};
    grid_until_ = snapshot.grid->slot_end(baseline_->zone, now);
    grid_version_ = version;
  }
  return grid_;
}

void BaselineMeter::count(const Exchange& x) {
  const Snapshot& snapshot = *x.snapshot;
  if (!snapshot.baseline) return;
  const Deployment* d = x.served ? x.served->deployment.get() : x.given_from;
  if (!d) return;
  use(snapshot);
  const score::BaselineWork work = arrived_work(x);
  const DeploymentProbe& probe = d->state->probe;
  recent_.add(work, x.now());
  if (auto* own = std::get_if<score::OwnBaseline>(&baseline_->what))
    own->batch = recent_.mean_batch(own->speed, probe.all().size());
  const Wall now = x.context.clock().wall();
  const auto taken = score::baseline_takes(*baseline_, work, {grid(snapshot, now), now, 1});
  if (!taken) return;  // tokens that contradict each other: settling has logged it
  DeploymentCounters& n = d->state->probe.of(x.context.worker);
  n.baseline.add(taken->energy, taken->carbon, taken->cost);
  n.workloads.of(snapshot.workloads.place(x.workload)).baseline.add(taken->energy, taken->carbon, taken->cost);
}

}  // namespace trine::gateway
