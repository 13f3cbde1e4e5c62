#include "net/http_head.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"

namespace trine::net {
namespace {

constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> t{};
  for (unsigned char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    t[c] = true;
  return t;
}();

constexpr std::array<bool, 256> kValue = [] {  // visible, blank, tab, and obs-text
  std::array<bool, 256> t{};
  for (unsigned c = 0x20; c < 256; ++c) t[c] = c != 0x7f;
  t['\t'] = true;
  return t;
}();

bool all(std::string_view s, const std::array<bool, 256>& set) {
  for (unsigned char c : s)
    if (!set[c]) return false;
  return true;
}

// Cuts the next CRLF-ended line off `rest`. A lone CR or LF inside stays in the line and fails the character tests.
bool next_line(std::string_view& rest, std::string_view& line) {
  const size_t at = rest.find("\r\n");
  if (at == std::string_view::npos) return false;
  line = rest.substr(0, at);
  rest.remove_prefix(at + 2);
  return true;
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (iequals(trim(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

bool version(std::string_view s, int& minor) {
  if (s.size() != 8 || s.substr(0, 7) != "HTTP/1." || (s[7] != '0' && s[7] != '1')) return false;
  minor = s[7] - '0';
  return true;
}

// What a header of these names means for the message. The size and the first letter pick the few that matter.
struct Seen {
  int hosts = 0;
  bool coded = false;
  bool close = false;
};

HeadError note(const Header& h, Head& out, Seen& seen) {
  switch (h.name.size()) {
    case 4:
      if (iequals(h.name, "host")) ++seen.hosts;
      break;
    case 6:
      // An HTTP/1.0 client knows no interim answers (RFC 9110 §10.1.1).
      if (iequals(h.name, "expect")) out.expect_continue = out.minor == 1 && iequals(h.value, "100-continue");
      break;
    case 10:
      if (iequals(h.name, "connection")) {
        seen.close = seen.close || has_token(h.value, "close");
        if (seen.close)
          out.keep_alive = false;
        else if (out.minor == 0 && has_token(h.value, "keep-alive"))
          out.keep_alive = true;
      }
      break;
    case 14:
      if (iequals(h.name, "content-length")) {
        const bool digits = !h.value.empty() && h.value.size() <= 18 &&
                            std::all_of(h.value.begin(), h.value.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (!digits || out.content_length) return HeadError::bad_length;
        out.content_length = static_cast<uint64_t>(*parse_int(h.value));
      }
      break;
    case 17:
      if (iequals(h.name, "transfer-encoding")) {
        if (seen.coded || !iequals(h.value, "chunked")) return HeadError::unsupported_coding;
        seen.coded = out.chunked = true;
      }
      break;
    default:
      break;
  }
  return HeadError::none;
}

HeadError parse_headers(std::string_view rest, Head& out, int& hosts) {
  Seen seen;
  std::string_view line;
  while (next_line(rest, line)) {
    if (line.empty()) {
      if (!rest.empty()) return HeadError::bad_line;
      if (out.chunked && out.content_length) return HeadError::length_and_chunked;
      if (out.chunked && out.minor == 0) return HeadError::unsupported_coding;
      return HeadError::none;
    }
    const size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) return HeadError::bad_line;
    const Header h{line.substr(0, colon), trim(line.substr(colon + 1))};
    if (!all(h.name, kToken) || !all(h.value, kValue)) return HeadError::bad_line;
    if (out.headers.size() == kMaxHeaders) return HeadError::too_many_headers;
    if (auto e = note(h, out, seen); e != HeadError::none) return e;
    hosts = seen.hosts;
    out.headers.push_back(h);
  }
  return HeadError::bad_line;
}

void reset(Head& out) {
  out.headers.clear();
  out.method = out.target = {};
  out.status = 0;
  out.content_length.reset();
  out.chunked = out.expect_continue = false;
}

}  // namespace

const char* explain(HeadError e) {
  switch (e) {
    case HeadError::none:
      return "";
    case HeadError::incomplete:
      return "the head of the message is not complete";
    case HeadError::bad_line:
      return "a line of the head is not valid HTTP/1.1 (every line ends with CR LF, no folded lines)";
    case HeadError::too_many_headers:
      return "more than 100 header lines";
    case HeadError::bad_length:
      return "Content-Length must be one plain number, sent once";
    case HeadError::length_and_chunked:
      return "send either Content-Length or Transfer-Encoding, not both";
    case HeadError::unsupported_coding:
      return "the only transfer coding understood is chunked, sent once, in HTTP/1.1";
    case HeadError::bad_host:
      return "HTTP/1.1 requires exactly one Host header";
    case HeadError::bad_version:
      return "this server speaks HTTP/1.1 and HTTP/1.0";
  }
  return "";
}

std::optional<std::string_view> Head::find(std::string_view lower_name) const {
  for (const Header& h : headers)
    if (h.name.size() == lower_name.size() && iequals(h.name, lower_name)) return h.value;
  return {};
}

size_t head_length(std::string_view bytes, size_t from) {
  const size_t start = from > 3 ? from - 3 : 0;
  const void* end = bytes.size() < 4 ? nullptr : memmem(bytes.data() + start, bytes.size() - start, "\r\n\r\n", 4);
  return end ? static_cast<size_t>(static_cast<const char*>(end) - bytes.data()) + 4 : 0;
}

bool has_bare_lf(std::string_view bytes, size_t from) {
  for (size_t at = bytes.find('\n', from); at != std::string_view::npos; at = bytes.find('\n', at + 1))
    if (at == 0 || bytes[at - 1] != '\r') return true;
  return false;
}

HeadError parse_request(std::string_view head, Head& out) {
  reset(out);
  std::string_view line;
  if (!next_line(head, line)) return HeadError::incomplete;
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return HeadError::bad_line;
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  // A fragment is no part of a target (RFC 9112 §3.2): one server cuts it off, another takes it for the path's.
  const bool visible = std::all_of(out.target.begin(), out.target.end(),
                                   [](unsigned char c) { return c > 0x20 && c != 0x7f && c != '#'; });
  if (out.method.empty() || !all(out.method, kToken) || out.target.empty() || !visible) return HeadError::bad_line;
  if (!version(line.substr(last + 1), out.minor))
    return line.substr(last + 1).starts_with("HTTP/") ? HeadError::bad_version : HeadError::bad_line;
  out.keep_alive = out.minor == 1;
  int hosts = 0;
  if (auto e = parse_headers(head, out, hosts); e != HeadError::none) return e;
  if (hosts > 1 || (hosts == 0 && out.minor == 1)) return HeadError::bad_host;
  return HeadError::none;
}

HeadError parse_response(std::string_view head, Head& out) {
  reset(out);
  std::string_view line;
  if (!next_line(head, line)) return HeadError::incomplete;
  if (line.size() < 12 || !version(line.substr(0, 8), out.minor) || line[8] != ' ' || !all(line, kValue))
    return HeadError::bad_line;
  const auto status = parse_int(line.substr(9, 3));
  if (!status || *status < 100 || *status > 599 || (line.size() > 12 && line[12] != ' ')) return HeadError::bad_line;
  out.status = static_cast<int>(*status);
  out.keep_alive = out.minor == 1;
  int hosts = 0;
  return parse_headers(head, out, hosts);
}

}  // namespace trine::net
