// links: protect
// Tokens and key sets of strangers. The first line of the input is a key set, the rest a token.
#include <cstdlib>
#include <string_view>

#include "protect/jwt.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trine::protect;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\n');
  const auto keys = Jwks::parse(input.substr(0, end));
  const std::string_view token = end == std::string_view::npos ? std::string_view{} : input.substr(end + 1);
  const auto kid = jwt_kid(token);
  if (!keys) return 0;
  JwtRule rule;
  rule.issuer = "https://login.example";
  rule.audiences = {"trine"};
  JwtFault fault{};
  // Nobody who lacks the private key makes a token that passes.
  if (verify_jwt(token, **keys, rule, trine::from_unix_ns(1'795'860'000'000'000'000), fault)) std::abort();
  return 0;
}
