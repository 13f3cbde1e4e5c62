#include "gateway/guard/guards.h"

#include <algorithm>
#include <set>

namespace trine::gateway {
Result<std::shared_ptr<const Guards>> Guards::make(const Config& config) {
  const GuardConfig& c = config.guard;
  auto out = std::make_shared<Guards>();
  if (!c.policy.empty() || !c.rules.empty()) {
    auto loaded = guard::Guard::load({.policy = c.policy, .rules = c.rules});
    if (!loaded) return fail(Code::invalid_argument, "guard:\n{}", loaded.error().message);
    out->guard_ = std::move(*loaded);
  }
  out->on_ = c.on;
  if (!c.on && !out->guard_) return out;
  out->canary_ = c.canary;
  const std::string& judge = out->judge().model;
  const auto is_judge = [&](const RouteConfig& r) { return r.model == judge; };
  if (out->judge().family && std::none_of(config.routes.begin(), config.routes.end(), is_judge))
    return fail(Code::invalid_argument, "guard: the policy's judge is the model \"{}\", which no route has.", judge);

  std::set<std::string> routes = {""}, keys = {""};
  for (const RouteConfig& r : config.routes)
    if (r.guard != kOff) routes.insert(r.guard);
  for (const KeyConfig& k : config.keys) keys.insert(k.guard);
  for (const std::string& route : routes)
    for (const std::string& key : keys) {
      auto policy = out->guard()->policies().chosen(route, key);
      if (!policy) return fail(Code::invalid_argument, "guard: {}", policy.error().message);
      out->chosen_.emplace(std::pair(route, key), std::move(*policy));
    }
  return out;
}

const guard::Policy* Guards::policy(const std::string& by_route, const std::string& by_key) const {
  if (!on_ || by_route == kOff) return nullptr;
  const auto it = chosen_.find({by_route, by_key});
  return it == chosen_.end() ? &standard() : &it->second;
}

}  // namespace trine::gateway
