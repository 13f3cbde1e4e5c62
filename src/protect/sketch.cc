#include "protect/sketch.h"

#include <bit>
#include <cmath>
#include <string>

namespace trine::protect {
namespace {

constexpr size_t kShingle = 5;

uint64_t mix(uint64_t x) {  // splitmix64's finaliser
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9;
  x ^= x >> 27;
  x *= 0x94D049BB133111EB;
  return x ^ x >> 31;
}

// Lower case, one blank for any run of them and of marks, one '0' for any digit.
std::string folded(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, Sketch::kMostBytes)) {
    const auto b = static_cast<unsigned char>(c);
    if (b >= 'A' && b <= 'Z') {
      out += static_cast<char>(b | 0x20);
    } else if (b >= '0' && b <= '9') {
      out += '0';
    } else if ((b >= 'a' && b <= 'z') || b >= 0x80) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

int64_t half_of(Wall t) {
  return t.time_since_epoch() / Distinct::kHalf;
}

}  // namespace

Sketch Sketch::of(std::string_view text) {
  Sketch s;
  s.least.fill(UINT32_MAX);
  const std::string f = folded(text);
  for (size_t i = 0; i + kShingle <= f.size() || i == 0; ++i) {
    uint64_t h = 0xCBF29CE484222325;
    for (const char c : std::string_view(f).substr(i, kShingle))
      h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    // Two hashes make all 64: a + i b (Kirsch and Mitzenmacher 2006).
    const uint64_t a = mix(h), b = mix(h + 0x9E3779B97F4A7C15) | 1;
    for (size_t p = 0; p < kPlaces; ++p) {
      const auto v = static_cast<uint32_t>((a + p * b) >> 32);
      if (v < s.least[p]) s.least[p] = v;
    }
  }
  return s;
}

double Sketch::like(const Sketch& other) const {
  int same = 0;
  for (size_t p = 0; p < kPlaces; ++p) same += least[p] == other.least[p];
  return same / static_cast<double>(kPlaces);
}

void Distinct::add(uint64_t hash, Wall at) {
  const int64_t half = half_of(at);
  if (half > half_) {
    before_ = half == half_ + 1 ? now_ : Bits{};
    now_ = {};
    half_ = half;
  }
  const uint64_t bit = mix(hash) & 255;
  now_[bit >> 6] |= uint64_t{1} << (bit & 63);
}

int Distinct::count(Wall now) const {
  const int64_t age = half_of(now) - half_;
  if (age > 1) return 0;
  int set = 0;
  for (size_t i = 0; i < now_.size(); ++i) set += std::popcount(now_[i] | (age <= 0 ? before_[i] : 0));
  constexpr double kBits = 256;
  if (set >= 255) return 1000;  // more than it can count
  return static_cast<int>(std::lround(-kBits * std::log(1 - set / kBits)));
}

}  // namespace trine::protect
