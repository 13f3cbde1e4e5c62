#include "guard/leak_coded.h"

#include <algorithm>

namespace trine::guard {

namespace {

int base64_value(unsigned char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

int hex_digit(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

void LeakCoded::View::add(unsigned char byte, uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence) {
  fold.add(byte, [&](Symbol s) { matcher.add(s, at, symbols_so_far, evidence); });
}

void LeakCoded::View::end(uint64_t symbols_so_far, LeakEvidence& evidence) {
  matcher.reset(symbols_so_far, evidence);
  fold = {};
}

LeakCoded::LeakCoded(const LeakIndex& index)
    : views_{View{LeakForm::base64, LeakMatcher(index)}, View{LeakForm::base64, LeakMatcher(index)},
             View{LeakForm::base64, LeakMatcher(index)}, View{LeakForm::base64, LeakMatcher(index)},
             View{LeakForm::hex, LeakMatcher(index)},    View{LeakForm::binary, LeakMatcher(index)},
             View{LeakForm::decimal, LeakMatcher(index)}} {}

void LeakCoded::add_base64(unsigned char c, uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence) {
  const int value = base64_value(c);
  if (value < 0) return;  // lines of a run are broken anywhere
  ++base64_letters_;
  for (size_t i = 0; i < kAlignments; ++i) {
    if (base64_letters_ <= i) break;
    bits_[i] = bits_[i] << 6 | static_cast<uint32_t>(value);
    const uint64_t letters = base64_letters_ - i;
    if (letters % 4 == 1) continue;
    const uint32_t over = letters % 4 == 2 ? 4 : letters % 4 == 3 ? 2 : 0;
    views_[i].add(static_cast<unsigned char>(bits_[i] >> over), at, symbols_so_far, evidence);
  }
}

void LeakCoded::add_digits(unsigned char c, uint64_t at, uint64_t symbols_so_far, LeakEvidence& evidence) {
  const auto say = [&](size_t view, uint32_t byte) {
    views_[view].add(static_cast<unsigned char>(byte), at, symbols_so_far, evidence);
  };
  const int value = hex_digit(c);
  if (value < 0) {
    nibble_ = -1;  // the 0 of 0x, or an odd digit
    binary_ = 1;
    if (decimal_ >= 0) say(kDecimal, static_cast<uint32_t>(decimal_));
    decimal_ = -1;
    return;
  }
  if (nibble_ < 0) {
    nibble_ = value;
  } else {
    say(kHex, static_cast<uint32_t>(nibble_ << 4 | value));
    nibble_ = -1;
  }
  binary_ = value <= 1 ? binary_ << 1 | static_cast<uint32_t>(value) : 1;
  if (binary_ >= 256) {
    say(kBinary, binary_);
    binary_ = 1;
  }
  if (value > 9 || decimal_ == -2) {
    decimal_ = -2;
  } else {
    decimal_ = std::max(decimal_, 0) * 10 + value;
    if (decimal_ > 255) decimal_ = -2;
  }
}

void LeakCoded::end_base64(uint64_t symbols_so_far, LeakEvidence& evidence) {
  for (size_t i = 0; i < kAlignments; ++i) views_[i].end(symbols_so_far, evidence);
  base64_letters_ = 0;
}

void LeakCoded::end_digits(uint64_t symbols_so_far, LeakEvidence& evidence) {
  for (const size_t i : {kHex, kBinary, kDecimal}) views_[i].end(symbols_so_far, evidence);
  nibble_ = -1;
  binary_ = 1;
  decimal_ = -1;
}

uint64_t LeakCoded::hold_from() const {
  uint64_t from = LeakMatcher::kNone;
  for (const View& v : views_) from = std::min(from, v.matcher.hold_from());
  return from;
}

std::optional<Leak> LeakCoded::leak() const {
  for (const View& v : views_)
    if (v.matcher.leaked()) return Leak{.form = v.form, .canary = v.matcher.saw_marked()};
  return {};
}

}  // namespace trine::guard
