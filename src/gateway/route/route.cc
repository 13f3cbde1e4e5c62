#include "gateway/route/route.h"

#include <algorithm>
#include <array>

#include "score/choose.h"

namespace trine::gateway {
namespace {

constexpr Tokens kExpectedOutput = 200;  // where the client names no limit: the score compares like with like
// The axes are a ratio scale and have no zero. What the operator calls free counts as a tenth of a cent per million
// tokens: cheaper than anything that is sold.
constexpr double kFreePerMtok = 0.001;

Money per_million(const energy::VendorPrice& p, const score::Shape& s) {
  const auto cost = energy::vendor_cost(p, {.in = s.in, .cached = s.cached, .out = s.out});
  return cost ? *cost : Money{};
}

// What the hard constraints need; the axes are those of nobody in particular.
score::Option unquoted(const Exchange& x, const Deployment& d) {
  score::Option o;
  o.id = d.name;
  o.zone = d.zone;
  o.context_limit = d.context;
  o.running = static_cast<uint32_t>(std::max<int64_t>(0, d.state->batch.running()));
  o.max_running = static_cast<uint32_t>(d.max_concurrency);
  o.endpoints = d.endpoints;
  o.healthy = d.state->health.available(x.now());
  o.figures = score::Axes{.eur_per_mtok = 1, .g_per_mtok = 1, .control = 1};
  return o;
}

score::Option option_of(Exchange& x, const Deployment& d, const score::Shape& shape, Wall now) {
  score::Option o = unquoted(x, d);
  const energy::GridValue& grid = x.context.grid(d, now);
  o.g_per_kwh = grid.g_per_kwh;
  score::Axes axes{.control = d.control};
  score::Quote q;
  if (d.own) {
    q = score::quote(d.own->hardware, d.own->speed, grid, o.running, shape);
  } else if (auto v = score::quote_vendor(d.vendor->model, d.vendor->price, grid, shape)) {
    q = *v;
  }
  const auto tokens = static_cast<double>(shape.in + shape.out);
  if (d.token_price) q.eur_per_mtok = to_euros(per_million(*d.token_price, shape)) / tokens * 1e6;
  if (d.free) q.eur_per_mtok = kFreePerMtok;
  axes.eur_per_mtok = q.eur_per_mtok;
  axes.g_per_mtok = q.g_per_mtok;
  o.figures = axes;
  o.marginal_joules = q.marginal_joules;
  o.joules_per_token = q.joules_per_token;
  return o;
}

bool was_tried(const Exchange& x, const Deployment* d) {
  return std::find(x.tried.begin(), x.tried.end(), d) != x.tried.end();
}

std::string describe(const score::Option& o, const score::Choice& c, size_t known) {
  return fmt::format("{}: score {:.2f} of {} (EUR {:.3g}, {:.3g} g per Mtok, control {:.2f})", o.id, c.score, known,
                     o.axes().eur_per_mtok, o.axes().g_per_mtok, o.axes().control);
}

}  // namespace

std::optional<llm::ClientError> find_route(Exchange& x) {
  const auto it = x.snapshot->routes.find(std::string_view(x.scan.model));
  if (it == x.snapshot->routes.end())
    return llm::ClientError{llm::ErrorCode::unknown_model, fmt::format("\"{:.80}\"", x.scan.model), "model"};
  if (!x.key->may_use(it->first)) return llm::ClientError{llm::ErrorCode::route_not_allowed, it->first, "model"};
  x.route = &it->second;
  if (x.workload.empty()) x.workload = x.route->workload;
  return {};
}

std::shared_ptr<const Deployment> choose_deployment(Exchange& x, std::string& why_not) {
  static const score::Weights kEven;
  const auto& known = x.route ? x.route->deployments : x.snapshot->deployments;
  const Wall now = x.context.clock().wall();
  const Tokens in = std::max<Tokens>(1, llm::estimated_prompt_tokens(x.scan));
  const Tokens out = std::min(x.scan.max_tokens.value_or(kExpectedOutput), kExpectedOutput);
  const score::Shape shape{.in = in, .out = std::max<Tokens>(1, out)};
  score::Need need;
  need.endpoint = score_endpoint(x.endpoint);
  if (x.route) need.zones = x.route->zone_views;

  thread_local std::vector<score::Option> options;  // its memory is kept from request to request
  thread_local std::vector<std::shared_ptr<const Deployment>> deployments;
  options.clear();
  deployments.clear();
  for (const auto& d : known)
    if (!was_tried(x, d.get())) deployments.push_back(d);
  const bool alone = deployments.size() == 1;  // then there is nothing to compare
  for (const auto& d : deployments) options.push_back(alone ? unquoted(x, *d) : option_of(x, *d, shape, now));
  score::Policy policy{.weights = x.prefer         ? *x.prefer
                                  : x.key->weights ? *x.key->weights
                                  : x.route        ? x.route->weights
                                                   : kEven};
  const auto choice = score::choose(options, policy, need);
  if (!choice) {
    for (const score::Option& o : options) {
      if (!why_not.empty()) why_not += "; ";
      why_not += fmt::format("{}: {}", o.id, score::explain(score::unfit(o, need), o, need));
    }
    return nullptr;
  }
  if (alone)
    x.reason.assign(options.front().id)
        .append(known.size() == 1 ? ": the route's only deployment" : ": the last one left");
  else
    x.reason = describe(options[choice->index], *choice, known.size());
  auto chosen = deployments[choice->index];
  chosen->state->health.claim(x.now());
  deployments.clear();
  return chosen;
}

}  // namespace trine::gateway
