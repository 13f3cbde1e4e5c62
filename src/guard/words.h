// Which words people write: cheap evidence for what a text would say backwards, shifted or in leet.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace trine::guard {

// An ASCII word of 2 to 16 letters, case folded, as 64 bits; two different ones share a key with a chance of 2^-64.
uint64_t word_key(std::string_view word);

// Common words of English, German, French, Spanish, Italian, Portuguese, Dutch and Polish and what attacks talk of.
// Immutable; any thread.
class Words {
 public:
  enum Sense : uint8_t {
    plain = 1,
    rot13 = 2,      // a common word once shifted by 13
    backwards = 4,  // a common word once reversed
    hint = 8,       // names an encoding: less evidence will do
  };
  static const Words& instance();

  uint8_t senses(uint64_t key) const;  // 0 for a word that is not known
  uint8_t senses(std::string_view word) const { return senses(word_key(word)); }

 private:
  Words();
  void add(std::string_view word, Sense sense);
  struct Slot {
    uint64_t key;
    uint8_t senses;
  };
  static constexpr size_t kSlots = 4096;  // a power of two, at most three quarters in use
  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace trine::guard
