// The secret that readers show. Kept as a hash.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/error.h"

namespace trine::meter_agent {

class Token {
 public:
  // Blanks and line ends around it do not count. Errors: invalid_argument (shorter than 16 bytes).
  static Result<Token> of(std::string_view secret);
  // Errors: also not_found, permission_denied, unavailable.
  static Result<Token> from_file(const std::string& path);

  // In a time that does not depend on how much of it is right.
  bool matches(std::string_view shown) const;

 private:
  using Hash = std::array<unsigned char, 32>;  // SHA-256
  static Hash hash(std::string_view text);
  explicit Token(std::string_view secret) : hash_(hash(secret)) {}

  Hash hash_;
};

}  // namespace trine::meter_agent
