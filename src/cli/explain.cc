#include "cli/explain.h"

#include <algorithm>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/source.h"

namespace trine::cli {
namespace {

constexpr Nanos kMargin = std::chrono::minutes(5);  // a window that ends after the call; other calls that overlap

// Token weights of all deployments on the device, by their place in `names`.
std::vector<energy::TokenWeights> weights_of(const gateway::Snapshot& snapshot, const std::vector<std::string>& names) {
  std::vector<energy::TokenWeights> weights;
  for (const std::string& n : names) {
    const gateway::Deployment* d = snapshot.deployment(n);
    weights.push_back(d && d->own ? d->own->hardware.weights : energy::TokenWeights::from({}));
  }
  return weights;
}

std::vector<std::string> split_names(const std::string& joined) {
  std::vector<std::string> names;
  for (size_t at = 0; at <= joined.size();) {
    const size_t end = std::min(joined.find('+', at), joined.size());
    names.push_back(joined.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

Result<std::vector<energy::ReplayedWindow>> replayed(const ledger::Reports& reports, const energy::CallFacts& facts,
                                                     const gateway::Snapshot& snapshot) {
  auto windows = reports.windows(facts.deployment, facts.start, facts.end + kMargin);
  if (!windows) return tl::unexpected(windows.error());
  if (windows->empty()) return std::vector<energy::ReplayedWindow>{};
  const auto names = split_names(windows->front().deployment);
  auto calls = reports.calls_between(names, windows->front().begin - kMargin, facts.end + kMargin);
  if (!calls) return tl::unexpected(calls.error());
  std::vector<energy::ReplayedCall> all;
  for (energy::CallFacts& c : *calls) {
    const auto model = std::find(names.begin(), names.end(), c.deployment) - names.begin();
    all.push_back({std::move(c), static_cast<uint16_t>(model)});
  }
  energy::Pace pace;
  const gateway::Deployment* d = snapshot.deployment(facts.deployment);
  if (d && d->own) {
    pace.prefill_tokens_per_s = d->own->speed.prefill_tokens_per_s;
    pace.token_s = d->own->speed.step_s0 + d->own->speed.step_s1 * std::max(1.0, facts.mean_batch);
  }
  return energy::replay(facts.id, all, weights_of(snapshot, names), pace, *windows);
}

}  // namespace

Result<Explanation> explain(const ledger::Reports& reports, ledger::RequestView request,
                            const gateway::Snapshot* snapshot) {
  Explanation e;
  for (const ledger::CallView& c : request.calls) {
    ExplainedCall call{.call = c, .windows = {}, .deployment = {}, .grid = {}};
    if (snapshot) {
      for (const auto& d : snapshot->deployments)
        if (d->name == c.facts.deployment) call.deployment = d;
      call.grid = snapshot->grid->at(c.facts.zone, c.facts.start);
      if (call.deployment && call.deployment->own) {
        auto windows = replayed(reports, c.facts, *snapshot);
        if (!windows) return tl::unexpected(windows.error());
        call.windows = std::move(*windows);
      }
    }
    e.calls.push_back(std::move(call));
  }
  e.request = std::move(request);
  if (snapshot) e.currency = snapshot->config->ledger.currency;
  return e;
}

int run_explain(const ExplainOptions& o) {
  const auto id = RequestId::parse(o.id);
  if (!id)
    return complain(
        fmt::format("\"{}\" is no request id; it stands in the header x-trine-request-id of each answer.", o.id),
        kUsage);
  const auto place = find_ledger(o.source);
  if (!place) return complain(place.error());
  std::shared_ptr<const gateway::Snapshot> snapshot;
  if (place->config) {
    auto resolved = resolve(place->config);
    if (!resolved) return complain(resolved.error());
    snapshot = *resolved;
  }
  const ledger::Reports reports(place->dir);
  auto request = reports.request(*id);
  if (!request) return complain(request.error());
  if (!*request)
    return complain(fmt::format("The ledger in {} has no request {}. One that has just ended comes within a second.",
                                place->dir.string(), o.id));
  const auto explanation = explain(reports, std::move(**request), snapshot.get());
  if (!explanation) return complain(explanation.error());
  say(o.json ? to_json(*explanation) : explain_text(*explanation));
  return kOk;
}

}  // namespace trine::cli
