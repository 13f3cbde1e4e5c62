// Where the structure of a document is: the offsets of its brackets, colons, commas and of the first byte of each
// string and scalar, found by simdjson's first stage (which also checks UTF-8, raw control characters and closed
// strings). The grammar is checked by the walk over them (walk.h). Internal to this module.
#pragma once

#include <cstdint>
#include <string_view>

namespace trine::json::internal {

struct Slot;

// The index of one document, or of a value inside a document that this thread is indexing already: then that index is
// used. Slots belong to the thread; an Index must be destroyed on the thread and in the reverse order of creation.
class Index {
 public:
  explicit Index(std::string_view text);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  const char* problem() const { return problem_; }      // null if indexed
  const char* base() const { return base_; }            // offsets count from here
  uint32_t offset(uint32_t i) const { return at_[i]; }  // i == count(): the document's length
  uint32_t first() const { return first_; }             // the first structural of `text`
  uint32_t count() const { return count_; }             // of the whole document
  // True if a walk of the lender has been past `text` already, so that its strings are known to be good.
  bool trusted() const { return trusted_; }
  // Tells borrowers that the document is valid up to `end`.
  void passed(const char* end);

 private:
  bool borrow(std::string_view text);

  Slot* slot_ = nullptr;  // ours to give back; null when borrowed
  const char* problem_ = nullptr;
  const char* base_ = nullptr;
  const uint32_t* at_ = nullptr;
  uint32_t first_ = 0;
  uint32_t count_ = 0;
  bool trusted_ = false;
};

}  // namespace trine::json::internal
