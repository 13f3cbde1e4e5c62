#include "guard/key_body.h"

namespace trine::guard {
namespace {

constexpr std::string_view kEndMark = "-----END", kMacMark = "Private-MAC:";
constexpr size_t kLongestName = 40;
constexpr size_t kLeastRun = 16;     // letters of a key in a row; some are printed in short groups
constexpr size_t kMostEndLine = 64;  // " RSA PRIVATE KEY-----"

bool is_big_letter(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_figure(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter_or_figure(char c) {
  return is_big_letter(c) || is_figure(c) || (c >= 'a' && c <= 'z');
}

// Letters of `mark` that have come with `c`. In neither mark does a part come again inside but the dashes at the front.
size_t matched(std::string_view mark, size_t so_far, char c) {
  if (so_far < mark.size() && mark[so_far] == c) return so_far + 1;
  if (c == '-' && so_far == 5 && mark[0] == '-') return 5;
  return mark[0] == c ? 1 : 0;
}

}  // namespace

void KeyBody::in_body(char c) {
  if (is_letter_or_figure(c) || c == '+' || c == '/' || c == '=') {
    figure_ = figure_ || is_figure(c);
    capital_ = capital_ || (is_big_letter(c) && run_ > 0);
    // aNameInProgramText has capitals, a number in hex has figures.
    if (++run_ >= kLeastRun && capital_ && (figure_ || run_ >= kLongestName)) size_ = read_;
  } else {
    run_ = 0;
    figure_ = capital_ = false;
  }
  matched_end_ = matched(kEndMark, matched_end_, c);
  matched_mac_ = matched(kMacMark, matched_mac_, c);
  if (matched_end_ == kEndMark.size())
    state_ = State::end_line;
  else if (matched_mac_ == kMacMark.size())
    state_ = State::mac;
  else if (c == '{' || c == '}' || read_ - size_ >= kMostBetween)  // no key has these: a text about keys
    state_ = State::ended;
  if (state_ == State::end_line || state_ == State::mac) size_ = read_;
}

void KeyBody::feed(std::string_view more) {
  for (const char c : more) {
    if (ended()) return;
    ++read_;
    if (state_ == State::body) {
      in_body(c);
    } else if (state_ == State::end_line) {
      dashes_ = c == '-' ? dashes_ + 1 : 0;
      if (dashes_ == 5) size_ = read_;
      if (dashes_ == 5 || read_ - size_ >= kMostEndLine) state_ = State::ended;
    } else if (is_letter_or_figure(c)) {
      size_ = read_;
    } else if (c != ' ' || read_ > size_ + 1) {
      state_ = State::ended;
    }
  }
}

}  // namespace trine::guard
