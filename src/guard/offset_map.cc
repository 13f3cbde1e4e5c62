#include "guard/offset_map.h"

#include <algorithm>

namespace trine::guard {

void OffsetMap::append(size_t length, size_t begin, size_t end) {
  if (length == 0) return;
  if (!segments_.empty()) {
    const Segment& last = segments_.back();
    const size_t n = size_ - last.at;
    const bool last_exact = last.end - last.begin == n;
    if (last_exact && length == end - begin && last.end == begin) {
      segments_.back().end = static_cast<uint32_t>(end);
      size_ += length;
      return;
    }
  }
  segments_.push_back({static_cast<uint32_t>(size_), static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
  size_ += length;
}

void OffsetMap::append_through(const OffsetMap& inner, size_t begin, size_t length) {
  const size_t end = std::min(begin + length, inner.size_);
  if (begin >= end) return;
  for (size_t i = inner.find(begin); begin < end; ++i) {
    const size_t stop = std::min(end, inner.segments_[i].at + inner.length(i));
    const ByteSpan from = inner.part(i, begin, stop);
    append(stop - begin, from.begin, from.end);
    begin = stop;
  }
}

void OffsetMap::rebase(const OffsetMap& inner) {
  OffsetMap out;
  for (size_t i = 0; i < segments_.size(); ++i) {
    const Segment& s = segments_[i];
    const size_t n = length(i);
    if (n == s.end - s.begin) {
      out.append_through(inner, s.begin, n);
    } else {
      const ByteSpan from = inner.original(s.begin, s.end);
      out.append(n, from.begin, from.end);
    }
  }
  *this = std::move(out);
}

ByteSpan OffsetMap::original(size_t begin, size_t end) const {
  if (begin >= size_) return {};
  end = std::clamp(end, begin, size_);
  const size_t first = find(begin);
  if (begin == end) return {part(first, begin, begin + 1).begin, part(first, begin, begin + 1).begin};
  ByteSpan all{SIZE_MAX, 0};
  for (size_t i = first; i < segments_.size() && segments_[i].at < end; ++i) {
    const size_t from = std::max<size_t>(begin, segments_[i].at);
    const ByteSpan s = part(i, from, std::min(end, segments_[i].at + length(i)));
    all = {std::min(all.begin, s.begin), std::max(all.end, s.end)};
  }
  return all;
}

size_t OffsetMap::find(size_t at) const {
  const auto after =
      std::upper_bound(segments_.begin(), segments_.end(), at, [](size_t a, const Segment& s) { return a < s.at; });
  return static_cast<size_t>(after - segments_.begin()) - 1;
}

ByteSpan OffsetMap::part(size_t i, size_t begin, size_t end) const {
  const Segment& s = segments_[i];
  if (s.end - s.begin != length(i)) return {s.begin, s.end};
  return {s.begin + (begin - s.at), s.begin + (end - s.at)};
}

}  // namespace trine::guard
