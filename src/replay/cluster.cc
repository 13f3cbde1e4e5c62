#include "replay/cluster.h"

#include <algorithm>
#include <cmath>

namespace trine::replay {
namespace {
// Of the time that the SLO allows to the first token, what the router fills: prompts behind it may be longer than most.
constexpr double kFirstTokenShare = 0.5;
}  // namespace

Cluster::Cluster(Setup setup) : s_(std::move(setup)), held_(s_.services.size()), taken_(s_.services.size()) {
  for (uint32_t i = 0; i < s_.services.size(); ++i) {
    const Service& service = s_.services[i];
    if (service.machine()) continue;
    vendor_services_.push_back(i);
    score::Option o;
    o.id = service.option->name;
    vendors_.push_back(o);
  }
}

// Nothing happens on a machine between two of its events.
void Cluster::advance(Machine& m, double t) {
  const Service& s = s_.services[m.service];
  if (m.batch == 0) {
    m.joules += s.idle_w * (t - m.last);
  } else {
    tally_.running_s += m.batch * (t - m.last);
    const double busy = std::max(0.0, std::min(t, m.prefill_until) - m.last);
    const double steps = busy * s.pace + (t - m.last - busy) * s.steps_per_s[m.batch];
    m.clock += steps;
    m.joules +=
        steps * (s.step_joules[m.batch] * (1 + s.weights.c_ctx * m.context / m.batch) + s.weights.e_ctx * m.context);
  }
  m.last = t;
}

// What was taken until `t`, at this hour's grid.
void Cluster::book(Machine& m, double t) {
  const Service& s = s_.services[m.service];
  Taken& taken = taken_[m.service];
  const double on = t - m.since;
  const double facility = (m.joules + s.host_w * on) * s.pue;
  taken.joules += facility;
  taken.grams += facility / 3.6e6 * s.g_per_kwh + s.embodied_g_per_s * on;
  taken.eur += s.eur_per_s * on + s.eur_per_joule * facility;
  taken.machine_s += on;
  m.joules = 0;
  m.since = t;
}

void Cluster::set_grid(double t, const std::vector<double>& g_per_kwh) {
  for (Machine& m : machines_) {
    if (m.state == State::off) continue;
    advance(m, t);
    book(m, t);
  }
  for (size_t i = 0; i < s_.services.size(); ++i) s_.services[i].price(g_per_kwh[i], s_.load, s_.aim);
  for (uint32_t i = 0; i < machines_.size(); ++i) refresh(i);
  for (size_t i = 0; i < vendors_.size(); ++i) vendors_[i].figures = s_.services[vendor_services_[i]].figures.front();
}

// The router's view of a machine, and when it does something next.
void Cluster::refresh(uint32_t i) {
  Machine& m = machines_[i];
  const Service& s = s_.services[m.service];
  score::Option& o = options_[i];
  o.running = m.batch;
  o.max_running = s.max_batch;
  o.healthy = m.state == State::ready;
  if (!s.figures.empty()) {
    o.figures = s.figures[m.batch];
    o.marginal_joules = s.marginal_joules[m.batch];
  }
  if (m.state == State::starting) return;  // its event is the start
  if (m.batch == 0) return events_.set(i, EventHeap::kNever);
  const double left = std::max(0.0, m.running[m.head].finish - m.clock);
  const double busy = std::max(0.0, m.prefill_until - m.last);
  const double then = left <= busy * s.pace ? left / s.pace : busy + (left - busy * s.pace) / s.steps_per_s[m.batch];
  events_.set(i, m.last + then);
}

void Cluster::order(uint32_t service, double t, bool ready) {
  ++held_[service];
  uint32_t free = static_cast<uint32_t>(machines_.size());
  for (uint32_t i = 0; i < machines_.size(); ++i) {
    Machine& m = machines_[i];
    if (m.state == State::draining && m.service == service) {
      advance(m, t);
      m.state = State::ready;
      refresh(i);
      return serve_queue(t);
    }
    if (m.state == State::off && m.service == service) free = std::min(free, i);
  }
  const Service& s = s_.services[service];
  if (free == machines_.size()) {
    machines_.emplace_back();
    machines_.back().service = service;
    machines_.back().running.resize(size_t{2} * s.max_batch);
    const auto number =
        std::count_if(machines_.begin(), machines_.end(), [&](const Machine& m) { return m.service == service; });
    names_.push_back(fmt::format("{}/{:04}", s.option->name, number));
    options_.emplace_back();
    options_.back().id = names_.back();
    events_.grow();
  }
  Machine& m = machines_[free];
  m.last = m.since = t;
  m.clock = m.context = m.joules = m.prefill_until = 0;
  m.batch = m.head = 0;
  m.state = ready || s.startup_s <= 0 ? State::ready : State::starting;
  if (m.state == State::starting) events_.set(free, t + s.startup_s);
  refresh(free);
  if (m.state == State::ready) serve_queue(t);
}

void Cluster::drain(uint32_t service, double t) {
  uint32_t chosen = static_cast<uint32_t>(machines_.size());
  for (uint32_t i = 0; i < machines_.size(); ++i) {
    const Machine& m = machines_[i];
    if (m.service != service || (m.state != State::ready && m.state != State::starting)) continue;
    if (chosen == machines_.size()) {
      chosen = i;
      continue;
    }
    const Machine& best = machines_[chosen];
    const bool starts = m.state == State::starting, best_starts = best.state == State::starting;
    if (starts != best_starts ? starts : m.batch <= best.batch) chosen = i;
  }
  if (chosen == machines_.size()) return;
  --held_[service];
  Machine& m = machines_[chosen];
  advance(m, t);
  m.state = State::draining;
  refresh(chosen);
  if (m.batch == 0) stop(chosen, t);
}

void Cluster::stop(uint32_t i, double t) {
  advance(machines_[i], t);
  book(machines_[i], t);
  machines_[i].state = State::off;
  events_.set(i, EventHeap::kNever);
}

int Cluster::ready(uint32_t service) const {
  return static_cast<int>(std::count_if(machines_.begin(), machines_.end(), [&](const Machine& m) {
    return m.service == service && m.state == State::ready;
  }));
}

void Cluster::admit(uint32_t i, double t, const Waiting& w) {
  Machine& m = machines_[i];
  const Service& s = s_.services[m.service];
  advance(m, t);
  const double cached = w.in * s_.load.cached_share(), fresh = w.in - cached;
  m.joules += s.weights.e_in * fresh + s.weights.e_hit * cached;
  m.prefill_until = std::max(t, m.prefill_until) + fresh * s.prefill_s_per_token;
  const double ttft = m.prefill_until - w.since;
  tally_.ttft.add(ttft);
  const double context = (w.in + 0.5 * w.out) / energy::kContextUnit;
  const double before = (m.prefill_until - t) * s.pace;  // steps until its prompt is done
  // In these it gets no token, and advance() counts it as if: its part of them; all of them where nobody else runs.
  const double of_step = s.weights.curve.a + (m.batch == 0 ? s.weights.curve.b : 0);
  m.joules -= before * (of_step * (1 + s.weights.c_ctx * context) + s.weights.e_ctx * context);
  Running r{m.clock + before + w.out, m.prefill_until, w.in, w.out, context};
  // a late first token is a miss, counted now; a slow rest is seen at the end
  if (s_.slo.ttft_s > 0 && ttft > s_.slo.ttft_s) ++tally_.misses, r.since = -r.since;
  if (m.head + m.batch == m.running.size()) {
    std::copy(m.running.begin() + m.head, m.running.end(), m.running.begin());
    m.head = 0;
  }
  uint32_t at = m.head + m.batch;
  for (; at > m.head && m.running[at - 1].finish > r.finish; --at) m.running[at] = m.running[at - 1];
  m.running[at] = r;
  ++m.batch;
  ++running_;
  m.context += r.context;
  refresh(i);
}

void Cluster::complete(uint32_t i, double t) {
  Machine& m = machines_[i];
  advance(m, t);
  const Running r = m.running[m.head];
  m.clock = std::max(m.clock, r.finish);
  ++m.head, --m.batch, --running_;
  m.context = m.batch == 0 ? 0 : m.context - r.context;
  if (m.batch == 0) m.head = 0;
  const bool missed = r.since < 0;
  const double tpot = r.out > 0 ? (t - std::abs(r.since)) / r.out : 0;
  if (r.out > 0) tally_.tpot.add(tpot);
  if (!missed && s_.slo.tpot_s > 0 && tpot > s_.slo.tpot_s) ++tally_.misses;
  ++tally_.served, ++taken_[m.service].served;
  tally_.tokens += static_cast<uint64_t>(r.in) + static_cast<uint64_t>(r.out);
  if (m.state == State::draining && m.batch == 0) return stop(i, t);
  refresh(i);
  if (waiting() > 0) serve_queue(t);
}

void Cluster::to_vendor(uint32_t service, double t, const Waiting& w) {
  const Service& s = s_.services[service];
  Taken& taken = taken_[service];
  const double joules = s.joules_per_in * w.in + s.joules_per_out * w.out;
  taken.eur += s.eur_per_in * w.in + s.eur_per_out * w.out;
  taken.joules += joules;
  taken.grams += joules / 3.6e6 * s.g_per_kwh + s.embodied_g_per_out * w.out;
  const double ttft = t - w.since + s.token_s;
  tally_.ttft.add(ttft);
  if (w.out > 0) tally_.tpot.add(s.token_s);
  if ((s_.slo.ttft_s > 0 && ttft > s_.slo.ttft_s) || (s_.slo.tpot_s > 0 && s.token_s > s_.slo.tpot_s)) ++tally_.misses;
  ++tally_.served, ++taken.served, ++spilled_;
  tally_.tokens += static_cast<uint64_t>(w.in) + static_cast<uint64_t>(w.out);
}

bool Cluster::place(double t, const Waiting& w) {
  score::Need need;
  bool late = false;
  if (s_.slo.ttft_s > 0) {
    // what a machine's prompts in line leave of the time to the first token
    const double fresh = w.in * (1 - s_.load.cached_share());
    for (size_t i = 0; i < machines_.size(); ++i)
      options_[i].ttft_p95_s =
          std::max(0.0, machines_[i].prefill_until - t) + fresh * s_.services[machines_[i].service].prefill_s_per_token;
    need.max_ttft_s = kFirstTokenShare * s_.slo.ttft_s - (t - w.since);
    late = need.max_ttft_s <= 0;
  }
  // a machine that starts it early, else one that starts it within the SLO
  for (int whole = 0; whole < 2 && !late; ++whole) {
    if (const auto choice = score::choose(options_, s_.router, need)) {
      admit(static_cast<uint32_t>(choice->index), t, w);
      return true;
    }
    if (need.max_ttft_s <= 0) break;
    need.max_ttft_s += (1 - kFirstTokenShare) * s_.slo.ttft_s;
  }
  need.max_ttft_s = 0;
  if (const auto choice = score::choose(vendors_, s_.router, need)) {
    to_vendor(vendor_services_[choice->index], t, w);
    return true;
  }
  // too late on every machine: the one that gets to it first
  size_t best = machines_.size();
  for (size_t i = 0; i < machines_.size(); ++i) {
    if (score::unfit(options_[i], need) != score::Unfit::no) continue;
    if (best == machines_.size() || options_[i].ttft_p95_s < options_[best].ttft_p95_s) best = i;
  }
  if (best == machines_.size()) return false;
  admit(static_cast<uint32_t>(best), t, w);
  return true;
}

void Cluster::arrive(const Arrival& a) {
  ++tally_.requests;
  const Waiting w{a.at_s, a.in, a.out};
  if (waiting() > 0 || !place(a.at_s, w)) queue_.push_back(w);
}

void Cluster::expire(double t) {
  while (head_ < queue_.size() && t - queue_[head_].since > s_.patience_s) ++head_, ++tally_.unserved;
  if (head_ == queue_.size()) {
    queue_.clear();
    head_ = 0;
  } else if (head_ > 4096 && head_ * 2 > queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void Cluster::serve_queue(double t) {
  expire(t);
  while (head_ < queue_.size() && place(t, queue_[head_])) ++head_;
  expire(t);
}

void Cluster::step() {
  const uint32_t i = events_.first();
  const double t = events_.first_at();
  Machine& m = machines_[i];
  if (m.state != State::starting) return complete(i, t);
  advance(m, t);
  m.state = State::ready;
  refresh(i);
  serve_queue(t);
}

void Cluster::finish(double t) {
  for (Machine& m : machines_) {
    if (m.state == State::off) continue;
    advance(m, t);
    book(m, t);
  }
  tally_.unserved += waiting();
  queue_.clear();
  head_ = 0;
}

}  // namespace trine::replay
