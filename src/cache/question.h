// A request as it came, told apart from others by a hash.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace trine::cache {

// The very bytes of a request, and what else its answer depends on: short of any form that equal requests share.
struct Question {
  std::string_view name, body;
};

// SipHash-2-4 with 128 bits, by a random key of the process: a third of a microsecond for a kilobyte. Without the key
// nobody finds two questions of one value, and a value shows nothing of them. Any thread.
class QuestionHash {
 public:
  using Value = std::array<uint64_t, 2>;

  QuestionHash();
  Value of(const Question& question) const;

 private:
  Value key_;
};

}  // namespace trine::cache
