#include "base/secret_hash.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trine {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1;

// The definition, word by word, with the compiler's own remainder.
uint64_t by_definition(uint64_t key, const std::vector<std::string>& texts) {
  Wide h = 0;
  const auto step = [&](uint64_t w) { h = (h * key + w) % kPrime; };
  for (const std::string& text : texts) {
    for (size_t i = 0; i < text.size(); i += 7) {
      uint64_t w = 0;
      for (size_t k = 0; k < 7 && i + k < text.size(); ++k)
        w |= uint64_t{static_cast<unsigned char>(text[i + k])} << (8 * k);
      step(w);
    }
    step(text.size());
  }
  return static_cast<uint64_t>(h);
}

// Lengths on both sides of whole words and of whole blocks.
std::string text_of(size_t length) {
  std::string text;
  uint64_t state = length + 1;
  for (size_t i = 0; i < length; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    text += static_cast<char>(state >> 56);
  }
  return text;
}

TEST(SecretHash, IsThePolynomialThatItsNameSays) {
  for (const std::array<uint64_t, 2>& keys :
       {std::array<uint64_t, 2>{2, kPrime - 1}, std::array<uint64_t, 2>{0x123456789abcdefu, 0x1edcba987654321u}}) {
    const SecretHash hash(keys);
    for (size_t length = 0; length < 130; ++length) {
      const std::string text = text_of(length), ones(length, '\xff');
      for (size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(hash.of({text, "b"})[i], by_definition(keys[i], {text, "b"})) << length;
        EXPECT_EQ(hash.of({ones, text})[i], by_definition(keys[i], {ones, text})) << length;
      }
    }
  }
}

TEST(SecretHash, EachBitAndEachLengthCounts) {
  const SecretHash hash;
  const std::string text = text_of(100);
  const auto value = hash.of({"name", text});
  EXPECT_EQ(hash.of({"name", text}), value);
  for (size_t i = 0; i < text.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = text;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      EXPECT_NE(hash.of({"name", other}), value) << i << " " << bit;
    }
  EXPECT_NE(hash.of({"nam", "e" + text}), value);
  // Zeros, which add nothing to a sum.
  for (size_t n = 0; n < 40; ++n)
    for (size_t m = 0; m < n; ++m) EXPECT_NE(hash.of({"", std::string(n, '\0')}), hash.of({"", std::string(m, '\0')}));
}

TEST(SecretHash, OtherKeysGiveOtherValues) {
  const SecretHash one, other;
  EXPECT_NE(one.of({"a", "b"}), other.of({"a", "b"}));
}

TEST(SecretHash, WhatStandsBehindATextDoesNotCount) {
  const SecretHash hash({3, 5});
  const std::string text = text_of(64);
  for (size_t n = 0; n < text.size(); ++n) {
    std::string other = text;
    other[n] = static_cast<char>(other[n] + 1);
    EXPECT_EQ(hash.of({std::string_view(text).substr(0, n)}), hash.of({std::string_view(other).substr(0, n)})) << n;
  }
}

}  // namespace
}  // namespace trine
