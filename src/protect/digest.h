// SHA-256. Any thread. Throw std::bad_alloc only.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trine::protect {

using Digest = std::array<unsigned char, 32>;

Digest sha256(std::string_view bytes);
// In a time that does not depend on where they differ.
bool same(const Digest& a, const Digest& b);

std::optional<Digest> parse_hex(std::string_view text);  // 64 digits, lower case

}  // namespace trine::protect
