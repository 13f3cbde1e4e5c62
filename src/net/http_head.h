// HTTP/1.1 message heads (RFC 9112), strictly: what two parsers could read in two ways is refused.
// Refused: bare LF or CR, obs-fold, space before a colon, control characters, several or signed Content-Length,
// Content-Length with Transfer-Encoding, any transfer coding but chunked, a missing or second Host, a
// fragment in the target.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace trine::net {

struct Header {
  std::string_view name;
  std::string_view value;  // without outer blanks
};

inline constexpr size_t kMaxHeaders = 100;

enum class HeadError {
  none,
  incomplete,  // no end of head yet
  bad_line,    // syntax
  too_many_headers,
  bad_length,          // several, or not a number
  length_and_chunked,  // request smuggling
  unsupported_coding,
  bad_host,
  bad_version,
};
// A sentence for the client.
const char* explain(HeadError e);

// Views into the parsed bytes.
struct Head {
  std::string_view method, target;  // requests
  int status = 0;                   // responses
  int minor = 1;                    // HTTP/1.minor
  std::vector<Header> headers;
  std::optional<uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool expect_continue = false;

  // The first header of that name (lower case asked, any case found); nullopt if none.
  std::optional<std::string_view> find(std::string_view lower_name) const;
  std::string_view path() const { return target.substr(0, target.find('?')); }
};

// The length of the head at the front of `bytes` (through its empty line), 0 if it is not complete. `from` says how
// many bytes an earlier call has seen.
size_t head_length(std::string_view bytes, size_t from = 0);
// Whether a line of an incomplete head ends in LF alone: it may wait forever for its end, and can be refused now.
bool has_bare_lf(std::string_view bytes, size_t from = 0);

// Parse a complete head (as head_length() cut it). `out` is reused: its vector keeps its memory.
HeadError parse_request(std::string_view head, Head& out);
HeadError parse_response(std::string_view head, Head& out);

}  // namespace trine::net
