// links: net
// Any bytes as a head, of a request (first byte even) or of a response. What is accepted must leave no room for two
// readings: a parser of another mind, which takes LF alone for a line end and trims what it likes, sees the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_head.h"

namespace {

using namespace trine::net;
using std::string_view;

void require(bool holds) {
  if (!holds) std::abort();
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool same(string_view a, string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}
string_view strip(string_view s) {  // everything that some program takes for a blank
  const string_view blanks(" \t\r\n\v\f\0", 7);
  const size_t first = s.find_first_not_of(blanks);
  if (first == string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(blanks) - first + 1);
}

struct Loose {
  std::vector<string_view> lines;
  size_t lengths = 0, codings = 0, hosts = 0;
};

Loose read_loosely(string_view head) {
  Loose out;
  while (!head.empty()) {
    const size_t lf = head.find('\n');
    const string_view line = strip(head.substr(0, lf));
    head.remove_prefix(lf == string_view::npos ? head.size() : lf + 1);
    if (line.empty()) continue;
    out.lines.push_back(line);
    const string_view name = strip(line.substr(0, line.find(':')));
    out.lengths += same(name, "content-length");
    out.codings += same(name, "transfer-encoding");
    out.hosts += same(name, "host");
  }
  return out;
}

void check(string_view head, const Head& h, bool request) {
  const Loose loose = read_loosely(head);
  require(loose.lines.size() == h.headers.size() + 1);
  for (size_t i = 0; i < h.headers.size(); ++i) {
    const string_view line = loose.lines[i + 1];
    const size_t colon = line.find(':');
    require(colon != string_view::npos && line.substr(0, colon) == h.headers[i].name);
    require(strip(line.substr(colon + 1)) == strip(h.headers[i].value));
  }
  require(loose.lengths + loose.codings <= 1);
  require((loose.lengths == 1) == h.content_length.has_value());
  require((loose.codings == 1) == h.chunked);
  require(!h.chunked || h.minor == 1);
  if (request) {
    require(loose.hosts == 1 || (loose.hosts == 0 && h.minor == 0));
    require(!h.method.empty() && !h.target.empty());
    require(!h.expect_continue || h.minor == 1);
    require(h.method.find_first_of(" \t\r\n") == string_view::npos &&
            h.target.find_first_of(" \t\r\n") == string_view::npos);
  } else {
    require(h.status >= 100 && h.status <= 599);
  }
  if (h.content_length) {
    const auto text = h.find("content-length");
    require(text && text->find_first_not_of("0123456789") == string_view::npos);
    require(*h.content_length == std::strtoull(std::string(*text).c_str(), nullptr, 10));
  }
  for (const Header& header : h.headers)
    for (unsigned char c : header.value) require((c >= 0x20 && c != 0x7f) || c == '\t');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const bool request = data[0] % 2 == 0;
  const auto block = std::make_unique<char[]>(size - 1);
  std::copy(data + 1, data + size, block.get());
  const string_view bytes(block.get(), size - 1);

  const size_t length = head_length(bytes);
  for (size_t seen = 0; seen + 4 <= length; seen += 7) require(head_length(bytes, seen) == length);
  require(length <= bytes.size());

  static Head h;  // used again and again, as a connection does
  const auto parse = request ? parse_request : parse_response;
  const string_view head = bytes.substr(0, length);
  if (length > 0) {
    if (parse(head, h) == HeadError::none) {
      check(head, h, request);
      require(!has_bare_lf(head));
    }
  }
  (void)has_bare_lf(bytes, bytes.size() / 2);
  if (parse(bytes, h) == HeadError::none) require(length == bytes.size());
  return 0;
}
