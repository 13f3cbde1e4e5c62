#include "net/chunked.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trine::net::chunked_test {
namespace {

using std::string;
using std::string_view;
using Step = ChunkDecoder::Step;

struct Decoded {
  Step last = Step::more;
  string body;
  size_t left = 0;  // bytes behind the end
};

// Fed in pieces of `piece` bytes, each copied to a block of its own so that reading over its end shows.
Decoded decode(string_view wire, size_t piece = SIZE_MAX) {
  ChunkDecoder decoder;
  Decoded out;
  while (!wire.empty() && out.last != Step::end && out.last != Step::bad) {
    const string block(wire.substr(0, piece));
    wire.remove_prefix(block.size());
    string_view in = block;
    string_view data;
    while ((out.last = decoder.next(in, data)) == Step::data) out.body += data;
    out.left = in.size() + (out.last == Step::end ? wire.size() : 0);
  }
  return out;
}

void expect_bad(string_view wire) {
  for (size_t piece : {size_t{1}, size_t{2}, size_t{3}, wire.size()})
    EXPECT_EQ(decode(wire, piece).last, Step::bad) << testing::PrintToString(string(wire)) << " in pieces of " << piece;
}

TEST(Chunked, ABodyIsItsChunksInARow) {
  const auto d = decode("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nnext");
  EXPECT_EQ(d.last, Step::end);
  EXPECT_EQ(d.body, "hello world");
  EXPECT_EQ(d.left, 4u) << "the next message stays";
}

TEST(Chunked, AnEmptyBodyIsTheLastChunkAlone) {
  EXPECT_EQ(decode("0\r\n\r\n").last, Step::end);
  EXPECT_EQ(decode("000\r\n\r\n").last, Step::end);
}

TEST(Chunked, SplitAtAnyByteItIsTheSameBody) {
  const string wire =
      "5\r\nhello\r\n1a;name=value\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nTrailer: x\r\nAnother: y\r\n\r\n";
  for (size_t piece = 1; piece <= wire.size(); ++piece) {
    const auto d = decode(wire, piece);
    EXPECT_EQ(d.last, Step::end) << piece;
    EXPECT_EQ(d.body, "helloabcdefghijklmnopqrstuvwxyz") << piece;
    EXPECT_EQ(d.left, 0u) << piece;
  }
  for (size_t at = 0; at <= wire.size(); ++at) {
    ChunkDecoder decoder;
    string body;
    Step last = Step::more;
    for (const string& half : {wire.substr(0, at), wire.substr(at)}) {
      string_view in = half;
      string_view data;
      while ((last = decoder.next(in, data)) == Step::data) body += data;
    }
    EXPECT_EQ(last, Step::end) << at;
    EXPECT_EQ(body, "helloabcdefghijklmnopqrstuvwxyz") << at;
  }
}

TEST(Chunked, SizesAreHexadecimalInAnyCase) {
  EXPECT_EQ(decode("A\r\n0123456789\r\n0\r\n\r\n").body, "0123456789");
  EXPECT_EQ(decode("0000000a\r\n0123456789\r\n0\r\n\r\n").body, "0123456789");
}

TEST(Chunked, BytesOfABodyMayBeAnything) {
  const string body("\r\n0\r\n\r\n\0\xff", 9);
  EXPECT_EQ(decode("9\r\n" + body + "\r\n0\r\n\r\n").body, body);
}

TEST(Chunked, WhatIsNoSizeIsRefused) {
  for (const char* bad : {"\r\n", "g\r\n", "-1\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n", " 5\r\nhello\r\n", ";x\r\n",
                          "5\nhello\r\n", "5\rhello\r\n", "5\r\r\nhello", "5,5\r\n"})
    expect_bad(bad);
}

TEST(Chunked, AfterTheSizeComesAnExtensionOrTheEndOfTheLine) {
  EXPECT_EQ(decode("5;a\r\nhello\r\n0\r\n\r\n").body, "hello");
  EXPECT_EQ(decode("5;a=\"b;c\"\r\nhello\r\n0;last\r\n\r\n").body, "hello");
  EXPECT_EQ(decode("5 \t;a\r\nhello\r\n0\r\n\r\n").body, "hello") << "blanks before the semicolon: RFC 9112 §7.1.1";
  EXPECT_EQ(decode("5  \r\nhello\r\n0\r\n\r\n").body, "hello") << "padded sizes exist";
  expect_bad("5 5\r\nhello\r\n0\r\n\r\n");  // is it 5, or 55?
  expect_bad("5 a;b\r\nhello\r\n0\r\n\r\n");
  expect_bad("5;a\nhello\r\n0\r\n\r\n");
  expect_bad(string("5;") + '\0' + "\r\nhello\r\n0\r\n\r\n");
}

TEST(Chunked, AChunkEndsWhereItsSizeSays) {
  expect_bad("5\r\nhello!\r\n0\r\n\r\n");
  expect_bad("5\r\nhello\n0\r\n\r\n");
  expect_bad("5\r\nhello\r0\r\n\r\n");
  expect_bad("5\r\nhello\rX0\r\n\r\n");
  expect_bad("5\r\nhelloX\n0\r\n\r\n");
  expect_bad("4\r\nhello\r\n0\r\n\r\n");
}

TEST(Chunked, SizesThatWouldOverflowAreRefused) {
  expect_bad("ffffffffffffffff\r\n");
  expect_bad("10000000000000005\r\nhello\r\n");  // 64 bits would keep the 5
  expect_bad("00000000000000005\r\nhello\r\n");  // 17 digits
  expect_bad("10000000001\r\n");                 // one over 2^40
  EXPECT_EQ(decode("10000000000\r\nhello").last, Step::more);
}

TEST(Chunked, TrailersAreSkipped) {
  const auto d = decode("1\r\na\r\n0\r\nDigest: abc\r\nX: \r\n\r\nGET");
  EXPECT_EQ(d.last, Step::end);
  EXPECT_EQ(d.body, "a");
  EXPECT_EQ(d.left, 3u);
  expect_bad("0\r\n folded\r\n\r\n");
  expect_bad("0\r\nDigest: a\nb\r\n\r\n");
  expect_bad("0\r\nDigest: a\rb\r\n\r\n");
  expect_bad("0\r\n\n");
  expect_bad("0\r\n\rX");
}

TEST(Chunked, ExtensionsAndTrailersHaveAnEnd) {
  expect_bad("1;" + string(5000, 'x') + "\r\na\r\n0\r\n\r\n");
  expect_bad("0\r\nX: " + string(5000, 'x') + "\r\n\r\n");
  string many_lines = "0\r\n";
  for (int i = 0; i < 5000; ++i) many_lines += "x\r\n";
  expect_bad(many_lines + "\r\n");
  string many_chunks;
  for (int i = 0; i < 5000; ++i) many_chunks += "1;\r\na\r\n";
  expect_bad(many_chunks + "0\r\n\r\n");
  EXPECT_EQ(decode("1;" + string(2000, 'x') + "\r\na\r\n0\r\nX: " + string(1500, 'x') + "\r\n\r\n").last, Step::end);
}

TEST(Chunked, NothingIsTakenAfterTheEndOrAfterAnError) {
  ChunkDecoder done;
  string_view in = "0\r\n\r\nHTTP/1.1 200 OK";
  string_view piece;
  ASSERT_EQ(done.next(in, piece), Step::end);
  EXPECT_EQ(done.next(in, piece), Step::end);
  EXPECT_EQ(in, "HTTP/1.1 200 OK");
  string_view none;
  EXPECT_EQ(done.next(none, piece), Step::end);

  ChunkDecoder broken;
  in = "x";
  ASSERT_EQ(broken.next(in, piece), Step::bad);
  EXPECT_EQ(broken.next(none, piece), Step::bad);
  in = "5\r\nhello\r\n";
  EXPECT_EQ(broken.next(in, piece), Step::bad);
}

TEST(WholeChunk, IsSeenWithItsFramingAndNotTaken) {
  const ChunkDecoder decoder;
  string_view data;
  EXPECT_EQ(decoder.whole_chunk("5\r\nhello\r\n3\r\n", data), 10u);
  EXPECT_EQ(data, "hello");
  EXPECT_EQ(decoder.whole_chunk("0005\r\nhello\r\n", data), 13u);
  EXPECT_EQ(data, "hello");
}

TEST(WholeChunk, IsNeitherAPartNorTheLastNorOneWithExtensions) {
  const ChunkDecoder decoder;
  string_view data;
  const string whole = "5\r\nhello\r\n";
  for (size_t n = 0; n < whole.size(); ++n) EXPECT_EQ(decoder.whole_chunk(whole.substr(0, n), data), 0u) << n;
  for (const char* other : {"0\r\n\r\n", "5;x\r\nhello\r\n", "5 \r\nhello\r\n", "5\r\nhello!\r\n", "5\nhello\r\n",
                            "x\r\nhello\r\n", "ffffffff\r\nhello\r\n", "123456789\r\nhello\r\n"})
    EXPECT_EQ(decoder.whole_chunk(other, data), 0u) << other;
}

TEST(WholeChunk, IsLookedForBetweenChunksOnly) {
  ChunkDecoder decoder;
  EXPECT_TRUE(decoder.at_chunk_start());
  string_view data;
  string_view in = "5\r\nhe";
  while (decoder.next(in, data) == Step::data) {
  }
  EXPECT_FALSE(decoder.at_chunk_start());
  EXPECT_EQ(decoder.whole_chunk("3\r\nabc\r\n", data), 0u);
  in = "llo\r\n";
  while (decoder.next(in, data) == Step::data) {
  }
  EXPECT_TRUE(decoder.at_chunk_start());
  EXPECT_EQ(decoder.whole_chunk("3\r\nabc\r\n", data), 8u);
  in = "1";
  ASSERT_EQ(decoder.next(in, data), Step::more);
  EXPECT_FALSE(decoder.at_chunk_start());
  EXPECT_EQ(decoder.whole_chunk("3\r\nabc\r\n", data), 0u);
}

TEST(ChunkSize, IsWrittenAsTheDecoderReadsIt) {
  const auto written = [](size_t n) {
    char out[18];
    return string(out, write_chunk_size(out, n));
  };
  EXPECT_EQ(written(0), "0\r\n");
  EXPECT_EQ(written(10), "a\r\n");
  EXPECT_EQ(written(4096), "1000\r\n");
  EXPECT_EQ(written(SIZE_MAX), "ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace trine::net::chunked_test
