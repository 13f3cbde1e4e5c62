#include "sim/engine.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "sim/tokenizer.h"

namespace trine::sim {
namespace {

// vLLM's own bounds, so that a dashboard made for vLLM fits.
constexpr double ttft_bounds[] = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,  0.25,  0.5,   0.75,
                                  1.0,   2.5,   5.0,  7.5,  10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0};
constexpr double itl_bounds[] = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,  0.3,  0.4, 0.5,
                                 0.75, 1.0,   2.5,  5.0,   7.5, 10.0, 20.0, 40.0, 80.0};
constexpr double request_bounds[] = {0.3,  0.5,  0.8,  1.0,  1.5,   2.0,   2.5,   5.0,   10.0,   15.0,  20.0,
                                     30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0};
constexpr double step_bounds[] = {1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384};

constexpr Nanos window{1'000'000'000};

// amount·part/whole, rounded down. Exact: the product needs more than 64 bits.
int64_t portion(int64_t amount, int64_t part, int64_t whole) {
  return static_cast<int64_t>(static_cast<__int128>(amount) * part / whole);
}

}  // namespace

EngineStats::EngineStats()
    : time_to_first_token(ttft_bounds),
      inter_token(itl_bounds),
      e2e(request_bounds),
      queue(request_bounds),
      prefill(request_bounds),
      decode(request_bounds),
      step_tokens(step_bounds) {}

struct Engine::Sequence {
  SequenceId id = 0;
  Request request;
  Tokens target = 0;  // output tokens it will produce
  Tokens cached = 0;
  Tokens to_prefill = 0;  // prompt tokens still to compute
  bool prefilled = false;
  bool cancelled = false;
  Tokens produced = 0;
  Energy active;
  Mono arrived{}, admitted{}, first{}, last{};

  Tokens kv_reserved() const { return request.prompt_tokens + target; }
  Tokens kv_used() const { return request.prompt_tokens - to_prefill + produced; }
};

Engine::Engine(EngineSpec spec, uint64_t seed, Mono start)
    : spec_(std::move(spec)),
      random_(seed),
      start_(start),
      now_(start),
      cache_(static_cast<size_t>(spec_.kv_tokens / block_tokens)) {}

Engine::~Engine() = default;

SequenceId Engine::submit(Request r) {
  assert(r.prompt_tokens >= 1);
  auto s = std::make_unique<Sequence>();
  s->id = ++last_id_;
  s->target = std::min(r.output_tokens, r.max_tokens);
  s->request = std::move(r);
  s->arrived = now_;
  assert(s->kv_reserved() <= spec_.context_length);
  waiting_.push_back(s.get());
  live_.emplace(s->id, std::move(s));
  if (step_.empty()) start_step();
  return last_id_;
}

void Engine::cancel(SequenceId id) {
  const auto found = live_.find(id);
  if (found == live_.end() || found->second->cancelled) return;
  Sequence& s = *found->second;
  s.cancelled = true;
  const auto queued = std::find(waiting_.begin(), waiting_.end(), &s);
  if (queued == waiting_.end()) return;  // running: leaves at the end of the step
  waiting_.erase(queued);
  dropped_.push_back(id);
}

std::optional<Mono> Engine::next_event_time() const {
  if (!dropped_.empty()) return now_;
  if (step_.empty()) return std::nullopt;
  return step_end_;
}

void Engine::advance_to(Mono t, const Sink& sink) {
  for (const SequenceId id : std::exchange(dropped_, {})) close(*live_.at(id), Finish::cancelled, sink);
  while (!step_.empty() && step_end_ <= t) {
    now_ = step_end_;
    finish_step(sink);
    start_step();
  }
  now_ = std::max(now_, t);
}

void Engine::admit() {
  while (!waiting_.empty() && running() < spec_.max_num_seqs) {
    Sequence& s = *waiting_.front();
    if (reserved_ + s.kv_reserved() > spec_.kv_tokens) return;  // strictly first come, first served
    waiting_.pop_front();
    reserved_ += s.kv_reserved();
    s.admitted = now_;
    const Tokens held = static_cast<Tokens>(cache_.match(s.request.blocks)) * block_tokens;
    // the last prompt token is always computed: its logits are the answer's beginning
    s.cached = std::min(held, (s.request.prompt_tokens - 1) / block_tokens * block_tokens);
    s.to_prefill = s.request.prompt_tokens - s.cached;
    stats_.cache_queries += s.request.prompt_tokens;
    stats_.cache_hits += s.cached;
    stats_.queue.add(seconds(now_ - s.arrived));
    running_.push_back(&s);
  }
}

void Engine::start_step() {
  admit();
  Tokens budget = spec_.max_batched_tokens;
  Tokens prefill = 0;
  int64_t emitting = 0;
  const auto plan = [&](Sequence& s, bool decode) {
    if (s.prefilled != decode || budget == 0) return;
    Work w;
    w.sequence = &s;
    if (!s.prefilled) {
      w.prefill = std::min(budget, s.to_prefill);
      w.cached = s.to_prefill + s.cached == s.request.prompt_tokens ? s.cached : 0;  // its first chunk
    }
    w.emits = w.prefill == s.to_prefill && s.target > 0;
    budget -= s.prefilled ? 1 : w.prefill;
    prefill += w.prefill;
    emitting += w.emits;
    step_.push_back(w);
  };
  for (Sequence* s : running_) plan(*s, true);
  for (Sequence* s : running_) plan(*s, false);
  if (step_.empty()) return;

  std::sort(step_.begin(), step_.end(), [](const Work& x, const Work& y) { return x.sequence->id < y.sequence->id; });
  const Curve& c = spec_.curve;
  int64_t rest = emitting ? c.b.raw() % emitting : 0;
  for (Work& w : step_) {
    w.charge = Energy::raw(c.e_in.raw() * w.prefill + c.e_hit.raw() * w.cached);
    if (!w.emits) continue;
    w.charge += Energy::raw(c.a.raw() + c.b.raw() / emitting + (rest > 0 ? 1 : 0));
    --rest;
  }
  double ns = static_cast<double>(prefill) / spec_.prefill_tokens_per_s * 1e9;
  if (emitting) ns += static_cast<double>((spec_.step_base + spec_.step_per_sequence * emitting).count());
  if (spec_.jitter > 0) ns *= 1 + spec_.jitter * (2 * next_random() - 1);
  step_begin_ = now_;
  step_end_ = now_ + Nanos(std::max<int64_t>(1, std::llround(ns)));
}

void Engine::finish_step(const Sink& sink) {
  const auto step = std::exchange(step_, {});
  Energy spent;
  Tokens tokens = 0, emitted = 0;
  for (const Work& w : step) {
    Sequence& s = *w.sequence;
    spent += w.charge;
    s.active += w.charge;
    s.to_prefill -= w.prefill;
    stats_.prefill_computed += w.prefill;
    stats_.prefill_cached += w.cached;
    tokens += w.prefill + (s.prefilled ? 1 : 0);
    if (!s.prefilled && s.to_prefill == 0) {
      s.prefilled = true;
      stats_.prompt_tokens += s.request.prompt_tokens;
      stats_.prefill.add(seconds(now_ - s.admitted));
      cache_.insert(s.request.blocks);
    }
    if (w.emits) {
      ++s.produced;
      ++emitted;
      if (s.produced == 1) {
        s.first = now_;
        stats_.time_to_first_token.add(seconds(now_ - s.arrived));
      } else {
        stats_.inter_token.add(seconds(now_ - s.last));
      }
      s.last = now_;
    }
  }
  charged_ += spent;
  stats_.generation_tokens += emitted;
  ++stats_.steps;
  if (emitted) ++stats_.emitting_steps;
  stats_.step_tokens.add(static_cast<double>(tokens));
  busy_.push_back(Busy{step_begin_, step_end_, spent});
  while (busy_.front().end + window < now_) busy_.pop_front();

  for (const Work& w : step) {
    Sequence& s = *w.sequence;
    if (s.cancelled) continue;
    if (s.prefilled && s.produced == s.target) {
      close(s, s.request.output_tokens > s.target ? Finish::length : Finish::stop, sink);
    } else if (w.emits) {
      sink(TokenEvent{s.id, s.produced, s.cached, now_, Finish::none, s.active});
    }
  }
  for (Sequence* s : std::vector(running_)) {  // with or without a part in this step
    if (s->cancelled) close(*s, Finish::cancelled, sink);
  }
}

void Engine::close(Sequence& s, Finish finish, const Sink& sink) {
  if (const auto r = std::find(running_.begin(), running_.end(), &s); r != running_.end()) {
    running_.erase(r);
    reserved_ -= s.kv_reserved();
  }
  switch (finish) {
    case Finish::stop:
      ++stats_.finished_stop;
      break;
    case Finish::length:
      ++stats_.finished_length;
      break;
    default:
      ++stats_.finished_cancelled;
  }
  if (finish != Finish::cancelled) {
    stats_.e2e.add(seconds(now_ - s.arrived));
    if (s.produced > 0) stats_.decode.add(seconds(s.last - s.first));
  }
  const TokenEvent event{s.id, s.produced, s.cached, now_, finish, s.active};
  live_.erase(s.id);
  sink(event);
}

Energy Engine::accrued(const Work& w) const {
  return Energy::raw(portion(w.charge.raw(), (now_ - step_begin_).count(), (step_end_ - step_begin_).count()));
}

Energy Engine::idle_energy() const {
  const int64_t milliwatts = std::llround(spec_.idle.w * 1e3);
  return Energy::raw(portion(milliwatts, (now_ - start_).count(), 1'000'000));  // mW·ns = 1e-6 µJ
}

Energy Engine::active_energy() const {
  Energy e = charged_;
  for (const Work& w : step_) e += accrued(w);
  return e;
}

Energy Engine::active_energy(SequenceId id) const {
  const auto found = live_.find(id);
  if (found == live_.end()) return {};
  Energy e = found->second->active;
  for (const Work& w : step_) {
    if (w.sequence == found->second.get()) e += accrued(w);
  }
  return e;
}

Power Engine::power() const {
  const Mono from = std::max(start_, now_ - window);
  if (now_ == from) return spec_.idle;
  double joules_spent = 0;
  for (const Busy& b : busy_) {
    const auto inside = std::max(Nanos(0), Nanos(b.end - std::max(b.begin, from)));
    joules_spent += to_joules(b.active) * seconds(inside) / seconds(b.end - b.begin);
  }
  if (!step_.empty()) {
    Energy charge;
    for (const Work& w : step_) charge += w.charge;
    joules_spent += to_joules(charge) * seconds(now_ - std::max(step_begin_, from)) / seconds(step_end_ - step_begin_);
  }
  return Power{spec_.idle.w + joules_spent / seconds(now_ - from)};
}

double Engine::utilisation() const {
  const Mono from = std::max(start_, now_ - window);
  if (now_ == from) return 0;
  Nanos in_step{0};
  for (const Busy& b : busy_) in_step += std::max(Nanos(0), Nanos(b.end - std::max(b.begin, from)));
  if (!step_.empty()) in_step += now_ - std::max(step_begin_, from);
  return seconds(in_step) / seconds(now_ - from);
}

double Engine::kv_usage() const {
  Tokens used = 0;
  for (const Sequence* s : running_) used += s->kv_used();
  return static_cast<double>(used) / static_cast<double>(spec_.kv_tokens);
}

double Engine::next_random() {
  random_ += 0x9E3779B97F4A7C15ull;
  uint64_t z = random_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

}  // namespace trine::sim
