// Public keys of a key set, and signatures checked with them. Internal to protect; OpenSSL is seen in the .cc alone.
#pragma once

#include "protect/jwt.h"

namespace trine::protect {

struct Verifier {
  enum class Outcome : uint8_t { good, unknown_key, other_kind, wrong };
  // The key whose kid it is; a token without kid is checked with the set's only key, if there is just one.
  static Outcome verify(const Jwks& keys, std::string_view kid, Algorithm algorithm, std::string_view text,
                        std::string_view signature);
};

}  // namespace trine::protect
