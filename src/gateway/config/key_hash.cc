#include "gateway/config/key_hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <charconv>
#include <new>

namespace trine::gateway {

KeyHash hash_key(std::string_view secret) {
  KeyHash digest{};
  // Fetched once: OpenSSL's one-shot calls look the algorithm up anew each time, and this runs for every request.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  // Fails for want of memory only.
  if (EVP_Digest(secret.data(), secret.size(), digest.data(), nullptr, sha256, nullptr) != 1) throw std::bad_alloc();
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
