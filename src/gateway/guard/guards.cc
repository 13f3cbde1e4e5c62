#include "gateway/guard/guards.h"

#include <set>

namespace trine::gateway {
namespace {

guard::JudgeFamily family_of(JudgeFormat format) {
  switch (format) {
    case JudgeFormat::llama_guard:
      return guard::JudgeFamily::llama_guard;
    case JudgeFormat::qwen3guard:
      return guard::JudgeFamily::qwen3guard;
    case JudgeFormat::granite_guardian:
      return guard::JudgeFamily::granite_guardian;
    case JudgeFormat::gpt_oss_safeguard:
      return guard::JudgeFamily::gpt_oss_safeguard;
  }
  return guard::JudgeFamily::llama_guard;
}

}  // namespace

Result<std::shared_ptr<const Guards>> Guards::make(const Config& config) {
  const GuardConfig& c = config.guard;
  auto out = std::make_shared<Guards>();
  if (c.policy.empty() && c.rules.empty()) {
    out->guard_ = guard::Guard::shipped();
  } else {
    auto loaded = guard::Guard::load({.policy = c.policy, .rules = c.rules});
    if (!loaded) return fail(Code::invalid_argument, "guard:\n{}", loaded.error().message);
    out->guard_ = std::move(*loaded);
  }
  out->on_ = c.on;
  out->canary_ = c.canary;
  if (c.judge) out->judge_ = JudgeUse{c.judge->deployment, family_of(c.judge->format)};

  std::set<std::string> routes = {""}, keys = {""};
  for (const RouteConfig& r : config.routes)
    if (r.guard != kOff) routes.insert(r.guard);
  for (const KeyConfig& k : config.keys) keys.insert(k.guard);
  for (const std::string& route : routes)
    for (const std::string& key : keys) {
      auto policy = out->guard_->policies().chosen(route, key);
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
