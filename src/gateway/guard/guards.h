// The guard as one configuration has it: which policy holds for whom. Immutable, part of a Snapshot.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "gateway/config/config.h"
#include "guard/guard.h"

namespace trine::gateway {

class Guards {
 public:
  static constexpr std::string_view kOff = "off";

  // Reads the policy and the rules. Errors (invalid_argument): of these files, or a policy or a judge
  // that is named and is not there.
  static Result<std::shared_ptr<const Guards>> make(const Config& config);

  // The built-in one is made when it is first asked for, which takes a second; a gateway whose guard is off does not
  // wait for it.
  const std::shared_ptr<const guard::Guard>& guard() const { return guard_ ? guard_ : guard::Guard::shipped(); }
  bool is_made() const { return guard_ || guard::Guard::shipped_is_made(); }
  bool on() const { return on_; }
  bool canary() const { return canary_; }
  // Who judges, where the policy names somebody.
  const guard::JudgeSettings& judge() const { return guard()->policies().judge; }
  // Of a request by this route's and this key's choice (names of policies, or empty). Null: nobody looks at it.
  const guard::Policy* policy(const std::string& by_route, const std::string& by_key) const;
  const guard::Policy& standard() const { return guard()->policies().standard; }

 private:
  std::shared_ptr<const guard::Guard> guard_;
  std::map<std::pair<std::string, std::string>, guard::Policy> chosen_;
  bool on_ = true, canary_ = false;
};

}  // namespace trine::gateway
