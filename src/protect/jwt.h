// JSON Web Tokens of an OpenID provider: signature, issuer, audience and times (RFC 7519, 7515, 7517, 8725).
// Refused whatever the configuration says: alg "none", HMAC (a public key must never be taken for a shared secret), a
// key of another kind than the algorithm's, RSA under 2048 bits, `crit`, keys or addresses of keys inside the token.
// Pure.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace trine::protect {

inline constexpr size_t kMaxToken = 16 << 10;
inline constexpr size_t kMaxJwks = 256 << 10, kMaxJwksKeys = 64;

enum class Algorithm : uint8_t { rs256, es256, eddsa };
const char* name(Algorithm a);  // as a token has it
std::optional<Algorithm> parse_algorithm(std::string_view text);

// The provider's public keys. Immutable; any thread.
class Jwks {
 public:
  Jwks();
  // Keys of kinds that are not known, or for encryption, are left out. Errors: data_loss for what is no key set, or has
  // no usable key, or too many.
  static Result<std::shared_ptr<const Jwks>> parse(std::string_view json);
  ~Jwks();
  bool has(std::string_view kid) const;
  size_t size() const;

 private:
  struct Key;
  friend struct Verifier;
  std::vector<std::unique_ptr<Key>> keys_;
};

struct JwtRule {
  std::string issuer;                  // exactly
  std::vector<std::string> audiences;  // one of them
  std::vector<Algorithm> algorithms = {Algorithm::rs256, Algorithm::es256, Algorithm::eddsa};
  Nanos leeway = std::chrono::seconds(60);  // of clocks
  Nanos longest = std::chrono::hours(24);   // from iat (or nbf) to exp; 0: any
};

struct Claims {
  std::string subject;
  Wall expires{};
  std::map<std::string, std::string> texts;               // claims that are strings
  std::map<std::string, std::vector<std::string>> lists;  // claims that are lists of strings
};

enum class JwtFault : uint8_t {
  malformed,    // not three parts of base64url with JSON in them
  algorithm,    // not allowed, or not the key's
  unknown_key,  // no key has its kid: the set may be old
  signature,
  issuer,
  audience,
  expired,
  not_yet,
  claims,  // one is missing or of another type
};
const char* name(JwtFault fault);

// `fault` says for the log what was wrong; clients are told nothing of it.
std::optional<Claims> verify_jwt(std::string_view token, const Jwks& keys, const JwtRule& rule, Wall now,
                                 JwtFault& fault);

// The kid of a token that looks like one; nothing is checked. Empty: no kid.
std::optional<std::string> jwt_kid(std::string_view token);

// Without padding; nothing for characters outside the alphabet, or bits left over that are not zero.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace trine::protect
