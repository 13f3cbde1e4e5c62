#include "protect/key_text.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace trine::protect {
namespace {

constexpr std::string_view kIdAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's, without i, l, o, u
constexpr std::string_view kSecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Without padding, in letters that need no quoting anywhere.
void append_base64url(std::string& out, std::span<const unsigned char> bytes) {
  uint32_t bits = 0;
  int held = 0;
  for (const unsigned char b : bytes) {
    bits = bits << 8 | b;
    for (held += 8; held >= 6; held -= 6) out += kSecretAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) out += kSecretAlphabet[bits << (6 - held) & 63];
}

}  // namespace

std::string key_name(KeyId id) {
  std::string out(kKeyPrefix);
  for (int shift = 5 * (static_cast<int>(kIdLetters) - 1); shift >= 0; shift -= 5) out += kIdAlphabet[id >> shift & 31];
  return out;
}

std::optional<KeyId> parse_key_name(std::string_view text) {
  if (text.size() != kKeyPrefix.size() + kIdLetters || !text.starts_with(kKeyPrefix)) return std::nullopt;
  KeyId id = 0;
  for (const char c : text.substr(kKeyPrefix.size())) {
    const size_t digit = kIdAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    id = id << 5 | digit;
  }
  return id == 0 ? std::nullopt : std::optional(id);
}

std::optional<KeyId> id_of_key(std::string_view key) {
  constexpr size_t kName = kKeyPrefix.size() + kIdLetters;
  if (key.size() != kName + 1 + kSecretLetters || key[kName] != '_') return std::nullopt;
  if (key.substr(kName + 1).find_first_not_of(kSecretAlphabet) != std::string_view::npos) return std::nullopt;
  return parse_key_name(key.substr(0, kName));
}

Result<void> random_bytes(std::span<unsigned char> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::getrandom(bytes.data(), bytes.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(Code::unavailable, "the system gives no random bytes: {}", std::strerror(errno));
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return {};
}

Result<NewKey> new_key() {
  std::array<unsigned char, 40> bytes{};  // 8 of the id, 32 of the secret
  NewKey key;
  while (key.id == 0) {
    if (auto r = random_bytes(bytes); !r) return tl::unexpected(r.error());
    std::memcpy(&key.id, bytes.data(), sizeof key.id);
    key.id &= (KeyId{1} << 60) - 1;
  }
  key.text = key_name(key.id) + "_";
  append_base64url(key.text, std::span(bytes).subspan(8));
  return key;
}

}  // namespace trine::protect
