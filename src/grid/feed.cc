#include "grid/feed.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace trine::grid {
namespace {

constexpr std::array<const char*, 6> kNames = {
    "lifecycle", "lifecycle_production", "direct", "direct_production", "marginal", "market"};

bool same_place(const Feed& a, const Feed& b) {
  return iequals(a.zone, b.zone) && a.source == b.source && a.method == b.method;
}

}  // namespace

const char* name(Method m) {
  return kNames[static_cast<size_t>(m)];
}

std::optional<Method> method_named(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i)
    if (name == kNames[i]) return static_cast<Method>(i);
  return {};
}

Feeds merged(Feeds a, const Feeds& b) {
  for (const auto& feed : b) {
    const auto it = std::find_if(a.begin(), a.end(), [&](const auto& known) { return same_place(*known, *feed); });
    if (it == a.end()) {
      a.push_back(feed);
    } else if (feed->fetched > (*it)->fetched) {
      *it = feed;
    }
  }
  return a;
}

}  // namespace trine::grid
