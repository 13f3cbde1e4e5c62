#include "split/engine.h"

#include <algorithm>
#include <deque>
#include <random>

namespace trine::split {
namespace {

struct Sequence {
  size_t index = 0;
  int64_t prompt = 0, cached = 0, output = 0;
  int64_t prefilled = 0;  // prompt tokens in the KV cache
  int64_t produced = 0;
  int64_t kv() const { return prompt + output; }
};

struct Part {
  size_t sequence = 0;  // in `running`
  double joules = 0;
  bool emits = false;
};

}  // namespace

void EnergyLine::add(double until_s, double joules) {
  points_.push_back({until_s, joules});
}

double EnergyLine::at(double s) {
  while (next_ < points_.size() && points_[next_].s <= s) ++next_;
  if (next_ == points_.size()) {
    if (points_.empty()) return idle_w_ * s;
    return points_.back().joules + idle_w_ * (s - points_.back().s);
  }
  const Point after = points_[next_];
  const Point before = next_ > 0 ? points_[next_ - 1] : Point{0, 0};
  return before.joules + (after.joules - before.joules) * (s - before.s) / (after.s - before.s);
}

Truth serve(const EngineSpec& spec, const std::vector<Arrival>& arrivals, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> around_one(1 - spec.jitter, 1 + spec.jitter);
  Truth truth;
  truth.line = EnergyLine(spec.idle_w);
  truth.served.resize(arrivals.size());
  std::deque<size_t> waiting;
  std::vector<Sequence> running;
  std::vector<Part> step;
  size_t next = 0;
  int64_t kv = 0;
  double now = 0, joules = 0;

  while (next < arrivals.size() || !waiting.empty() || !running.empty()) {
    if (running.empty() && waiting.empty() && arrivals[next].at_s > now) {  // nothing to do: idle until it comes
      joules += spec.idle_w * (arrivals[next].at_s - now);
      now = arrivals[next].at_s;
      truth.line.add(now, joules);
    }
    for (; next < arrivals.size() && arrivals[next].at_s <= now; ++next) {
      truth.served[next].arrived_s = arrivals[next].at_s;
      waiting.push_back(next);
    }
    while (!waiting.empty() && static_cast<int64_t>(running.size()) < spec.max_sequences) {
      const Arrival& a = arrivals[waiting.front()];
      if (!running.empty() && kv + a.prompt + a.output > spec.kv_tokens) break;
      running.push_back({waiting.front(), a.prompt, a.cached, a.output, a.cached, 0});
      truth.served[waiting.front()].joules += spec.cached_j * static_cast<double>(a.cached);
      truth.active_j += spec.cached_j * static_cast<double>(a.cached);
      joules += spec.cached_j * static_cast<double>(a.cached);
      kv += a.prompt + a.output;
      waiting.pop_front();
    }

    step.clear();
    int64_t budget = spec.max_batched_tokens;
    double time = spec.step_s;
    for (size_t i = 0; i < running.size(); ++i) {
      const Sequence& s = running[i];
      if (s.produced == 0) continue;
      const double context = static_cast<double>(s.prompt + s.produced);
      const double own_s = spec.decode_s + spec.context_s * context;
      step.push_back({i, spec.decode_j + spec.context_j * context + spec.busy_w * own_s, true});
      time += own_s;
      --budget;
    }
    for (size_t i = 0; i < running.size() && budget > 0; ++i) {
      Sequence& s = running[i];
      if (s.produced > 0) continue;
      const int64_t chunk = std::min(budget, s.prompt - s.prefilled);
      const double position = static_cast<double>(s.prefilled) + static_cast<double>(chunk) / 2;
      const double much = static_cast<double>(chunk) * (1 + position / spec.prefill_doubles_at);
      step.push_back({i, much * (spec.prefill_j + spec.busy_w * spec.prefill_s), s.prefilled + chunk == s.prompt});
      time += much * spec.prefill_s;
      budget -= chunk;
      s.prefilled += chunk;
    }

    const double own = (spec.step_j + spec.busy_w * spec.step_s) / static_cast<double>(step.size());
    double active = 0;
    time *= around_one(random);
    now += time;
    for (const Part& p : step) {
      Sequence& s = running[p.sequence];
      Served& served = truth.served[s.index];
      served.joules += p.joules + own;
      active += p.joules + own;
      if (p.emits) {
        ++s.produced;
        served.tokens_s.push_back(now);
      }
    }
    joules += active + spec.idle_w * time;
    truth.active_j += active;
    truth.busy_s += time;
    truth.line.add(now, joules);
    ++truth.steps;
    std::erase_if(running, [&](const Sequence& s) {
      if (s.produced < s.output) return false;
      kv -= s.kv();
      return true;
    });
  }
  truth.end_s = now;
  return truth;
}

double capacity(const EngineSpec& spec, std::vector<Arrival> arrivals) {
  for (Arrival& a : arrivals) a.at_s = 0;
  const Truth truth = serve(spec, arrivals, 1);
  return static_cast<double>(arrivals.size()) / truth.end_s;
}

}  // namespace trine::split
