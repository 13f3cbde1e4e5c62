// What is wrong now, as far as a gateway sees it, and what of it is worth a message.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gateway/notify/notice.h"
#include "gateway/view.h"

namespace trine::gateway {

struct Condition {
  NoticeKind kind{};
  Severity severity = Severity::warning;
  std::string subject;
  std::string sentence;
  Nanos hold{};  // told when it lasts that long
};

// Meters that are silent, sources of intensities that do not answer, deployments without requests, budgets that are
// used up or nearly, a ledger without room. Pure.
std::vector<Condition> conditions_of(const GatewayView& view, Wall now);

// Turns what is wrong at each look into messages: one when a condition has lasted, one when it is over. One thread.
class ConditionWatch {
 public:
  // A reload may put thousands of keys under budgets: what is beyond is not followed.
  static constexpr size_t kMost = 1000;
  std::vector<Notice> look(const std::vector<Condition>& conditions, Wall now);

 private:
  struct State {
    Condition condition;
    Wall since{};
    bool told = false, seen = false;
  };
  std::map<std::string, State> states_;  // by kind, severity and subject
};

}  // namespace trine::gateway
