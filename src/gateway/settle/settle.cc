#include "gateway/settle/settle.h"

#include <algorithm>

#include "base/log.h"
#include "energy/uncertainty.h"
#include "gateway/settle/priced.h"
#include "gateway/traces/tracing.h"
#include "gateway/watch/refusals.h"

namespace trine::gateway {
namespace {

using energy::Outcome;

// Windows are closed two seconds after their end: by then metering should know of a prompt that was computed in one.
// Most calls are over before, and their prompt is told as the engine reports it, not as an estimate.
constexpr Nanos kPromptAfter = std::chrono::seconds(1);

Tokens prompt_estimate(const Exchange& x) {
  return x.route ? llm::estimated_prompt_tokens(x.scan) : 0;
}

void add(energy::Figures& sum, const energy::Figures& f, bool first) {
  if (first) {
    sum = f;
    return;
  }
  energy::Aggregate both;
  both.add(sum);
  both.add(f);
  sum = both.total();
}

// Share of the deployment's prompt tokens that its engine had to compute, by what this worker has seen.
double fresh_share(const DeploymentCounters& n) {
  const auto in = static_cast<double>(n.tokens_in.get());
  return in > 0 ? 1 - static_cast<double>(n.tokens_cached.get()) / in : 1;
}

// Prefill and decode of the call so far that metering has not been told of.
void feed_rest(Exchange& x, const Deployment& d, const energy::CallFacts& facts) {
  Call& c = x.call;
  energy::Slices slices = energy::slices_of(facts, pace_of(d, facts.mean_batch));
  slices.prefill.work.fresh = std::max(0.0, slices.prefill.work.fresh - c.fed_in);
  x.context.feed.add({.kind = CallNote::Kind::worked, .call = facts.id, .slice = slices.prefill});
  slices.decode.begin = std::max(slices.decode.begin, c.fed_until);
  slices.decode.work.out = std::max(0.0, slices.decode.work.out - static_cast<double>(c.fed_out));
  x.context.feed.add({.kind = CallNote::Kind::worked, .call = facts.id, .slice = slices.decode});
  Money token_cost;
  if (d.token_price) {
    if (auto cost = energy::vendor_cost(*d.token_price, {.in = facts.in, .cached = facts.cached, .out = facts.out}))
      token_cost = *cost;
  }
  x.context.feed.add({.kind = CallNote::Kind::closed, .call = facts.id, .at = facts.end, .token_cost = token_cost});
}

void count(Exchange& x, const Deployment& d, const energy::CallFacts& f, const energy::Figures& figures) {
  DeploymentCounters& n = d.state->probe.of(x.context.worker);
  n.calls[static_cast<size_t>(f.outcome)].add();
  n.tokens_in.add(f.in);
  n.tokens_cached.add(f.cached);
  n.tokens_out.add(f.out);
  n.energy_uj.add(figures.energy.raw());
  n.carbon_ng.add(figures.carbon().raw());
  n.cost_n.add(figures.cost.raw());
  n.call_tokens_in.observe(f.in);
  n.call_tokens_out.observe(f.out);
  WorkloadCounters& of_workload = n.workloads.of(x.snapshot->workloads.place(x.workload));
  of_workload.calls.add();
  of_workload.tokens_in.add(f.in);
  of_workload.tokens_out.add(f.out);
  of_workload.energy_uj.add(figures.energy.raw());
  of_workload.carbon_ng.add(figures.carbon().raw());
  of_workload.cost_n.add(figures.cost.raw());
  const Mono now = x.now();
  n.duration.observe(now - x.call.start);
  if (x.call.first_token == Mono{}) return;
  n.first_token.observe(x.call.first_token - x.call.start);
  if (f.out > 1) n.per_output_token.observe((now - x.call.first_token) / (f.out - 1));
}

}  // namespace

bool open_call(Exchange& x, std::shared_ptr<const Deployment> deployment, bool beside) {
  Call& c = x.call;
  c = Call{};
  c.deployment = std::move(deployment);
  const Deployment& d = *c.deployment;
  const Wall now = x.context.clock().wall();
  c.start = x.now();
  c.facts.id = {x.id, x.calls};
  c.facts.deployment = d.name;
  c.facts.zone = d.zone;
  c.facts.model = d.model;
  c.facts.start = c.fed_until = now;
  c.facts.streamed = x.scan.stream;
  c.facts.simulated = d.simulated;
  c.facts.beside = beside;

  auto progress = x.context.journal.intent({.id = c.facts.id,
                                            .tenant = x.tenant,
                                            .user = x.scan.user,
                                            .workload = x.workload,
                                            .route = x.scan.model,
                                            .endpoint = std::string(x.client.head().path()),
                                            .deployment = d.name,
                                            .zone = d.zone,
                                            .model = d.model,
                                            .start = now,
                                            .in_estimate = prompt_estimate(x),
                                            .streamed = c.facts.streamed,
                                            .simulated = d.simulated,
                                            .beside = beside});
  if (!progress) {
    if (x.snapshot->config->ledger.when_full == WhenFull::refuse) return false;
    x.context.counters.unrecorded.add();
  } else {
    c.progress = std::move(*progress);
  }
  ++x.calls;
  c.open = true;
  d.state->batch.begin(x.context.worker, c.start);
  c.batch_at_start = d.state->batch.integral(c.start);
  if (d.metered())
    x.context.feed.add({.kind = CallNote::Kind::opened, .call = c.facts.id, .deployment = c.deployment, .at = now});
  trace_call(x);
  return true;
}

void note_progress(Call& c, Tokens tokens, size_t bytes, Wall now) {
  c.counted_out += tokens;
  c.bytes_out += bytes;
  c.progress.relayed(static_cast<uint64_t>(c.counted_out), c.bytes_out, now);
}

void feed_progress(Exchange& x) {
  Call& c = x.call;
  if (!c.open || c.counted_out <= c.fed_out) return;
  const Wall now = x.context.clock().wall();
  const Tokens in = prompt_estimate(x);
  if (c.fed_in <= 0 && now - c.facts.first_token >= kPromptAfter) {
    energy::CallFacts so_far;
    so_far.start = c.facts.start;
    so_far.first_token = c.facts.first_token;
    so_far.end = now;
    so_far.in = in;
    so_far.out = c.counted_out;
    so_far.streamed = true;
    energy::Slice prompt = energy::slices_of(so_far, pace_of(*c.deployment, 1)).prefill;
    prompt.work.fresh *= fresh_share(c.deployment->state->probe.of(x.context.worker));
    c.fed_in = prompt.work.fresh;
    x.context.feed.add({.kind = CallNote::Kind::worked, .call = c.facts.id, .slice = prompt});
  }
  const auto out = static_cast<double>(c.counted_out - c.fed_out);
  x.context.feed.add({.kind = CallNote::Kind::worked,
                      .call = c.facts.id,
                      .slice = {.begin = std::max(c.fed_until, c.facts.first_token),
                                .end = now,
                                .work = {.out = out, .context = static_cast<double>(in + c.counted_out)}}});
  c.fed_out = c.counted_out;
  c.fed_until = now;
}

void close_call(Exchange& x, Outcome outcome, int upstream_status) {
  Call& c = x.call;
  if (!c.open) return;
  c.open = false;
  const Deployment& d = *c.deployment;
  const Mono now = x.now();
  energy::CallFacts& f = c.facts;
  f.end = x.context.clock().wall();
  if (f.first_token == Wall{}) f.first_token = f.end;
  f.outcome = outcome;
  f.http_status = upstream_status;
  if (c.usage) {
    f.in = c.usage->in;
    f.cached = c.usage->cached;
    f.out = c.usage->out;
  } else {
    f.source = energy::TokenSource::counted;
    // Refused at the door, or never there: no work was done.
    const bool unread = upstream_status == 0 && c.counted_out == 0 && (outcome == Outcome::failed || !c.sent);
    f.in = upstream_status >= 400 || unread ? 0 : prompt_estimate(x);
    f.out = c.counted_out;
  }
  f.mean_batch = d.state->batch.mean(c.batch_at_start, c.start, now);
  d.state->batch.end(x.context.worker, c.start, now);

  const energy::Figures figures = c.figures = figures_of(d, f, x.context.grid(d, f.end));
  energy::Settlement settlement = energy::provisional_settlement(f, figures);
  if (!d.metered()) settlement.basis = energy::Basis::final;
  // What closes begun work is let through even when space is short; where even that is gone, the keeper says so.
  (void)x.context.journal.append(f);
  (void)x.context.journal.append(settlement);
  if (d.metered()) feed_rest(x, d, f);

  x.reservation.book(f, settlement, d.metered());
  add(x.figures, figures, x.calls == 1);
  if (x.snapshot->baseline && !f.beside && (!x.served || !x.served->ok || outcome == Outcome::ok))
    x.served = ServedCall{c.deployment, f.in, f.cached, f.out, outcome == Outcome::ok};
  x.all_final = x.all_final && !d.metered();
  x.simulated = x.simulated || d.simulated;
  count(x, d, f, figures);
  trace_call_end(x, figures);
  x.context.router.learn(x, d, f);
}

void settle_interrupted(const Snapshot& snapshot, const std::vector<energy::CallFacts>& calls,
                        ledger::Journal& journal) {
  for (const energy::CallFacts& f : calls) {
    const Deployment* d = snapshot.deployment(f.deployment);
    if (!d) continue;
    const grid::Reading r = snapshot.grid->at(f.zone, f.end);
    energy::Settlement s = energy::provisional_settlement(
        f, figures_of(*d, f, {.g_per_kwh = r.value.g_per_kwh, .sigma = r.sigma_ln, .hourly = r.hourly()}));
    s.basis = energy::Basis::final;  // its windows passed while nobody read the meter
    (void)journal.append(s);
  }
}

namespace {

void count_request(const Exchange& x) {
  WorkerCounters& n = x.context.counters;
  for (const Trail::Leg& leg : x.trail) n.phase_ns[static_cast<size_t>(leg.phase)].add((leg.end - leg.begin).count());
  // What was refused at the door says nothing of what the gateway adds to an answer.
  if (x.calls > 0) n.overhead.observe(x.trail.own());
  for (const Spared& s : x.spared) n.spared.add(s.step, s.in, s.out);
}

// Why it went where it went, and what the guard found.
std::string reason_of(const Exchange& x) {
  if (!x.guarding || x.guarding->note.empty()) return x.reason;
  return fmt::format("{}{}guard: {}", x.reason, x.reason.empty() ? "" : "; ", x.guarding->note);
}

// Without the steps that spared it something, an engine would have had work: a request that was refused, or failed
// before any engine began, was spared nothing.
bool did_work(const Exchange& x, Outcome outcome) {
  return outcome == Outcome::ok || (!x.call.facts.beside && (x.call.facts.in > 0 || x.call.facts.out > 0));
}

std::vector<energy::Avoided> avoided(const Exchange& x, Wall at) {
  if (x.spared.empty()) return {};
  const Deployment* d = x.call.deployment.get();
  if (!d) return price_spared(x.id, at, x.spared, nullptr, {}, {});
  return price_spared(x.id, at, x.spared, d, x.call.facts, x.context.grid(*d, x.call.facts.end));
}

// A 5xx, or an answer that began well and did not end; an engine's "context too long" is the client's.
bool is_our_fault(const Exchange& x, Outcome outcome) {
  if (outcome != Outcome::failed && outcome != Outcome::refused) return false;
  return x.status >= 500 || (outcome == Outcome::failed && x.status < 400);
}

}  // namespace

void close_request(Exchange& x, Outcome outcome) {
  if (x.recorded) return;
  x.recorded = true;
  x.context.counters.requests[static_cast<size_t>(outcome)].add();
  if (is_our_fault(x, outcome)) x.context.counters.server_errors[static_cast<size_t>(outcome)].add();
  x.trail.leave(x.now());
  close_call(x, outcome, 0);
  count_request(x);
  end_trace(x, outcome);
  note_request(x, outcome);
  note_flagged(x);
  x.reservation.finish();
  if (x.calls == 0) {
    if (outcome != Outcome::ok && x.status < 500) x.context.counters.client_errors.add();
    // Nobody to book it to; or too little room, which is for what has begun.
    if (!x.key || x.context.journal.full()) return;
  }
  const Wall now = x.context.clock().wall();
  if (did_work(x, outcome)) {
    x.context.baseline.count(x);
    for (const energy::Avoided& a : avoided(x, now)) (void)x.context.journal.append(a);
  }
  (void)x.context.journal.append(energy::RequestFacts{.id = x.id,
                                                      .tenant = x.tenant,
                                                      .workload = x.workload,
                                                      .route = x.scan.model,
                                                      .endpoint = std::string(x.client.head().path()),
                                                      .start = x.arrived,
                                                      .end = now,
                                                      .streamed = x.scan.stream,
                                                      .outcome = outcome,
                                                      .http_status = x.status,
                                                      .error = x.error,
                                                      .reason = reason_of(x),
                                                      .calls = x.calls,
                                                      .user = x.scan.user});
}

}  // namespace trine::gateway
