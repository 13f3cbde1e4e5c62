#include "base/id.h"

#include <sys/random.h>

#include <cstring>

namespace trine {
namespace {

constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

int value_of(char c) {
  const char* p = c == 0 ? nullptr : std::strchr(kAlphabet, c);
  return p ? static_cast<int>(p - kAlphabet) : -1;
}

}  // namespace

void RequestId::write(char out[30]) const {
  std::memcpy(out, "req_", 4);
  unsigned __int128 v = (static_cast<unsigned __int128>(hi) << 64) | lo;
  for (int i = 25; i >= 0; --i) {
    out[4 + i] = kAlphabet[static_cast<unsigned>(v & 31)];
    v >>= 5;
  }
}

std::string RequestId::text() const {
  char out[30];
  write(out);
  return std::string(out, sizeof out);
}

std::optional<RequestId> RequestId::parse(std::string_view s) {
  if (s.size() != 30 || s.substr(0, 4) != "req_" || value_of(s[4]) > 7) return {};
  unsigned __int128 v = 0;
  for (char c : s.substr(4)) {
    const int d = value_of(c);
    if (d < 0) return {};
    v = (v << 5) | static_cast<unsigned>(d);
  }
  return RequestId{static_cast<uint64_t>(v >> 64), static_cast<uint64_t>(v)};
}

uint64_t IdGenerator::random() {  // splitmix64 (Steele, Lea, Flood 2014)
  uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

RequestId IdGenerator::next(Wall now) {
  const auto ms = static_cast<uint64_t>(unix_ns(now) / 1'000'000);
  return RequestId{(ms << 16) | (random() & 0xffff), random()};
}

uint64_t random_seed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed))
    seed = static_cast<uint64_t>(unix_ns(system_clock().wall()));
  return seed;
}

}  // namespace trine
