// API keys are kept and compared as SHA-256 only. They are long random strings, so a plain hash is enough. Any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace trine::gateway {

using KeyHash = std::array<unsigned char, 32>;  // all zeros: none

// Throws std::bad_alloc only.
KeyHash hash_key(std::string_view secret);

// 64 hex digits, "sha256:" before them or not; nothing for all zeros.
std::optional<KeyHash> parse_key_hash(std::string_view text);

// Overwrites the text before it is freed.
void wipe(std::string& secret);

}  // namespace trine::gateway
