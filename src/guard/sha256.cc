#include "guard/sha256.h"

#include <openssl/sha.h>

#include <array>

#include "base/text.h"

namespace trine::guard {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return hex(digest);
}

}  // namespace trine::guard
