// links: net
// Any bytes through the relay, whole and in pieces: the same verdict, the same decoded bytes, the same events shown;
// and where all pass, the bytes that came. The first byte says how they come, how they go and what the sink thinks of
// them.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/sse_relay.h"

namespace {

using namespace trine::net;
using std::string;
using std::string_view;
using State = SseRelay::State;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Sink final : EventSink {
  EventVerdict event(string_view e) override {
    shown += e;
    lengths.push_back(e.size());
    EventVerdict v;
    if (!judges) return v;
    if (e.size() % 4 == 1) v.action = EventVerdict::Action::drop;
    if (e.size() % 4 == 2) v.action = EventVerdict::Action::replace;
    if (e.size() % 3 == 1) v.before = ": before\n\n";
    v.text = "data: other\n\n";
    return v;
  }
  bool judges = false;
  string shown;
  std::vector<size_t> lengths;
};

struct Way {
  bool chunked_in, chunked_out, judges;
  std::optional<uint64_t> length;
};

struct Relayed {
  State state = State::more;
  string wire, body, shown;
  std::vector<size_t> lengths;
};

Relayed relay(string_view in, const Way& way, bool pieces) {
  Sink sink;
  sink.judges = way.judges;
  SseRelay relay(sink, way.chunked_in, way.length, way.chunked_out);
  Relayed out;
  while (!in.empty() && out.state == State::more) {
    const size_t n = pieces ? 1 + static_cast<unsigned char>(in.front()) % 7 : in.size();
    const string piece(in.substr(0, n));
    in.remove_prefix(piece.size());
    std::vector<string_view> slices;
    out.state = relay.feed(piece, slices);
    for (string_view s : slices) out.wire += s;
  }
  if (out.state == State::more) {
    std::vector<string_view> slices;
    out.state = relay.closed(slices);
    for (string_view s : slices) out.wire += s;
  }
  if (way.chunked_out) {
    ChunkDecoder decoder;
    string_view wire = out.wire;
    string_view data;
    auto last = ChunkDecoder::Step::more;
    while ((last = decoder.next(wire, data)) == ChunkDecoder::Step::data) out.body += data;
    require(wire.empty());
    require(last == (out.state == State::end ? ChunkDecoder::Step::end : ChunkDecoder::Step::more));
    require(out.state == State::end || decoder.at_chunk_start());
  } else {
    out.body = out.wire;
  }
  out.shown = sink.shown;
  out.lengths = sink.lengths;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const string_view in(reinterpret_cast<const char*>(data) + 1, size - 1);
  Way way{(data[0] & 1) != 0, (data[0] & 2) != 0, (data[0] & 4) != 0, {}};
  if (!way.chunked_in && (data[0] & 8) != 0) way.length = 1 + (data[0] >> 4);
  const Relayed whole = relay(in, way, false);
  const Relayed pieces = relay(in, way, true);
  require(whole.state == pieces.state);
  require(whole.body == pieces.body);
  require(whole.shown == pieces.shown && whole.lengths == pieces.lengths);
  if (!way.judges && whole.state == State::end) {
    require(whole.body == whole.shown);
    if (!way.chunked_in) require(whole.body == in.substr(0, way.length.value_or(in.size())));
  }
  for (size_t at = 0, left = whole.lengths.size(); const size_t n : whole.lengths) {
    const string_view event = string_view(whole.shown).substr(at, n);
    const size_t end = event_length(event);
    require(end == n || (end == 0 && left == 1 && whole.state == State::end));  // only the last may be unfinished
    at += n;
    --left;
  }
  return 0;
}
