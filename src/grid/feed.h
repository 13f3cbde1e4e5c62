// What a source has said of one zone by one method. Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/units.h"
#include "grid/series.h"

namespace trine::grid {

// What an intensity counts. Only the first is the headline; the others are kept and shown beside it and never fill its
// gaps (docs/accounting.md §3).
enum class Method : uint8_t {
  lifecycle,             // average, with imports and exports, from cradle to grave
  lifecycle_production,  // average of the plants in the zone, from cradle to grave
  direct,                // average, stack emissions only
  direct_production,     // average of the plants in the zone, stack emissions only
  marginal,              // of one more kWh, stack emissions only
  market,                // by contract: the supplier's mix, certificates, the residual mix; the operator says it
};
const char* name(Method m);
std::optional<Method> method_named(std::string_view name);

struct Feed {
  std::string zone;
  std::string source;  // "electricity_maps", "import", a file's name
  Method method = Method::lifecycle;
  Series values;
  Series forecast;  // the source's own, as last given; may be empty
  Wall fetched{};   // when the source was last asked with success
};
using Feeds = std::vector<std::shared_ptr<const Feed>>;

// Both, and of two feeds of the same zone, source and method the one that was fetched later (of `a` if at one time).
Feeds merged(Feeds a, const Feeds& b);

}  // namespace trine::grid
