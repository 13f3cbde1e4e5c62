// What a client's key looks like: trn_<id>_<secret>, such as
//   trn_4fk2h8w0c9qz_0vXq...43 characters
// The id (12 letters of Crockford's base32, 60 random bits) is no secret: it names the key in lists, logs and the
// ledger. The secret is 256 random bits in base64url. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace trine::protect {

using KeyId = uint64_t;  // 60 bits, never 0

inline constexpr std::string_view kKeyPrefix = "trn_";
inline constexpr size_t kIdLetters = 12, kSecretLetters = 43;

std::string key_name(KeyId id);                              // "trn_4fk2h8w0c9qz"
std::optional<KeyId> parse_key_name(std::string_view text);  // lower-case letters, as they are written

// The id of what has the form of a whole key; nothing is said of whether there is such a key.
std::optional<KeyId> id_of_key(std::string_view key);

struct NewKey {
  KeyId id = 0;
  std::string text;  // the whole key: shown once, kept nowhere
};
// Errors: unavailable where the system gives no random bytes.
Result<NewKey> new_key();

// Fills `bytes` from the system's random source. Errors: unavailable.
Result<void> random_bytes(std::span<unsigned char> bytes);

}  // namespace trine::protect
