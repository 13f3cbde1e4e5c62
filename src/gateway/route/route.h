// Stage 6: which deployment? Hard constraints first, then the weighted product of cost, control and carbon
// (docs/csoa.md §2, §5), at what each deployment would bill if this request joined it now. The choice is the router's
// (router.h).
#pragma once

#include <optional>

#include "gateway/exchange.h"
#include "llm/errors.h"

namespace trine::gateway {

// Finds the route of the request's model. Errors: unknown_model, route_not_allowed.
std::optional<llm::ClientError> find_route(Exchange& x);

// Takes the request's own weights, where it brings some. Errors: invalid_weights, weights_not_allowed.
std::optional<llm::ClientError> read_weights(Exchange& x);

// Router::choose, then its fallbacks; the chosen deployment's try is claimed where its health is in doubt.
std::shared_ptr<const Deployment> choose_deployment(Exchange& x, std::string& why_not);

}  // namespace trine::gateway
