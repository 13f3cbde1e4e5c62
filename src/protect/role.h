// What somebody may do on the admin port; traffic needs none. Each may do what those before it may.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trine::protect {

enum class Role : uint8_t { none, viewer, operator_, admin };
const char* name(Role role);
std::optional<Role> parse_role(std::string_view text);

}  // namespace trine::protect
