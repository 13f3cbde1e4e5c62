// Who calls the admin port: a key of the identity store or a token of a provider, and the role that goes with it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/time.h"
#include "gateway/identify/identities.h"
#include "gateway/identify/oidc.h"
#include "net/http_head.h"
#include "protect/abuse.h"

namespace trine::gateway {

struct Caller {
  std::string actor;  // "key:trn_4fk2h8w0c9qz", "oidc:alice"
  std::string address;
  protect::Role role = protect::Role::none;
};

// Of a key or a person, by the name in reports: "trn_4fk2h8w0c9qz", "oidc:alice". Empty: nobody is under watch.
using WatchedLevel = std::function<protect::WatchLevel(const std::string&)>;
bool is_suspended(const Caller& caller, const WatchedLevel& watched);

// Failures by address, leaking away: kBurst at once, then one in a second, where nobody says otherwise. Addresses
// beyond kMost share one count, so that it stays small whoever comes. One thread.
class FailureBound {
 public:
  static constexpr double kBurst = 20, kPerSecond = 1;
  static constexpr size_t kMost = 1024;

  explicit FailureBound(double burst = kBurst, double per_second = kPerSecond)
      : burst_(burst), per_second_(per_second) {}

  // No further failure fits now.
  bool exhausted(const std::string& address, Mono now) const;
  void failed(const std::string& address, Mono now);
  size_t size() const { return counts_.size(); }

 private:
  struct Count {
    double level = 0;
    Mono at{};
  };
  double level(const Count& count, Mono t) const;

  const double burst_, per_second_;
  std::unordered_map<std::string, Count> counts_;
  Count others_;
};

// Null: no key, or one that is not known, expired or revoked: nothing says which. `want_keys`: see OidcKeys::want.
std::optional<Caller> find_caller(const net::Head& head, const Identities& identities, const OidcProviders* oidc,
                                  const std::function<void(size_t)>& want_keys, Wall now);

}  // namespace trine::gateway
