// What of a text is a private key whose head ("-----BEGIN PRIVATE KEY-----", "PuTTY-User-Key-File-2") stands before it:
// up to its end mark, and where none comes, as long as lines look like a key's. A text that only speaks of such a head
// goes on in words, and loses nothing but the head. The text may come in pieces. Time linear in it.
#pragma once

#include <cstddef>
#include <string_view>

namespace trine::guard {

class KeyBody {
 public:
  // Reads on. Once ended, it reads nothing more.
  void feed(std::string_view more);
  bool ended() const { return state_ == State::ended; }
  // Bytes behind the head that are the key's, as far as is known; at most kMostBetween read bytes are undecided.
  size_t size() const { return size_; }

  static constexpr size_t kMostBetween = 256;  // bytes without a line of a key

 private:
  enum class State : unsigned char { body, end_line, mac, ended };
  void in_body(char c);

  State state_ = State::body;
  size_t read_ = 0, size_ = 0;
  size_t run_ = 0;                         // letters of base64 in a row
  bool figure_ = false, capital_ = false;  // of these; a capital that is not the first
  size_t dashes_ = 0;
  size_t matched_end_ = 0, matched_mac_ = 0;  // of the end marks, letters that have come
};

}  // namespace trine::guard
