#include "gateway/limit/limit.h"

#include <algorithm>

#include "base/log.h"
#include "gateway/limit/quote.h"
#include "gateway/limit/say.h"

namespace trine::gateway {
namespace {

using protect::Gcra;
using protect::Policy;

// Reserved where neither the client nor a limit says how long the answer may be.
constexpr Tokens kAssumedOutput = 1024;
constexpr int64_t kMostAnswers = 1000;  // of one request that are reserved for: more than any engine takes

Tokens cap_of(const Exchange& x) {
  Tokens cap = x.limits->limits->max_tokens;
  tighten(cap, x.limits->group->max_tokens);
  if (x.route) tighten(cap, x.route->limit.limits->max_tokens);
  return cap;
}

// The most that a bucket for generated tokens can give beside the prompt; an assumption must not be what refuses.
Tokens assumed_output(const Policy& p, Tokens in) {
  Tokens out = kAssumedOutput;
  for (const auto& level : p.all_levels()) {
    const protect::Limits& l = *level.limits;
    if (l.tpm != 0) out = std::min(out, Gcra::most({l.tpm, l.burst}) - in);
    if (l.tpm_out != 0) out = std::min(out, Gcra::most({l.tpm_out, l.burst}));
  }
  return std::max<Tokens>(1, out);
}

void expect_tokens(Exchange& x, const Policy& policy, protect::Quantities& asked) {
  if (!x.route) return;
  asked.in = llm::estimated_prompt_tokens(x.scan);
  if (x.endpoint == llm::Endpoint::embeddings) return;
  const Tokens cap = cap_of(x);
  const auto wanted = x.scan.max_tokens;
  if (cap != 0 && (!wanted || *wanted > cap)) x.output_cap = cap;
  const Tokens each = x.output_cap ? *x.output_cap : wanted ? *wanted : assumed_output(policy, asked.in);
  asked.out = std::min(each, llm::kMaxTokens) * std::min(x.scan.n, kMostAnswers);
}

void warn(Exchange& x, const protect::Verdict& v) {
  const auto& b = *v.soft;
  if (b.rule.prefer == protect::Prefer::cheaper) x.prefer = score::Weights{.cost = 1, .control = 0, .carbon = 0};
  if (b.rule.prefer == protect::Prefer::cleaner) x.prefer = score::Weights{.cost = 0, .control = 0, .carbon = 1};
  if (b.account->first_warning(x.context.clock().wall()))
    log::warning("budget: {} (over {:.0f} %)", budget_text(b, v.soft_view, x.snapshot->config->ledger.currency),
                 b.rule.soft * 100);
}

}  // namespace

size_t body_limit(const Exchange& x) {
  int64_t limit = x.snapshot->config->limits.body_bytes;
  tighten(limit, x.limits->limits->request_bytes);
  tighten(limit, x.limits->group->request_bytes);
  return static_cast<size_t>(limit);
}

std::optional<llm::ClientError> limit(Exchange& x) {
  if (x.route) {
    const int64_t most = x.route->limit.limits->request_bytes;
    if (most != 0 && x.body.size > static_cast<size_t>(most))
      return llm::ClientError{llm::ErrorCode::body_too_large, fmt::format("{} takes {} bytes", x.scan.model, most), {}};
  }
  const Policy policy =
      x.snapshot->limits->policy_of(*x.limits, x.route ? x.route->limit : protect::Level{}, x.workload);
  protect::Quantities asked;
  expect_tokens(x, policy, asked);
  if (policy.empty()) return {};
  if (policy.budget_count != 0) {
    const auto quote = worst_quote(x, asked.in, asked.out);
    asked.cost = quote.cost;
    asked.energy = quote.energy;
    asked.carbon = quote.carbon;
  }
  const auto verdict = x.reservation.take(x.snapshot->limits->state(), policy, asked);
  x.limit_head = limit_head(verdict, x.snapshot->config->ledger.currency);
  if (verdict.ok()) {
    if (verdict.soft) warn(x, verdict);
    return {};
  }
  x.context.counters.refusals[static_cast<size_t>(verdict.refused)].add();
  return refusal(x, policy, verdict);
}

}  // namespace trine::gateway
