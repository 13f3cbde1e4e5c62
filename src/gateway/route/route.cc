#include "gateway/route/route.h"

namespace trine::gateway {

using llm::ClientError;
using llm::ErrorCode;

std::optional<ClientError> find_route(Exchange& x) {
  const auto it = x.snapshot->routes.find(std::string_view(x.scan.model));
  if (it == x.snapshot->routes.end())
    return ClientError{ErrorCode::unknown_model, fmt::format("\"{:.80}\"", x.scan.model), "model"};
  if (!x.key->may_use(it->first)) return ClientError{ErrorCode::route_not_allowed, it->first, "model"};
  x.route = &it->second;
  if (x.workload.empty()) x.workload = x.route->workload;
  return {};
}

std::optional<ClientError> read_weights(Exchange& x) {
  const auto header = x.client.head().find("x-trine-weights");
  if (!header) return {};
  if (!x.key->may_override_weights) return ClientError{ErrorCode::weights_not_allowed, {}, {}};
  const auto weights = score::parse_weights(*header);
  if (!weights) return ClientError{ErrorCode::invalid_weights, weights.error().message, {}};
  x.weights = *weights;
  return {};
}

std::shared_ptr<const Deployment> choose_deployment(Exchange& x, std::string& why_not) {
  auto chosen = x.context.router.choose(x, why_not);
  if (!chosen && x.route) chosen = x.context.router.choose_fallback(x, why_not);
  if (chosen) chosen->state->health.claim(x.now());
  return chosen;
}

}  // namespace trine::gateway
