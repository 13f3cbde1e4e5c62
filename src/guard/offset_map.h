// Where a byte of a rewritten text came from in the original.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trine::guard {

struct ByteSpan {
  size_t begin = 0, end = 0;
  bool operator==(const ByteSpan&) const = default;
};

// Segments in the order of the text. A segment as long as the span it came from maps byte for byte; every byte of any
// other stands for the whole span. Bytes that follow the last segment, or an empty map, map to nothing: {0, 0}.
// Thread rules of a std::vector. At most 4 GiB.
class OffsetMap {
 public:
  void clear() { segments_.clear(), size_ = 0; }
  // The next `length` bytes of the text came from [begin, end). Byte-for-byte neighbours become one segment.
  void append(size_t length, size_t begin, size_t end);
  // The next `length` bytes come from where [begin, begin + length) of `inner`'s text came from.
  void append_through(const OffsetMap& inner, size_t begin, size_t length);
  // This map's original is `inner`'s text: what it maps to becomes `inner`'s original.
  void rebase(const OffsetMap& inner);

  // The original of [begin, end): the smallest span that covers the origins of all its bytes. An empty range maps to
  // an empty span at the origin of the byte at `begin`.
  ByteSpan original(size_t begin, size_t end) const;

  size_t size() const { return size_; }  // bytes of text that are mapped
  size_t segments() const { return segments_.size(); }

 private:
  struct Segment {
    uint32_t at, begin, end;
  };
  size_t length(size_t i) const { return (i + 1 < segments_.size() ? segments_[i + 1].at : size_) - segments_[i].at; }
  size_t find(size_t at) const;  // the segment that holds byte `at`
  ByteSpan part(size_t i, size_t begin, size_t end) const;

  std::vector<Segment> segments_;
  size_t size_ = 0;
};

}  // namespace trine::guard
