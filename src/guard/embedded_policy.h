// models/guard/policy.yaml as it was when the program was built (written by embed_policy.cmake).
#pragma once

#include <string_view>

namespace trine::guard {

extern const std::string_view kEmbeddedPolicy;

}  // namespace trine::guard
