// The guard's lines of the audit log, as pages read them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.h"
#include "protect/audit.h"

namespace trine::web {

inline constexpr size_t kMostAuditLines = 5000;  // of a kind

// Empty: the line has no such detail.
inline std::string detail(const protect::AuditEntry& e, std::string_view name) {
  for (const auto& [n, value] : e.detail)
    if (n == name) return value;
  return {};
}

// What a line stands for: verdicts or refusals of one cause within a minute.
inline int64_t count_of(const protect::AuditEntry& e) {
  return std::max<int64_t>(1, parse_int(detail(e, "count")).value_or(1));
}

}  // namespace trine::web
