// Stage 6: which deployment? Hard constraints first, then the weighted product of cost, control and carbon
// (docs/csoa.md §2), at what each deployment would bill if this request joined it now.
#pragma once

#include <optional>

#include "gateway/exchange.h"
#include "llm/errors.h"

namespace trine::gateway {

// Finds the route of the request's model. Errors: unknown_model, route_not_allowed.
std::optional<llm::ClientError> find_route(Exchange& x);

// Chooses among the route's deployments (for requests without a model: among all) that were not tried yet; sets
// x.reason. Null where none may serve; `why_not` then has the reasons, a clause.
std::shared_ptr<const Deployment> choose_deployment(Exchange& x, std::string& why_not);

}  // namespace trine::gateway
