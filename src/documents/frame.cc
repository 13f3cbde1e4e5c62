#include "documents/frame.h"

#include <algorithm>
#include <cassert>

namespace trine::documents {
namespace {

size_t length_at(std::string_view head) {
  size_t n = 0;
  for (size_t i = 0; i < 4; ++i) n |= static_cast<size_t>(static_cast<unsigned char>(head[i])) << (8 * i);
  return n;
}

bool is_type(char c) {
  return std::string_view("HJIPMDE").find(c) != std::string_view::npos;
}

}  // namespace

void append_frame(std::string& out, FrameType type, std::string_view payload) {
  assert(payload.size() <= kMaxFrame);
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(payload.size() >> shift & 0xff);
  out += static_cast<char>(type);
  out += payload;
}

void FrameReader::feed(std::string_view bytes) {
  if (taken_ > 0) {
    buffer_.erase(0, taken_);
    taken_ = 0;
  }
  buffer_ += bytes;
}

FrameReader::Status FrameReader::next(Frame& out) {
  if (broken_) return Status::broken;
  const std::string_view left = std::string_view(buffer_).substr(taken_);
  if (left.size() < kFrameHead) return Status::more;
  const size_t length = length_at(left);
  if (length > kMaxFrame || !is_type(left[4])) {
    broken_ = true;
    return Status::broken;
  }
  if (left.size() - kFrameHead < length) return Status::more;
  out = {static_cast<FrameType>(left[4]), left.substr(kFrameHead, length)};
  taken_ += kFrameHead + length;
  return Status::frame;
}

size_t FrameReader::wanted() const {
  const std::string_view left = std::string_view(buffer_).substr(taken_);
  if (left.size() < kFrameHead) return kFrameHead - left.size();
  const size_t whole = kFrameHead + length_at(left);
  return whole > left.size() ? whole - left.size() : 1;
}

}  // namespace trine::documents
