// What a request may cost at most, before it is sent.
#pragma once

#include "gateway/exchange.h"
#include "protect/limits.h"

namespace trine::gateway {

// Money, energy and carbon of `in` prompt and `out` generated tokens at the dearest deployment that may answer, each
// quantity by itself. Own hardware is quoted at half of the requests that run there (`quoted_at`): those that leave
// before this one make the rest dearer.
uint32_t quoted_at(const Deployment& deployment);
protect::Quantities quote_of(const Deployment& deployment, const score::Tariff& tariff, const score::Shape& shape);
protect::Quantities worst_quote(Exchange& x, Tokens in, Tokens out);

}  // namespace trine::gateway
