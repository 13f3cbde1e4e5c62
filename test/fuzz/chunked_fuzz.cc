// links: net
// Any bytes as a chunked body, whole and in pieces (their sizes are taken from the bytes themselves): the same body,
// the same verdict, the same place of the end; and what is accepted is what a plain reading of RFC 9112 §7.1 gives.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "net/chunked.h"

namespace {

using namespace trine::net;
using std::string;
using std::string_view;
using Step = ChunkDecoder::Step;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Decoded {
  Step last = Step::more;
  string body;
  size_t taken = 0;
};

void feed(ChunkDecoder& decoder, const string& piece, Decoded& d) {
  string_view in = piece;
  string_view data;
  while ((d.last = decoder.next(in, data)) == Step::data) {
    require(!data.empty());
    d.body += data;
  }
  d.taken += piece.size() - in.size();
}

Decoded decode(string_view wire, bool pieces) {
  ChunkDecoder decoder;
  Decoded d;
  while (!wire.empty() && d.last == Step::more) {
    const size_t n = pieces ? 1 + static_cast<unsigned char>(wire.front()) % 5 : wire.size();
    const string piece(wire.substr(0, n));
    wire.remove_prefix(piece.size());
    feed(decoder, piece, d);
  }
  return d;
}

// The body, if `wire` begins with one that is chunked as the standard says; and its length on the wire.
std::optional<std::pair<string, size_t>> read_plainly(string_view wire) {
  string body;
  size_t at = 0;
  const auto line = [&]() -> std::optional<string_view> {
    const size_t end = wire.find("\r\n", at);
    if (end == string_view::npos) return {};
    const string_view l = wire.substr(at, end - at);
    at = end + 2;
    return l;
  };
  for (;;) {
    const auto l = line();
    if (!l) return {};
    const string digits(l->substr(0, l->find_first_not_of("0123456789abcdefABCDEF")));
    if (digits.empty() || digits.size() > 16) return {};
    const uint64_t size = std::strtoull(digits.c_str(), nullptr, 16);
    if (size == 0) break;
    if (size > wire.size() - at || wire.substr(at + size, 2) != "\r\n") return {};
    body += wire.substr(at, size);
    at += size + 2;
  }
  for (auto l = line(); l; l = line())
    if (l->empty()) return std::pair(body, at);
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const string wire(reinterpret_cast<const char*>(data), size);
  const Decoded whole = decode(wire, false);
  const Decoded pieces = decode(wire, true);
  require(whole.last == pieces.last && whole.body == pieces.body);
  if (whole.last == Step::end) {
    require(whole.taken == pieces.taken);
    const auto plain = read_plainly(wire);
    require(plain && plain->first == whole.body && plain->second == whole.taken);
  }
  ChunkDecoder decoder;
  string_view inside;
  if (const size_t n = decoder.whole_chunk(wire, inside)) {
    Decoded d;
    feed(decoder, wire.substr(0, n), d);
    require(d.last == Step::more && d.body == inside && d.taken == n && decoder.at_chunk_start());
  }
  return 0;
}
