// The chunked transfer coding (RFC 9112 §7.1), read strictly and piece by piece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trine::net {

class ChunkDecoder {
 public:
  enum class Step {
    data,  // `piece` holds bytes of the body
    more,  // the input is used up
    end,   // the body is complete; what is left of the input belongs to the next message
    bad,   // not valid: the connection cannot be used any more
  };

  // Takes from the front of `in`. Extensions and trailers are skipped, up to 4 KiB of them in all.
  Step next(std::string_view& in, std::string_view& piece);

  // Where a whole plain chunk (not the last one, no extension) lies at the front of `in`, its framing may be passed on
  // as it is: returns its framed length and the data inside; else 0. Takes nothing.
  size_t whole_chunk(std::string_view in, std::string_view& data) const;
  // Between two chunks.
  bool at_chunk_start() const { return state_ == State::size && digits_ == 0; }

 private:
  enum class State {
    size,
    blank,  // behind the size: only blanks may come before the extension or the end of the line
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
    trailer_line,
    trailer_lf,
    end_lf,
    done,
    bad
  };

  Step fail() {
    state_ = State::bad;
    return Step::bad;
  }

  State state_ = State::size;
  uint64_t left_ = 0;
  int digits_ = 0;
  uint32_t overhead_ = 0;
};

// "1a2\r\n" into `out` (at least 18 bytes); returns its length.
size_t write_chunk_size(char* out, size_t n);

}  // namespace trine::net
