// A hash of texts by keys that nobody knows, made in a third of a microsecond per kilobyte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace trine {

// Two polynomials over the field of 2^61 - 1, with a random key each (Carter and Wegman, "New hash functions and their
// use in authentication and set equality", 1981): whoever chooses two different lists of as many texts without having
// seen a value has a chance of at most (n / 2^61)^2 that their values are the same, n being a 7th of their bytes: 2^-90
// for a quarter of a megabyte. A value shows nothing of the texts without the keys, but the keys can be worked out from
// values: never show one to anybody, nor write it to a disk.
// Any thread once made.
class SecretHash {
 public:
  using Value = std::array<uint64_t, 2>;

  SecretHash();                                              // keys from the system
  explicit SecretHash(const std::array<uint64_t, 2>& keys);  // for tests

  // Where one text ends and the next begins counts.
  Value of(std::initializer_list<std::string_view> texts) const;

 private:
  static constexpr size_t kBlock = 8;                     // words that are added up at a time
  std::array<std::array<uint64_t, kBlock>, 2> powers_{};  // of each key: its first to eighth
};

}  // namespace trine
