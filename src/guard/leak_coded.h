// Text in base64, hexadecimal, binary or decimal codes inside an answer, read while it comes. Internal to the leak
// detector.
#pragma once

#include <array>
#include <cstdint>

#include "guard/leak.h"

namespace trine::guard {

// How long the run of bytes is that may be base64 (lower half) or digits (upper half): ands with what a byte leaves of
// both counts.
constexpr uint64_t kBase64Run = 0xFFFFFFFF, kDigitRun = ~kBase64Run;
constexpr auto kRunMask = [] {
  std::array<uint64_t, 256> t{};
  const auto set = [&](std::string_view bytes, uint64_t what) {
    for (const char c : bytes) t[static_cast<unsigned char>(c)] |= what;
  };
  set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_", kBase64Run);
  set("0123456789abcdefABCDEF xX\\,;:-\r\n\t", kDigitRun);
  return t;
}();

class LeakCoded {
 public:
  explicit LeakCoded(const LeakIndex& index);

  // `at`: where in the answer the byte stands.
  void add_base64(unsigned char c, uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence);
  void add_digits(unsigned char c, uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence);
  void end_base64(uint64_t symbols_so_far, LeakEvidence& evidence);
  void end_digits(uint64_t symbols_so_far, LeakEvidence& evidence);

  uint64_t hold_from() const;
  // Whether a view leaked, and which.
  std::optional<Leak> leak() const;

 private:
  // A row of decoded bytes.
  struct View {
    LeakForm form;
    LeakMatcher matcher;
    LeakFold fold{};
    void add(unsigned char byte, uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence);
    void end(uint64_t symbols_so_far, LeakEvidence& evidence);
  };
  static constexpr size_t kAlignments = 4;  // of base64: a copy may begin in the middle of four letters
  static constexpr size_t kHex = 4, kBinary = 5, kDecimal = 6;

  std::array<View, 7> views_;
  std::array<uint32_t, kAlignments> bits_{};
  uint64_t base64_letters_ = 0;
  int nibble_ = -1;
  uint32_t binary_ = 1;   // with a leading one that counts the digits
  int32_t decimal_ = -1;  // -1: no digit yet; -2: not a number
};

}  // namespace trine::guard
