// trine key new: a secret for one client, shown once.
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "gateway/config/key_hash.h"

namespace trine::cli {
namespace {

using Secret = std::array<unsigned char, 32>;

Result<Secret> random_secret() {
  Secret bytes{};
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = ::getrandom(bytes.data() + have, bytes.size() - have, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Code::unavailable, "The system gives no random bytes: {}.", std::strerror(errno));
    have += static_cast<size_t>(n);
  }
  return bytes;
}

// Without padding, in letters that need no quoting anywhere.
std::string base64url(const Secret& bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (const unsigned char b : bytes) {
    bits = bits << 8 | b;
    for (held += 8; held >= 6; held -= 6) out += letters[bits >> (held - 6) & 63];
  }
  if (held > 0) out += letters[bits << (6 - held) & 63];
  return out;
}

}  // namespace

int run_key_new(const KeyNewOptions& o) {
  auto bytes = random_secret();
  if (!bytes) return complain(bytes.error());
  std::string secret = "sk-trine-" + base64url(*bytes);
  const std::string hash = hex(gateway::hash_key(secret));
  if (o.json) {
    const nlohmann::ordered_json j{{"id", o.id}, {"secret", secret}, {"hash", hash}};
    say(j.dump());
  } else {
    say(
        fmt::format("The secret, shown this once; give it to the client:\n\n  {}\n\n"
                    "Paste this into the configuration and reload (only the hash is kept):\n\n"
                    "keys:\n  - id: \"{}\"\n    hash: sha256:{}\n",
                    secret, o.id, hash));
  }
  gateway::wipe(secret);
  return kOk;
}

}  // namespace trine::cli
