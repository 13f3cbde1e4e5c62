// Who is signed in: a random id in a cookie, and here under its hash what it stands for. In memory: a restart signs
// everybody out. One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "protect/digest.h"
#include "protect/role.h"

namespace trine::web {

struct Session {
  std::string actor;  // "local:admin", "oidc:alice@login.example.org"
  protect::Role role = protect::Role::none;
  std::string csrf;
  Wall expires{};  // whatever is done
  Mono used{};
};

class Sessions {
 public:
  static constexpr Nanos kLongest = std::chrono::hours(12), kIdle = std::chrono::hours(1);
  static constexpr size_t kMost = 1000;  // then the one that was used longest ago goes

  explicit Sessions(const Clock& clock) : clock_(clock) {}

  // A new session with an id of its own, always: the id is what goes into the cookie. `until`: not longer than that.
  std::string begin(std::string actor, protect::Role role, std::optional<Wall> until = {});
  // Null: none, or it is over. A use keeps it for another kIdle.
  const Session* find(std::string_view id);
  void end(std::string_view id);
  size_t size() const { return sessions_.size(); }

 private:
  bool over(const Session& s) const;

  const Clock& clock_;
  std::map<protect::Digest, Session> sessions_;
};

// 256 random bits in base64url.
std::string random_token();

}  // namespace trine::web
