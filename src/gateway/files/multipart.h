// A strict reader of multipart/form-data (RFC 7578), a piece of the body at a time. What two readers could take for two
// different things is refused: text before the first boundary or behind the last, bare line feeds, a line that begins
// like the boundary and goes on otherwise, two names for one part. No HTTP.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace trine::gateway {

struct MultipartLimits {
  size_t parts = 16;
  size_t head_bytes = 8 << 10;  // of one part's header lines
  size_t head_lines = 16;
};

struct PartHead {
  std::string name;
  std::string filename;  // as the client wrote it; may be anything. Empty: none
  std::string media_type;
};

// Takes the parts as they come. An error of it ends the reading.
struct MultipartSink {
  virtual ~MultipartSink() = default;
  virtual Result<void> begin(const PartHead& head) = 0;
  virtual Result<void> data(std::string_view bytes) = 0;
};

// The boundary that a Content-Type names. Errors (invalid_argument): it is no multipart/form-data, or names none that
// RFC 2046 allows.
Result<std::string> multipart_boundary(std::string_view content_type);

// Time linear in the body; memory: what was fed and not yet understood, at most a part's head. One thread.
class MultipartReader {
 public:
  MultipartReader(std::string_view boundary, MultipartSink& sink, const MultipartLimits& limits = {})
      : delimiter_("\r\n--" + std::string(boundary)), limits_(limits), sink_(sink), buffer_("\r\n") {}

  // Errors: invalid_argument, out_of_range (over a limit), the sink's; nothing may be fed after one.
  Result<void> feed(std::string_view bytes);
  // The body ends here. Errors: it has not come to its last boundary.
  Result<void> finish() const;

 private:
  enum class State { data, behind_boundary, head, end };
  Result<bool> step();  // false: more bytes are needed
  Result<bool> take_data();
  Result<bool> take_boundary_end();
  Result<bool> take_head();

  const std::string delimiter_;  // with the line end before it: the body is read as if it began with one
  const MultipartLimits limits_;
  MultipartSink& sink_;
  std::string buffer_;
  size_t at_ = 0;  // in buffer_: what is before it was taken
  State state_ = State::data;
  size_t parts_ = 0;
  bool before_first_ = true;
};

}  // namespace trine::gateway
