#include "gateway/admin/access.h"

#include <algorithm>

#include "gateway/identify/identify.h"

namespace trine::gateway {

bool is_suspended(const Caller& caller, const WatchedLevel& watched) {
  constexpr std::string_view kKey = "key:";
  const std::string name = caller.actor.starts_with(kKey) ? caller.actor.substr(kKey.size()) : caller.actor;
  return watched && watched(name) == protect::WatchLevel::suspended;
}

double FailureBound::level(const Count& count, Mono t) const {
  return std::max(0.0, count.level - per_second_ * seconds(t - count.at));
}

bool FailureBound::exhausted(const std::string& address, Mono now) const {
  const auto it = counts_.find(address);
  const Count* count = it != counts_.end() ? &it->second : counts_.size() >= kMost ? &others_ : nullptr;
  return count && level(*count, now) + 1 > burst_;
}

void FailureBound::failed(const std::string& address, Mono now) {
  auto it = counts_.find(address);
  if (it == counts_.end() && counts_.size() >= kMost)
    std::erase_if(counts_, [&](const auto& c) { return level(c.second, now) <= 0; });
  Count& count = it != counts_.end() ? it->second : counts_.size() >= kMost ? others_ : counts_[address];
  count = {level(count, now) + 1, now};
}

std::optional<Caller> find_caller(const net::Head& head, const Identities& identities, const OidcProviders* oidc,
                                  const std::function<void(size_t)>& want_keys, Wall now) {
  const std::string_view secret = sent_key(head);
  if (secret.empty()) return std::nullopt;
  if (secret.starts_with(protect::kKeyPrefix)) {
    const auto match = identities.table()->find(secret, now);
    if (!match) return std::nullopt;
    return Caller{"key:" + protect::key_name(match->id), {}, identities.rights(match->grant).role};
  }
  if (!oidc || !secret.starts_with("eyJ")) return std::nullopt;
  const OidcVerdict v = check_token(*oidc, secret, now);
  if (v.wants && want_keys) want_keys(*v.wants);
  if (!v.key) return std::nullopt;
  return Caller{"oidc:" + v.subject, {}, v.key->role};
}

}  // namespace trine::gateway
