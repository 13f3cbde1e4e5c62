#include "gateway/config/key_hash.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <charconv>

namespace trine::gateway {

KeyHash hash_key(std::string_view secret) {
  KeyHash digest{};
  // Not by EVP, which looks its algorithm up anew each time: this runs for every request.
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest.data());
  return digest;
}

std::optional<KeyHash> parse_key_hash(std::string_view text) {
  if (text.starts_with("sha256:")) text.remove_prefix(7);
  KeyHash out{};
  if (text.size() != 2 * out.size()) return {};
  for (size_t i = 0; i < out.size(); ++i) {
    const char* digits = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, out[i], 16);
    if (error != std::errc() || end != digits + 2) return {};
  }
  if (out == KeyHash{}) return {};
  return out;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace trine::gateway
