// AES-256-GCM and keyed hashes, under keys derived (HKDF-SHA256, RFC 5869) from one secret.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/error.h"

namespace trine::vault {

constexpr size_t kLeastSecret = 32;  // characters; of a shorter one somebody could try all

// Immutable; any thread.
class Sealer {
 public:
  using Hash = std::array<unsigned char, 32>;

  // REQUIRES: a secret of kLeastSecret characters. Throws std::bad_alloc only.
  explicit Sealer(std::string_view secret);
  ~Sealer();
  Sealer(const Sealer&) = default;
  Sealer& operator=(const Sealer&) = default;

  // salt (16) | nonce (12) | tag (16) | as many bytes as `plain`. Opens only with the same `context`.
  static constexpr size_t kOverhead = 44;
  Result<std::string> seal(std::string_view plain, std::string_view context) const;
  // Errors: data_loss: not sealed by this secret with this context, or changed since.
  Result<std::string> open(std::string_view sealed, std::string_view context) const;

  // HMAC-SHA256: a name that nobody without the secret can try out.
  Hash hash(std::string_view label, std::string_view name) const;

 private:
  Hash seal_key_{}, hash_key_{};
};

}  // namespace trine::vault
