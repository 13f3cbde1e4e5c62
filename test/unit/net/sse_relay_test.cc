#include "net/sse_relay.h"

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <string>

namespace trine::net::sse_relay_test {
namespace {

using std::string;
using std::string_view;
using State = SseRelay::State;
using Action = EventVerdict::Action;

// Remembers what it saw; judges by a function, or lets everything pass.
struct Sink final : EventSink {
  EventVerdict event(string_view bytes) override {
    seen.emplace_back(bytes);
    return judge ? judge(bytes) : EventVerdict{};
  }
  std::vector<string> seen;
  std::function<EventVerdict(string_view)> judge;
};

struct Relayed {
  State state = State::more;
  string wire;
  std::vector<string> writes;  // what each feed gave
};

// Feeds `in` in pieces of `piece` bytes, each in a block of its own that is gone after its bytes were written.
Relayed relay(SseRelay& r, string_view in, size_t piece = SIZE_MAX) {
  Relayed out;
  while (!in.empty() && out.state == State::more) {
    const string block(in.substr(0, piece));
    in.remove_prefix(block.size());
    std::vector<string_view> slices;
    out.state = r.feed(block, slices);
    string write;
    for (string_view s : slices) write += s;
    out.wire += write;
    out.writes.push_back(std::move(write));
  }
  return out;
}

string chunk(string_view data) {
  char size[18];
  return string(size, write_chunk_size(size, data.size())) + string(data) + "\r\n";
}
const string kEnd = "0\r\n\r\n";

string join(std::initializer_list<string_view> parts) {
  string out;
  for (string_view p : parts) out += p;
  return out;
}

string unchunk(string_view wire) {
  ChunkDecoder d;
  string body;
  string_view piece;
  while (d.next(wire, piece) == ChunkDecoder::Step::data) body += piece;
  return body;
}

const string kOne = "data: {\"id\":1}\n\n";
const string kTwo = "event: x\r\ndata: {\"id\":2}\r\n\r\n";
const string kDone = "data: [DONE]\n\n";

TEST(EventLength, IsThroughTheBlankLine) {
  EXPECT_EQ(event_length(kOne + "data"), kOne.size());
  EXPECT_EQ(event_length(kTwo + "data"), kTwo.size());
  EXPECT_EQ(event_length("data: a\ndata: b\n\n"), 17u);
  EXPECT_EQ(event_length("data: a\n\r\n"), 10u);
  EXPECT_EQ(event_length(": comment\n\n"), 11u);
  EXPECT_EQ(event_length("\n\n"), 2u);
  for (const char* open : {"", "data: a", "data: a\n", "data: a\r\n", "data: a\r\n\r", "data: a\n\r", "\r\n"})
    EXPECT_EQ(event_length(open), 0u) << open;
}

TEST(SseRelay, EventsPassByteForByte) {
  Sink sink;
  SseRelay r(sink, false, {}, false);
  const auto out = relay(r, kOne + kTwo + kDone);
  EXPECT_EQ(out.wire, kOne + kTwo + kDone);
  EXPECT_EQ(sink.seen, (std::vector{kOne, kTwo, kDone}));
}

TEST(SseRelay, AnEventIsPassedOnAsSoonAsItIsWhole) {
  Sink sink;
  SseRelay r(sink, true, {}, true);
  std::vector<string_view> slices;
  const string first = "data: a\n\nda";
  const string wire = chunk(first);
  ASSERT_EQ(r.feed(wire, slices), State::more);
  string written;
  for (string_view s : slices) written += s;
  EXPECT_EQ(unchunk(written + kEnd), "data: a\n\n") << "the event at once, its unfinished neighbour not yet";
}

TEST(SseRelay, AnEventMayBeSplitAnywhere) {
  const string body = kOne + kTwo + kDone;
  for (bool chunked_in : {false, true})
    for (bool chunked_out : {false, true})
      for (size_t piece = 1; piece <= body.size() + 20; ++piece) {
        Sink sink;
        SseRelay r(sink, chunked_in, chunked_in ? std::nullopt : std::optional<uint64_t>(body.size()), chunked_out);
        const string wire = chunked_in ? join({chunk(body.substr(0, 25)), chunk(body.substr(25)), kEnd}) : body;
        const auto out = relay(r, wire, piece);
        ASSERT_EQ(out.state, State::end) << piece;
        ASSERT_EQ(chunked_out ? unchunk(out.wire) : out.wire, body) << piece;
        ASSERT_EQ(sink.seen, (std::vector{kOne, kTwo, kDone})) << piece;
      }
}

TEST(SseRelay, FramingOfWholePassingEventsGoesThroughUntouched) {
  Sink sink;
  SseRelay r(sink, true, {}, true);
  const string real =
      "0010\r\n" + kOne + "\r\n" + chunk(kTwo + kDone) + kEnd;  // leading zeros: ours would not write them
  ASSERT_EQ(kOne.size(), 16u);
  std::vector<string_view> slices;
  ASSERT_EQ(r.feed(real, slices), State::end);
  string written;
  for (string_view s : slices) written += s;
  EXPECT_EQ(written, real);
  ASSERT_EQ(slices.size(), 2u) << "neighbouring chunks leave as one slice, then the end";
  EXPECT_EQ(slices[0].data(), real.data()) << "nothing was copied";
}

TEST(SseRelay, ASinkMayDropAnEvent) {
  Sink sink;
  sink.judge = [](string_view e) {
    EventVerdict v;
    if (e == kTwo) v.action = Action::drop;
    return v;
  };
  for (size_t piece : {size_t{1}, size_t{7}, SIZE_MAX}) {
    SseRelay r(sink, true, {}, true);
    const auto out = relay(r, join({chunk(join({kOne, kTwo, kDone})), kEnd}), piece);
    EXPECT_EQ(out.state, State::end);
    EXPECT_EQ(unchunk(out.wire), kOne + kDone) << piece;
  }
}

TEST(SseRelay, ADroppedChunkLeavesNoEmptyChunkWhichWouldEndTheBody) {
  Sink sink;
  sink.judge = [](string_view) {
    EventVerdict v;
    v.action = Action::drop;
    return v;
  };
  SseRelay r(sink, true, {}, true);
  const auto out = relay(r, chunk(kOne) + chunk(kTwo) + kEnd);
  EXPECT_EQ(out.wire, kEnd);
}

TEST(SseRelay, ASinkMayReplaceAnEvent) {
  Sink sink;
  sink.judge = [](string_view e) {
    EventVerdict v;
    if (e == kTwo) {
      v.action = Action::replace;
      v.text = "data: another\n\n";
    }
    return v;
  };
  for (size_t piece : {size_t{1}, size_t{7}, SIZE_MAX}) {
    SseRelay r(sink, false, {}, true);
    auto out = relay(r, join({kOne, kTwo, kDone}), piece);
    EXPECT_EQ(unchunk(out.wire), join({kOne, "data: another\n\n", kDone})) << piece;
  }
}

TEST(SseRelay, ASinkMayPutEventsBeforeOneThatPassesIsDroppedOrReplaced) {
  for (Action action : {Action::pass, Action::drop, Action::replace}) {
    Sink sink;
    sink.judge = [&](string_view e) {
      EventVerdict v;
      if (e != kDone) return v;
      v.action = action;
      v.before = ": trine {}\n\n";
      v.text = "data: over\n\n";
      return v;
    };
    const string last = action == Action::pass ? kDone : action == Action::drop ? "" : "data: over\n\n";
    for (size_t piece : {size_t{1}, size_t{5}, SIZE_MAX}) {
      SseRelay r(sink, true, {}, true);
      EXPECT_EQ(unchunk(relay(r, join({chunk(kOne), chunk(kTwo + kDone), kEnd}), piece).wire),
                join({kOne, kTwo, ": trine {}\n\n", last}));
    }
  }
}

TEST(SseRelay, WhatComesChunkedMayGoOutPlain) {
  Sink sink;
  SseRelay r(sink, true, {}, false);
  const auto out = relay(r, chunk(kOne) + chunk(kDone) + kEnd);
  EXPECT_EQ(out.state, State::end);
  EXPECT_EQ(out.wire, kOne + kDone);
}

TEST(SseRelay, ABodyWithALengthEndsThere) {
  Sink sink;
  SseRelay r(sink, false, kOne.size() + kDone.size(), true);
  const auto out = relay(r, kOne + kDone + "HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(out.state, State::end);
  EXPECT_EQ(unchunk(out.wire), kOne + kDone);
  EXPECT_TRUE(out.wire.ends_with(kEnd));
}

TEST(SseRelay, ABodyWithoutALengthEndsWithTheConnection) {
  Sink sink;
  SseRelay r(sink, false, {}, true);
  auto out = relay(r, kOne + kDone);
  EXPECT_EQ(out.state, State::more);
  std::vector<string_view> slices;
  EXPECT_EQ(r.closed(slices), State::end);
  EXPECT_EQ(slices, std::vector<string_view>{kEnd});
}

TEST(SseRelay, AConnectionThatClosesInTheMiddleOfABodyIsBad) {
  Sink sink;
  std::vector<string_view> slices;
  SseRelay chunked(sink, true, {}, true);
  relay(chunked, chunk(kOne));
  EXPECT_EQ(chunked.closed(slices), State::bad);
  SseRelay counted(sink, false, 1000, true);
  relay(counted, kOne);
  EXPECT_EQ(counted.closed(slices), State::bad);
  EXPECT_TRUE(slices.empty()) << "no end is written: the client must see that it was cut";
}

TEST(SseRelay, AnUnfinishedLastEventIsShownAsItIs) {
  const string cut = "data: {\"id\":";
  for (bool chunked_in : {false, true}) {
    Sink sink;
    SseRelay r(sink, chunked_in, {}, true);
    auto out = relay(r, chunked_in ? join({chunk(kOne + cut), kEnd}) : kOne + cut);
    if (!chunked_in) {
      std::vector<string_view> slices;
      EXPECT_EQ(r.closed(slices), State::end);
      for (string_view s : slices) out.wire += s;
    }
    EXPECT_EQ(sink.seen, (std::vector{kOne, cut}));
    EXPECT_EQ(unchunk(out.wire), kOne + cut);
    EXPECT_TRUE(out.wire.ends_with(kEnd));
  }
}

TEST(SseRelay,
     AnUnfinishedLastEventIsJudgedLikeAnyOther) {  // an engine that ends on "data: [DONE]" without a blank line
  for (Action action : {Action::pass, Action::drop, Action::replace}) {
    Sink sink;
    sink.judge = [&](string_view e) {
      EventVerdict v;
      if (e != "data: [DONE]") return v;
      v.action = action;
      v.before = ": trine {}\n\n";
      v.text = "data: over\n\n";
      return v;
    };
    SseRelay r(sink, true, {}, true);
    const auto out = relay(r, chunk(kOne) + chunk("data: [DONE]") + kEnd);
    const string last = action == Action::pass ? "data: [DONE]" : action == Action::drop ? "" : "data: over\n\n";
    EXPECT_EQ(out.state, State::end);
    EXPECT_EQ(unchunk(out.wire), join({kOne, ": trine {}\n\n", last}));
  }
}

TEST(SseRelay, BrokenChunksAreBad) {
  Sink sink;
  SseRelay r(sink, true, {}, true);
  const auto out = relay(r, chunk(kOne) + "zz\r\n");
  EXPECT_EQ(out.state, State::bad);
  EXPECT_EQ(unchunk(out.wire + kEnd), kOne) << "what was whole before has left";
}

TEST(SseRelay, AnEventThatNeverEndsIsTooLong) {
  Sink sink;
  SseRelay r(sink, false, {}, true);
  const string block(1 << 16, 'x');
  size_t fed = 0;
  State state = State::more;
  while (state == State::more && fed < 2 * SseRelay::kMaxEvent) {
    std::vector<string_view> slices;
    state = r.feed(block, slices);
    fed += block.size();
    ASSERT_TRUE(slices.empty());
  }
  EXPECT_EQ(state, State::too_long);
  EXPECT_LE(fed, SseRelay::kMaxEvent + block.size());
}

TEST(SseRelay, ALongEventInTinyChunksCostsItsLengthOnce) {
  // One byte per chunk: a copy of all that came so far for each of them would be some 40 GB, in one feed.
  string wire;
  for (int i = 0; i < 200'000; ++i) wire += "1\r\nx\r\n";
  wire += chunk("\n\n") + kEnd;
  Sink sink;
  SseRelay r(sink, true, {}, true);
  const auto out = relay(r, wire);
  EXPECT_EQ(out.state, State::end);
  EXPECT_EQ(unchunk(out.wire), string(200'000, 'x') + "\n\n");
  EXPECT_EQ(sink.seen.size(), 1u);
}

TEST(SseRelay, OwnEventsAreFramedLikeTheStream) {
  Sink sink;
  for (bool chunked_out : {true, false}) {
    SseRelay r(sink, true, {}, chunked_out);
    std::vector<string_view> slices;
    r.append("data: {\"error\":1}\n\n", slices);
    r.append_end(slices);
    string written;
    for (string_view s : slices) written += s;
    EXPECT_EQ(written, chunked_out ? chunk("data: {\"error\":1}\n\n") + kEnd : "data: {\"error\":1}\n\n");
  }
}

}  // namespace
}  // namespace trine::net::sse_relay_test
