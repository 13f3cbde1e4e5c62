#include "net/http_head.h"

#include <gtest/gtest.h>

#include <string>

namespace trine::net::http_head_test {
namespace {

using std::string;
using std::string_view;

HeadError request(string_view head, Head& out) {
  return parse_request(head, out);
}

// A request whose only unusual part is `lines` (each with its CR LF).
HeadError request_with(string_view lines, Head& out) {
  static string text;  // the views in `out` stay good until the next call
  text = "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\n" + string(lines) + "\r\n";
  return parse_request(text, out);
}

HeadError request_with(string_view lines) {
  Head out;
  return request_with(lines, out);
}

HeadError first_line(string_view line) {
  Head out;
  const string text = string(line) + "\r\nHost: gateway\r\n\r\n";
  return parse_request(text, out);
}

HeadError response_with(string_view lines) {
  Head out;
  const string text = "HTTP/1.1 200 OK\r\n" + string(lines) + "\r\n";
  return parse_response(text, out);
}

TEST(RequestHead, IsReadInPlace) {
  const string text =
      "POST /v1/chat/completions?trace=1 HTTP/1.1\r\n"
      "Host: gateway.example:8080\r\n"
      "Content-Length: 17\r\n"
      "Authorization:Bearer k\r\n"
      "X-Blank: \t v w \t\r\n"
      "X-Empty:\r\n"
      "\r\n";
  Head h;
  ASSERT_EQ(request(text, h), HeadError::none);
  EXPECT_EQ(h.method, "POST");
  EXPECT_EQ(h.target, "/v1/chat/completions?trace=1");
  EXPECT_EQ(h.path(), "/v1/chat/completions");
  EXPECT_EQ(h.minor, 1);
  EXPECT_EQ(h.content_length, 17u);
  EXPECT_FALSE(h.chunked);
  EXPECT_TRUE(h.keep_alive);
  EXPECT_FALSE(h.expect_continue);
  EXPECT_EQ(h.headers.size(), 5u);
  EXPECT_EQ(h.find("authorization"), "Bearer k");
  EXPECT_EQ(h.find("x-blank"), "v w");
  EXPECT_EQ(h.find("x-empty"), "");
  EXPECT_FALSE(h.find("x-none"));
  EXPECT_GE(h.method.data(), text.data());
  EXPECT_LT(h.method.data(), text.data() + text.size());
}

TEST(RequestHead, ForgetsTheOneBefore) {
  Head h;
  ASSERT_EQ(request_with("Content-Length: 5\r\nConnection: close\r\nExpect: 100-continue\r\n", h), HeadError::none);
  ASSERT_EQ(request_with("", h), HeadError::none);
  EXPECT_FALSE(h.content_length);
  EXPECT_TRUE(h.keep_alive);
  EXPECT_FALSE(h.expect_continue);
  EXPECT_EQ(h.headers.size(), 1u);
  ASSERT_EQ(request_with("Transfer-Encoding: chunked\r\n", h), HeadError::none);
  ASSERT_EQ(request_with("Content-Length: 5\r\n", h), HeadError::none);
  EXPECT_FALSE(h.chunked);
}

TEST(RequestHead, BytesOverAsciiAndTabsPassInValues) {
  Head h;
  ASSERT_EQ(request_with("X-Name: J\xc3\xbcrgen\tM\xfcller\r\n", h), HeadError::none);
  EXPECT_EQ(h.find("x-name"), "J\xc3\xbcrgen\tM\xfcller");
}

TEST(RequestHead, HeaderNamesAreFoundInAnyCase) {
  Head h;
  ASSERT_EQ(request_with("CONTENT-length: 3\r\ncOnNeCtIoN: CLOSE\r\n", h), HeadError::none);
  EXPECT_EQ(h.content_length, 3u);
  EXPECT_FALSE(h.keep_alive);
  EXPECT_EQ(h.find("connection"), "CLOSE");
}

TEST(RequestHead, OfSeveralHeadersWithOneNameTheFirstIsFound) {
  Head h;
  ASSERT_EQ(request_with("X-A: 1\r\nX-A: 2\r\n", h), HeadError::none);
  EXPECT_EQ(h.find("x-a"), "1");
}

// What two programs could read in two ways is how requests are smuggled past a gateway.

TEST(RequestHead, ContentLengthBesideTransferEncodingIsRefused) {
  EXPECT_EQ(request_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), HeadError::length_and_chunked);
  EXPECT_EQ(request_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), HeadError::length_and_chunked);
}

TEST(RequestHead, ContentLengthIsOnePlainNumberSentOnce) {
  for (const char* bad : {"+5", "-5", "5,5", "5, 5", "0x5", "5 5", "", "5a", " ", "1e3", "5.0", "1234567890123456789"})
    EXPECT_EQ(request_with("Content-Length: " + string(bad) + "\r\n"), HeadError::bad_length) << bad;
  EXPECT_EQ(request_with("Content-Length: 5\r\nContent-Length: 6\r\n"), HeadError::bad_length);
  EXPECT_EQ(request_with("Content-Length: 5\r\nContent-Length: 5\r\n"), HeadError::bad_length);
  Head h;
  ASSERT_EQ(request_with("Content-Length: 007\r\n", h), HeadError::none);
  EXPECT_EQ(h.content_length, 7u);
  ASSERT_EQ(request_with("Content-Length: 999999999999999999\r\n", h), HeadError::none);
  EXPECT_EQ(h.content_length, 999'999'999'999'999'999u);
}

TEST(RequestHead, TheOnlyTransferCodingIsChunkedSentOnce) {
  for (const char* bad : {"gzip", "gzip, chunked", "chunked, chunked", "chunked;q=1", "identity", "", "xchunked",
                          "chunked,", ",chunked", "\"chunked\"", "chunked\tx"})
    EXPECT_EQ(request_with("Transfer-Encoding: " + string(bad) + "\r\n"), HeadError::unsupported_coding) << bad;
  EXPECT_EQ(request_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
            HeadError::unsupported_coding);
  Head h;
  ASSERT_EQ(request_with("Transfer-Encoding:  Chunked \r\n", h), HeadError::none);
  EXPECT_TRUE(h.chunked);
}

TEST(RequestHead, ChunkedIsUnknownToHttp10) {
  Head h;
  EXPECT_EQ(request("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", h), HeadError::unsupported_coding);
}

TEST(RequestHead, FoldedLinesAreRefused) {
  EXPECT_EQ(request_with("X-A: one\r\n two\r\n"), HeadError::bad_line);
  EXPECT_EQ(request_with("X-A: one\r\n\ttwo: three\r\n"), HeadError::bad_line);
  EXPECT_EQ(request_with(" X-A: at the front\r\n"), HeadError::bad_line);
}

TEST(RequestHead, BareLineFeedsAreRefused) {
  Head h;
  EXPECT_EQ(request("GET / HTTP/1.1\nHost: a\r\n\r\n", h), HeadError::bad_line);
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", h), HeadError::bad_line);
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: a\n\r\n\r\n", h), HeadError::bad_line);
  EXPECT_EQ(request("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", h), HeadError::bad_line);
}

TEST(RequestHead, BareCarriageReturnsAreRefused) {
  EXPECT_EQ(request_with("X-A: one\rX-B: two\r\n"), HeadError::bad_line);
  EXPECT_EQ(request_with("X-A: one\r\r\n"), HeadError::bad_line);
  EXPECT_EQ(request_with("X-A\r: one\r\n"), HeadError::bad_line);
  EXPECT_EQ(first_line("GET /\r HTTP/1.1"), HeadError::bad_line);
}

TEST(RequestHead, ABlankBeforeTheColonIsRefused) {
  EXPECT_EQ(request_with("Content-Length : 5\r\n"), HeadError::bad_line);
  EXPECT_EQ(request_with("Transfer-Encoding\t: chunked\r\n"), HeadError::bad_line);
}

TEST(RequestHead, ALineWithoutANameOrAColonIsRefused) {
  EXPECT_EQ(request_with(": nameless\r\n"), HeadError::bad_line);
  EXPECT_EQ(request_with("no colon\r\n"), HeadError::bad_line);
}

TEST(RequestHead, ControlCharactersAreRefused) {
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\t' || c == '\r' || c == '\n') continue;
    EXPECT_EQ(request_with(string("X-A: b") + static_cast<char>(c) + "c\r\n"), HeadError::bad_line) << c;
    EXPECT_EQ(request_with(string("X-A") + static_cast<char>(c) + ": b\r\n"), HeadError::bad_line) << c;
    EXPECT_EQ(first_line(string("GET /") + static_cast<char>(c) + " HTTP/1.1"), HeadError::bad_line) << c;
  }
  EXPECT_EQ(request_with("X-A: b\x7f\r\n"), HeadError::bad_line);
  EXPECT_EQ(first_line("GET /\x7f HTTP/1.1"), HeadError::bad_line);
}

TEST(RequestHead, NamesAreTokens) {
  for (char c : string_view("()<>@,;\\\"/[]?={} \x80\xff"))
    EXPECT_EQ(request_with(string("X") + c + "A: b\r\n"), HeadError::bad_line) << c;
  EXPECT_EQ(request_with("!#$%&'*+-.^_`|~09azAZ: every token character\r\n"), HeadError::none);
}

TEST(RequestHead, Http11NeedsExactlyOneHost) {
  Head h;
  EXPECT_EQ(request("GET / HTTP/1.1\r\n\r\n", h), HeadError::bad_host);
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", h), HeadError::bad_host);
  EXPECT_EQ(request("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", h), HeadError::bad_host);
  EXPECT_EQ(request("GET / HTTP/1.0\r\n\r\n", h), HeadError::none);
}

TEST(RequestHead, TheRequestLineIsThreePartsWithOneBlankBetween) {
  for (const char* bad : {"", "GET", "GET /", "GET / ", " / HTTP/1.1", "GET  HTTP/1.1", "GET  / HTTP/1.1",
                          "GET /  HTTP/1.1", "GET / a HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 ",
                          "GET\t/\tHTTP/1.1", "G@T / HTTP/1.1", "GET / http/1.1", "GET / TTP/1.1"})
    EXPECT_EQ(first_line(bad), HeadError::bad_line) << bad;
  EXPECT_EQ(first_line("M-SEARCH * HTTP/1.1"), HeadError::none);
  EXPECT_EQ(first_line("GET http://gateway/v1 HTTP/1.1"), HeadError::none);
}

TEST(RequestHead, AFragmentInTheTargetIsRefused) {
  for (const char* target : {"/v1/files#", "/v1/files#x", "/#/v1/files", "/v1/files?a=1#b", "#"})
    EXPECT_EQ(first_line("GET " + string(target) + " HTTP/1.1"), HeadError::bad_line) << target;
  EXPECT_EQ(first_line("GET /v1/files/a%23b HTTP/1.1"), HeadError::none);
}

TEST(RequestHead, VersionsOtherThan10And11AreNamedAsSuch) {
  for (const char* bad :
       {"HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/1.10", "HTTP/1", "HTTP/1.", "HTTP/ 1.1", "HTTP/11", "HTTP/1.x"})
    EXPECT_EQ(first_line("GET / " + string(bad)),
              string_view(bad) == "HTTP/ 1.1" ? HeadError::bad_line : HeadError::bad_version)
        << bad;
  EXPECT_EQ(first_line("PRI * HTTP/2.0"), HeadError::bad_version);
}

TEST(RequestHead, AHundredHeadersPassAndOneMoreDoesNot) {
  string lines;
  for (size_t i = 0; i + 1 < kMaxHeaders; ++i) lines += "X-A: b\r\n";  // Host is the hundredth
  EXPECT_EQ(request_with(lines), HeadError::none);
  EXPECT_EQ(request_with(lines + "X-A: b\r\n"), HeadError::too_many_headers);
}

TEST(RequestHead, MustEndWithItsEmptyLineAndNothingBehindIt) {
  Head h;
  EXPECT_EQ(request("", h), HeadError::incomplete);
  EXPECT_EQ(request("GET / HTTP/1.1", h), HeadError::incomplete);
  EXPECT_NE(request("GET / HTTP/1.1\r\n", h), HeadError::none);
  EXPECT_NE(request("GET / HTTP/1.1\r\nHost: a\r\n", h), HeadError::none);
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: a\r\n\r\nX", h), HeadError::bad_line);
}

TEST(RequestHead, Http11KeepsTheConnectionUnlessToldToClose) {
  Head h;
  ASSERT_EQ(request_with("", h), HeadError::none);
  EXPECT_TRUE(h.keep_alive);
  for (const char* value : {"close", "Close", "keep-alive, close", "close, keep-alive", "x ,\tclose , y"}) {
    ASSERT_EQ(request_with("Connection: " + string(value) + "\r\n", h), HeadError::none);
    EXPECT_FALSE(h.keep_alive) << value;
  }
  for (const char* value : {"keep-alive", "closed", "not close", "", ","}) {
    ASSERT_EQ(request_with("Connection: " + string(value) + "\r\n", h), HeadError::none);
    EXPECT_TRUE(h.keep_alive) << value;
  }
}

TEST(RequestHead, Http10ClosesUnlessAskedToKeep) {
  Head h;
  ASSERT_EQ(request("GET / HTTP/1.0\r\n\r\n", h), HeadError::none);
  EXPECT_EQ(h.minor, 0);
  EXPECT_FALSE(h.keep_alive);
  ASSERT_EQ(request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", h), HeadError::none);
  EXPECT_TRUE(h.keep_alive);
}

TEST(RequestHead, CloseWinsInWhateverOrderTheLinesCome) {
  Head h;
  ASSERT_EQ(request("GET / HTTP/1.0\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", h), HeadError::none);
  EXPECT_FALSE(h.keep_alive);
  ASSERT_EQ(request("GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", h), HeadError::none);
  EXPECT_FALSE(h.keep_alive);
  ASSERT_EQ(request_with("Connection: close\r\nConnection: keep-alive\r\n", h), HeadError::none);
  EXPECT_FALSE(h.keep_alive);
}

TEST(RequestHead, Expects100ContinueInAnyCase) {
  Head h;
  ASSERT_EQ(request_with("Content-Length: 5\r\nExpect: 100-Continue\r\n", h), HeadError::none);
  EXPECT_TRUE(h.expect_continue);
  ASSERT_EQ(request_with("Content-Length: 5\r\nExpect: something\r\n", h), HeadError::none);
  EXPECT_FALSE(h.expect_continue);
}

TEST(RequestHead, AnHttp10ClientKnowsNoInterimAnswer) {  // RFC 9110 §10.1.1
  Head h;
  ASSERT_EQ(request("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", h), HeadError::none);
  EXPECT_FALSE(h.expect_continue);
}

TEST(ResponseHead, IsReadInPlace) {
  Head h;
  ASSERT_EQ(
      parse_response("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", h),
      HeadError::none);
  EXPECT_EQ(h.status, 200);
  EXPECT_TRUE(h.chunked);
  EXPECT_TRUE(h.keep_alive);
  EXPECT_EQ(h.find("content-type"), "text/event-stream");
  ASSERT_EQ(parse_response("HTTP/1.0 404 Not Found\r\n\r\n", h), HeadError::none);
  EXPECT_EQ(h.status, 404);
  EXPECT_FALSE(h.keep_alive);
  EXPECT_FALSE(h.chunked);
}

TEST(ResponseHead, TheReasonMayBeMissingOrEmpty) {
  Head h;
  EXPECT_EQ(parse_response("HTTP/1.1 204\r\n\r\n", h), HeadError::none);
  EXPECT_EQ(parse_response("HTTP/1.1 204 \r\n\r\n", h), HeadError::none);
}

TEST(ResponseHead, MalformedStatusLinesAreRefused) {
  for (const char* bad :
       {"", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 099 Low", "HTTP/1.1 600 High", "HTTP/1.1 2000 Long",
        "HTTP/1.1 2x0 Odd", "HTTP/1.1 -20 Minus", "HTTP/1.1  200 OK", "HTTP/2.0 200 OK", "http/1.1 200 OK",
        "HTTP/1.1\t200 OK", "HTTP/1.1 200 O\x01K", "HTTP/1.1 200\tOK", "ICY 200 OK and more"}) {
    Head h;
    EXPECT_EQ(parse_response(string(bad) + "\r\n\r\n", h), HeadError::bad_line) << bad;
  }
}

TEST(ResponseHead, IsHeldToTheSameRulesAsARequest) {
  EXPECT_EQ(response_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), HeadError::length_and_chunked);
  EXPECT_EQ(response_with("Content-Length: 5\r\nContent-Length: 5\r\n"), HeadError::bad_length);
  EXPECT_EQ(response_with("Content-Length: +5\r\n"), HeadError::bad_length);
  EXPECT_EQ(response_with("Transfer-Encoding: gzip\r\n"), HeadError::unsupported_coding);
  EXPECT_EQ(response_with("X-A: b\r\n c\r\n"), HeadError::bad_line);
  EXPECT_EQ(response_with("X-A : b\r\n"), HeadError::bad_line);
  EXPECT_EQ(response_with("X-A: b\nX-B: c\r\n"), HeadError::bad_line);
  EXPECT_EQ(response_with("X-A: b\r\n"), HeadError::none);
}

TEST(HeadLength, IsWhereTheEmptyLineEnds) {
  EXPECT_EQ(head_length(""), 0u);
  EXPECT_EQ(head_length("GET / HTTP/1.1\r\nHost: a\r\n"), 0u);
  EXPECT_EQ(head_length("a\r\n\r\nbody\r\n\r\n"), 5u);
  EXPECT_EQ(head_length("\r\n\r\n"), 4u);
  EXPECT_EQ(head_length("a\n\nb\r\r\n"), 0u);
}

TEST(HeadLength, FindsTheEndWhereverTheEarlierCallStopped) {
  const string_view text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  for (size_t seen = 0; seen < text.size() - 4; ++seen) EXPECT_EQ(head_length(text, seen), text.size() - 4) << seen;
}

TEST(HeadErrors, AreExplainedToTheClient) {
  for (HeadError e :
       {HeadError::incomplete, HeadError::bad_line, HeadError::too_many_headers, HeadError::bad_length,
        HeadError::length_and_chunked, HeadError::unsupported_coding, HeadError::bad_host, HeadError::bad_version})
    EXPECT_GT(string_view(explain(e)).size(), 20u) << static_cast<int>(e);
  EXPECT_EQ(string_view(explain(HeadError::none)), "");
  EXPECT_NE(string_view(explain(HeadError::too_many_headers)).find(std::to_string(kMaxHeaders)), string_view::npos);
}

}  // namespace
}  // namespace trine::net::http_head_test
