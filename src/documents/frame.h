// The frames between the gateway and a document worker: docs/formats/docworker.md has them byte by byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trine::documents {

enum class FrameType : char {
  hello = 'H',  // worker: ready, and how it is locked up
  job = 'J',    // gateway: what to do and how many bytes follow
  input = 'I',  // gateway: the next bytes of the file
  page = 'P',   // worker: a page as JSON
  image = 'M',  // worker: an image file
  done = 'D',   // worker: the job's end: parts, facts, warnings
  error = 'E',  // worker: the job's end: it was refused
};

inline constexpr size_t kFrameHead = 5;                // length (4 bytes, little-endian), type
inline constexpr size_t kMaxFrame = size_t{16} << 20;  // payload bytes
inline constexpr size_t kInputPiece = size_t{1} << 20;

struct Frame {
  FrameType type = FrameType::hello;
  std::string_view payload;
};

// Appends a frame. REQUIRES: payload.size() <= kMaxFrame.
void append_frame(std::string& out, FrameType type, std::string_view payload);

// Takes bytes as they come and gives frames. One thread. A payload is never held in memory beyond what has arrived.
class FrameReader {
 public:
  enum class Status : uint8_t { frame, more, broken };

  void feed(std::string_view bytes);
  // The next frame; its payload is valid until the next feed(). After `broken` (a type that is none, a length over
  // kMaxFrame) the stream has no more frames: the other side is not to be trusted.
  Status next(Frame& out);
  // Bytes that are known to be missing for the frame at hand, at least 1: a hint for reading.
  size_t wanted() const;
  bool between_frames() const { return taken_ == buffer_.size(); }

 private:
  std::string buffer_;
  size_t taken_ = 0;
  bool broken_ = false;
};

}  // namespace trine::documents
