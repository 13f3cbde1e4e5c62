#include "guard/canary.h"

#include <fmt/format.h>

#include "guard/leak_fold.h"
#include "net/hmac.h"

namespace trine::guard {

namespace {

constexpr std::string_view kLead = "marker";
constexpr size_t kIdLetters = 7;  // 26^7 > 2^32
constexpr size_t kTagLetters = 17;

int hex_value(char c) {
  return c <= '9' ? c - '0' : c - 'a' + 10;
}

// Hides that ids are small numbers in a row.
uint32_t masked(std::string_view key, uint32_t id) {
  const std::string digest = net::hmac_sha256(key, "trine canary ids");
  uint32_t mask = 0;
  for (size_t i = 0; i < 8; ++i) mask = mask << 4 | static_cast<uint32_t>(hex_value(digest[i]));
  return id ^ mask;
}

std::string letters_of(uint32_t id) {
  std::string out(kIdLetters, 'a');
  for (size_t i = kIdLetters; i-- > 0; id /= 26) out[i] = static_cast<char>('a' + id % 26);
  return out;
}

std::optional<uint32_t> number_of(std::string_view letters) {
  uint64_t id = 0;
  for (const char c : letters) id = id * 26 + static_cast<uint64_t>(c - 'a');
  if (id > UINT32_MAX) return {};
  return static_cast<uint32_t>(id);
}

// A byte a letter, so four letters come a tenth less often than the others: a fiftieth of a bit.
std::string tag(std::string_view key, std::string_view id_letters) {
  const std::string digest = net::hmac_sha256(key, fmt::format("trine canary {}", id_letters));
  std::string out;
  for (size_t i = 0; i < kTagLetters; ++i)
    out += static_cast<char>('a' + (hex_value(digest[2 * i]) * 16 + hex_value(digest[2 * i + 1])) % 26);
  return out;
}

}  // namespace

std::string make_canary(std::string_view key, uint32_t id) {
  const std::string name = letters_of(masked(key, id));
  return fmt::format("{} {}-{}", kLead, name, tag(key, name));
}

std::optional<uint32_t> find_canary(std::string_view key, std::string_view text) {
  std::string row;
  LeakFold fold;
  for (const char c : text)
    fold.add(static_cast<unsigned char>(c), [&](Symbol s) { row += is_latin(s) ? static_cast<char>(s) : '.'; });
  for (size_t at = row.find(kLead); at != row.npos; at = row.find(kLead, at + 1)) {
    const std::string_view rest = std::string_view(row).substr(at + kLead.size());
    if (rest.size() < kIdLetters + kTagLetters) return {};
    const std::string_view name = rest.substr(0, kIdLetters);
    if (name.find('.') != name.npos) continue;
    const auto number = number_of(name);
    if (number && rest.substr(kIdLetters, kTagLetters) == tag(key, name)) return masked(key, *number);
  }
  return {};
}

}  // namespace trine::guard
