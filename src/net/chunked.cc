#include "net/chunked.h"

#include <algorithm>
#include <cstring>

namespace trine::net {
namespace {

constexpr uint64_t kMaxChunk = uint64_t{1} << 40;
constexpr uint32_t kMaxOverhead = 4096;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ChunkDecoder::Step ChunkDecoder::next(std::string_view& in, std::string_view& piece) {
  while (!in.empty()) {
    if (state_ == State::data) {
      piece = in.substr(0, static_cast<size_t>(std::min<uint64_t>(left_, in.size())));
      in.remove_prefix(piece.size());
      left_ -= piece.size();
      if (left_ == 0) state_ = State::data_cr;
      return Step::data;
    }
    if (state_ == State::done) return Step::end;
    const char c = in.front();
    in.remove_prefix(1);
    switch (state_) {
      case State::size: {
        const int d = hex_digit(c);
        if (d >= 0) {
          left_ = left_ * 16 + static_cast<uint64_t>(d);
          if (++digits_ > 16 || left_ > kMaxChunk) return fail();
        } else if (digits_ == 0) {
          return fail();
        } else if (c == '\r') {
          state_ = State::size_lf;
        } else if (c == ';' || c == ' ' || c == '\t') {
          if (++overhead_ > kMaxOverhead) return fail();
          state_ = c == ';' ? State::extension : State::blank;
        } else {
          return fail();
        }
        break;
      }
      case State::blank:
        if (c == '\r')
          state_ = State::size_lf;
        else if (c == ';')
          state_ = State::extension;
        else if ((c != ' ' && c != '\t') || ++overhead_ > kMaxOverhead)
          return fail();
        break;
      case State::extension:
        if (c == '\r')
          state_ = State::size_lf;
        else if (static_cast<unsigned char>(c) < 0x20 && c != '\t')
          return fail();
        else if (++overhead_ > kMaxOverhead)
          return fail();
        break;
      case State::size_lf:
        if (c != '\n') return fail();
        digits_ = 0;
        state_ = left_ == 0 ? State::trailer : State::data;
        break;
      case State::data_cr:
        if (c != '\r') return fail();
        state_ = State::data_lf;
        break;
      case State::data_lf:
        if (c != '\n') return fail();
        state_ = State::size;
        break;
      case State::trailer:
        state_ = c == '\r' ? State::end_lf : State::trailer_line;
        if (state_ == State::trailer_line && (static_cast<unsigned char>(c) <= 0x20 || ++overhead_ > kMaxOverhead))
          return fail();
        break;
      case State::trailer_line:
        if (c == '\r')
          state_ = State::trailer_lf;
        else if (static_cast<unsigned char>(c) < 0x20 && c != '\t')
          return fail();
        else if (++overhead_ > kMaxOverhead)
          return fail();
        break;
      case State::trailer_lf:
        if (c != '\n') return fail();
        state_ = State::trailer;
        break;
      case State::end_lf:
        if (c != '\n') return fail();
        state_ = State::done;
        return Step::end;
      case State::data:
      case State::done:
      case State::bad:
        return fail();
    }
  }
  return state_ == State::done ? Step::end : state_ == State::bad ? Step::bad : Step::more;
}

size_t ChunkDecoder::whole_chunk(std::string_view in, std::string_view& data) const {
  if (!at_chunk_start()) return 0;
  uint64_t n = 0;
  size_t i = 0;
  for (; i < in.size() && i < 8; ++i) {
    const int d = hex_digit(in[i]);
    if (d < 0) break;
    n = n * 16 + static_cast<uint64_t>(d);
  }
  if (i == 0 || n == 0 || in.size() < i + 4 || n > in.size() - i - 4) return 0;
  const auto size = static_cast<size_t>(n);
  if (in[i] != '\r' || in[i + 1] != '\n' || in[i + 2 + size] != '\r' || in[i + 3 + size] != '\n') return 0;
  data = in.substr(i + 2, size);
  return i + 4 + size;
}

size_t write_chunk_size(char* out, size_t n) {
  char digits[16];
  size_t count = 0;
  do {
    digits[count++] = "0123456789abcdef"[n & 15];
    n >>= 4;
  } while (n != 0);
  for (size_t i = 0; i < count; ++i) out[i] = digits[count - 1 - i];
  out[count] = '\r';
  out[count + 1] = '\n';
  return count + 2;
}

}  // namespace trine::net
