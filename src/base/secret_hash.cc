#include "base/secret_hash.h"

#include <algorithm>
#include <cstring>

#include "base/id.h"

namespace trine {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1;
constexpr size_t kWord = 7;  // bytes: fewer bits than the prime has
constexpr uint64_t kWordBits = (uint64_t{1} << 56) - 1;

// 2^61 is 1 in this field, so that the upper bits are added to the lower ones.
uint64_t reduce(Wide v) {
  uint64_t low = static_cast<uint64_t>(v & kPrime);
  const Wide high = v >> 61;
  low += static_cast<uint64_t>(high & kPrime) + static_cast<uint64_t>(high >> 61);
  low = (low & kPrime) + (low >> 61);
  return low >= kPrime ? low - kPrime : low;
}

uint64_t word(const char* from, size_t bytes) {
  uint64_t w = 0;
  std::memcpy(&w, from, bytes);
  return w & kWordBits;
}

uint64_t random_key() {
  for (;;)
    if (const uint64_t k = random_seed() & kPrime; k > 1 && k < kPrime) return k;
}

}  // namespace

SecretHash::SecretHash() : SecretHash({random_key(), random_key()}) {}

SecretHash::SecretHash(const std::array<uint64_t, 2>& keys) {
  for (size_t i = 0; i < keys.size(); ++i) {
    powers_[i][0] = keys[i] % kPrime;
    for (size_t n = 1; n < kBlock; ++n) powers_[i][n] = reduce(Wide{powers_[i][n - 1]} * powers_[i][0]);
  }
}

SecretHash::Value SecretHash::of(std::initializer_list<std::string_view> texts) const {
  Value h{};
  const auto step = [&](uint64_t w) {
    for (size_t i = 0; i < h.size(); ++i) h[i] = reduce(Wide{h[i]} * powers_[i][0] + w);
  };
  for (const std::string_view text : texts) {
    const char* at = text.data();
    size_t left = text.size();
    // Several words at a time, since only the sum has to be brought back below the prime: eight products of 122 bits
    // have 125. Each word is read with a byte of the next one.
    for (; left > kBlock * kWord; left -= kBlock * kWord, at += kBlock * kWord) {
      std::array<uint64_t, kBlock> words;
      for (size_t n = 0; n < kBlock; ++n) words[n] = word(at + n * kWord, 8);
      for (size_t i = 0; i < h.size(); ++i) {
        const auto& k = powers_[i];
        Wide sum = Wide{h[i]} * k[kBlock - 1] + words[kBlock - 1];
        for (size_t n = 0; n + 1 < kBlock; ++n) sum += Wide{words[n]} * k[kBlock - 2 - n];
        h[i] = reduce(sum);
      }
    }
    for (; left > 0; at += std::min(left, kWord), left -= std::min(left, kWord)) step(word(at, std::min(left, kWord)));
    step(text.size());
  }
  return h;
}

}  // namespace trine
