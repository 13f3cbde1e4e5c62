// Tokens of OpenID providers in place of keys: the providers' public keys, fetched by the back office, and the check on
// the request path (docs/keys.md).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/identify/identities.h"
#include "net/egress.h"
#include "net/loop.h"
#include "protect/jwt.h"

namespace trine::gateway {

// One provider as the request path sees it. Immutable; any thread.
struct OidcProvider {
  protect::JwtRule rule;
  std::string realm;  // its issuer, for people's names
  std::string claim;  // whose values name groups
  std::vector<std::pair<std::string, std::shared_ptr<const Key>>>
      groups;                                 // claim's value → what it may do; the first that fits
  std::shared_ptr<const protect::Jwks> keys;  // null: none could be fetched yet
};
using OidcProviders = std::vector<OidcProvider>;

// Fetches key sets: at the start, every hour, and when a token names a key that is not there, though not more often
// than once a minute for whatever kids are made up. A fetch that fails or hangs leaves the keys as they are for a day.
// On the back office's loop; want() from any thread.
class OidcKeys final : net::Timer {
 public:
  using Tell = std::function<void(std::shared_ptr<const OidcProviders>)>;
  static constexpr Nanos kEvery = std::chrono::hours(1), kLeastPause = std::chrono::minutes(1);
  static constexpr Nanos kKeep = std::chrono::hours(24);

  OidcKeys(net::Loop& loop, Tell tell, net::Dialer* dialer = nullptr)
      : net::Timer(loop), loop_(loop), tell_(std::move(tell)), dialer_(dialer) {}

  // Errors: invalid_argument: a URL or a file that cannot be used.
  Result<void> use(const std::shared_ptr<const Snapshot>& snapshot);
  // A token had a kid that provider `index` does not show.
  void want(size_t index);

  // Fetches no more; what runs ends by itself, within seconds.
  void stop();
  bool idle() const;

  // Why the newest fetch of a provider failed; empty: it did not.
  const std::string& trouble(size_t index) const { return sources_[index]->trouble; }

 private:
  struct Source {
    OidcConfig config;
    net::EgressPolicy policy;
    std::string jwks_url;  // empty: to be discovered
    OidcProvider provider;
    Mono fetched{}, asked{};
    bool ever = false, running = false;
    std::string trouble;
  };
  void expired() override;
  void refresh(const std::shared_ptr<Source>& s);
  net::Task<Result<void>> fetch(Source& s);
  void publish();

  net::Loop& loop_;
  Tell tell_;
  net::Dialer* dialer_;
  std::vector<std::shared_ptr<Source>> sources_;
  size_t fetching_ = 0;
  bool stopped_ = false;
};

// Tokens that were verified lately, so that their signature is checked once. One thread: a worker's.
class TokenCache {
 public:
  static constexpr size_t kMost = 10'000;
  struct Entry {
    std::shared_ptr<const Key> key;
    std::string subject;
    Wall until{};
  };
  const Entry* find(std::string_view token, Wall now);
  void put(std::string_view token, Entry entry);
  void clear() { entries_.clear(); }

 private:
  struct Hash {
    size_t operator()(const KeyHash& h) const;
  };
  std::unordered_map<KeyHash, Entry, Hash> entries_;
};

struct OidcVerdict {
  std::shared_ptr<const Key> key;  // null: refused
  std::string subject;
  Wall expires{};
  std::optional<size_t> wants;  // a provider whose key set may be old
  const char* why = "";         // for the log
};
OidcVerdict check_token(const OidcProviders& providers, std::string_view token, Wall now);

}  // namespace trine::gateway
