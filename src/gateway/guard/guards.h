// The guard as one configuration has it: which policy holds for whom. Immutable, part of a Snapshot.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "gateway/config/config.h"
#include "guard/guard.h"

namespace trine::gateway {

// A judge's deployment is found by its name when it is asked.
struct JudgeUse {
  std::string deployment;
  guard::JudgeFamily family = guard::JudgeFamily::llama_guard;
};

class Guards {
 public:
  static constexpr std::string_view kOff = "off";

  // Reads the policy and the rules. Errors (invalid_argument): of these files, or a policy that a route or a key names
  // and that is not there.
  static Result<std::shared_ptr<const Guards>> make(const Config& config);

  const std::shared_ptr<const guard::Guard>& guard() const { return guard_; }
  bool on() const { return on_; }
  bool canary() const { return canary_; }
  const std::optional<JudgeUse>& judge() const { return judge_; }
  // Of a request by this route's and this key's choice (names of policies, or empty). Null: nobody looks at it.
  const guard::Policy* policy(const std::string& by_route, const std::string& by_key) const;
  const guard::Policy& standard() const { return guard_->policies().standard; }

 private:
  std::shared_ptr<const guard::Guard> guard_;
  std::map<std::pair<std::string, std::string>, guard::Policy> chosen_;
  std::optional<JudgeUse> judge_;
  bool on_ = true, canary_ = false;
};

}  // namespace trine::gateway
