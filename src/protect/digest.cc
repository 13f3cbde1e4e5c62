#include "protect/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <charconv>
#include <new>

#include "base/text.h"

namespace trine::protect {
namespace {

// Fetched once: OpenSSL's one-shot calls look the algorithm up anew each time.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return method;
}

}  // namespace

Digest sha256(std::string_view bytes) {
  Digest out{};
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, sha256_method(), nullptr) != 1)
    throw std::bad_alloc();
  return out;
}

bool same(const Digest& a, const Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<Digest> parse_hex(std::string_view text) {
  Digest out{};
  if (text.size() != 2 * out.size()) return std::nullopt;
  for (size_t i = 0; i < out.size(); ++i) {
    const char* digits = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, out[i], 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
  }
  if (hex(out) != text) return std::nullopt;  // one way to write it
  return out;
}

}  // namespace trine::protect
