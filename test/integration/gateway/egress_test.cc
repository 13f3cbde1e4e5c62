// URLs in requests on the whole request path: refused, checked, or fetched and put in place.
#include "gateway/egress/egress.h"

#include "integration/gateway/harness.h"

namespace trine::gateway::test::egress_test {
namespace {

const string kPng = string("\x89PNG\r\n\x1a\n", 8) + "pixels";

string image(string_view url) {
  return fmt::format(R"({{"type":"image_url","image_url":{{"url":"{}"}}}})", url);
}
string with_parts(string_view parts) {
  return post(kChat, fmt::format(R"({{"model":"small","messages":[{{"role":"user","content":[{}]}}]}})", parts));
}
string with_tool(string_view url) {
  return post(kChat,
              fmt::format(R"({{"model":"small","messages":[],"tools":[{{"type":"mcp","server_url":"{}"}}]}})", url));
}
string answer(string_view body, string_view type = "image/png", string_view status = "200 OK") {
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", status, type, body.size(),
                     body);
}

struct Egress : TwoEnginesTest {
  Harness& start(const string& egress) {
    Sample s;
    s.more = egress.empty() ? "" : "egress: " + egress + "\n";
    return with(s);
  }
  // What the engine got.
  string sent() {
    for (const char* host : {"fr.test", "de.test"})
      if (!kept->engines[host].asked.empty()) return kept->engines[host].asked.back().body;
    return "nothing";
  }
  void expect_refused(const Message& m, string_view code, string_view detail) {
    EXPECT_EQ(m.status, code == "url_not_fetched" ? 400 : 403) << m.body;
    EXPECT_NE(m.body.find(fmt::format(R"("code":"{}")", code)), string::npos) << m.body;
    EXPECT_NE(m.body.find(detail), string::npos) << m.body;
    EXPECT_EQ(sent(), "nothing");
    EXPECT_EQ(kept->running("fr"), 0);
  }
};

TEST_F(Egress, ByDefaultNoUrlPassesAndTheAnswerSaysWhatToDo) {
  Harness& h = start("");
  const Message m = h.ask(with_parts(image("https:\\/\\/images.test\\/a.png")));
  expect_refused(m, "url_not_allowed",
                 "`messages.image_url.url`: images.test is not among the hosts that may be asked");
  EXPECT_NE(
      m.body.find("as a base64 `data:` URL, or ask the gateway's operator to allow the host under `egress.hosts`"),
      string::npos)
      << m.body;
  EXPECT_NE(m.body.find(R"("param":"messages.image_url.url")"), string::npos) << m.body;
  EXPECT_EQ(h.record(m).facts.outcome, Outcome::refused);
  expect_refused(h.ask(with_tool("https://mcp.test/sse")), "url_not_allowed",
                 "`tools.server_url`: mcp.test is not among");
  EXPECT_TRUE(h.engines["images.test"].asked.empty());
}

TEST_F(Egress, DataUrlsPassAsTheyAre) {
  Harness& h = start("");
  EXPECT_EQ(h.ask(with_parts(image("data:image/png;base64,AAAA"))).status, 200);
  EXPECT_NE(sent().find("data:image/png;base64,AAAA"), string::npos);
}

TEST_F(Egress, AnAllowedImageIsFetchedOnceAndTheEngineGetsItsBytes) {
  Harness& h = start("{ hosts: [images.test], plain_http: true }");
  h.engines["images.test"].on_request = answers(answer(kPng, "text/plain"));
  const string twice = image("http:\\/\\/images.test\\/a.png?b=1") + "," + image("http://images.test/a.png?b=1");
  const Message m = h.ask(with_parts(twice));
  ASSERT_EQ(m.status, 200) << m.body;
  ASSERT_EQ(h.engines["images.test"].asked.size(), 1u);
  const Message& asked = h.engines["images.test"].asked[0];
  EXPECT_EQ(asked.start, "GET /a.png?b=1 HTTP/1.1");
  EXPECT_FALSE(asked.has("authorization")) << "the client's key is not the image server's business";
  const string part = image("data:image/png;base64," + base64(kPng));
  EXPECT_EQ(sent(), R"({"model":"gpt-oss-20b","messages":[{"role":"user","content":[)" + part + "," + part + "]}]}");
}

TEST_F(Egress, AnotherEngineGetsTheSameImageWithoutASecondFetch) {
  Harness& h = start("{ hosts: [images.test], plain_http: true }");
  h.engines["images.test"].on_request = answers(answer(kPng));
  h.engines["fr.test"].on_request = answers(json_answer("{}", 503));
  EXPECT_EQ(h.ask(with_parts(image("http://images.test/"))).status, 200);
  EXPECT_EQ(h.engines["images.test"].asked.size(), 1u);
  ASSERT_EQ(h.engines["de.test"].asked.size(), 1u);
  EXPECT_EQ(h.engines["de.test"].asked[0].body, h.engines["fr.test"].asked.at(0).body);
}

TEST_F(Egress, ARedirectIsCheckedAgain) {
  Harness& h = start("{ hosts: [images.test, other.test], plain_http: true }");
  const auto to = [&](string_view where) {
    h.engines["images.test"].on_request =
        answers(fmt::format("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", where));
    return h.ask(with_parts(image("http://images.test/")));
  };
  expect_refused(to("http://169.254.169.254/latest"), "url_not_allowed", "169.254.169.254 is not among the hosts");
  EXPECT_TRUE(h.engines["169.254.169.254"].asked.empty());
  expect_refused(to("http://images.test/"), "url_not_fetched", "redirects");
  h.engines["other.test"].on_request = answers(answer(kPng));
  EXPECT_EQ(to("http://other.test/").status, 200);
}

TEST_F(Egress, WhatIsNoImageIsNotPassedOn) {
  Harness& h = start("{ hosts: [images.test], plain_http: true }");
  for (const auto& [bytes, detail] :
       {std::pair{answer("<html>secret</html>"), "no PNG, JPEG, WebP or GIF image"},
        std::pair{answer(""), "no PNG, JPEG, WebP or GIF image"},
        std::pair{answer(kPng, "image/png", "404 Not Found"), "its server answered 404"}}) {
    h.engines["images.test"].on_request = answers(bytes);
    const Message m = h.ask(with_parts(image("http://images.test/")));
    expect_refused(m, "url_not_fetched", detail);
    EXPECT_EQ(m.body.find("secret"), string::npos);
  }
}

TEST_F(Egress, BytesAreBoundedOverAllImagesOfARequest) {
  Harness& h = start("{ hosts: [images.test], plain_http: true, max_bytes: 1KiB }");
  h.engines["images.test"].on_request = answers(answer(kPng + string(600, 'x')));
  EXPECT_EQ(h.ask(with_parts(image("http://images.test/1"))).status, 200);
  h.engines["fr.test"].asked.clear();
  expect_refused(h.ask(with_parts(image("http://images.test/1") + "," + image("http://images.test/2"))),
                 "url_not_fetched", "images.test: ");
}

TEST_F(Egress, TimeIsBoundedAndNothingStaysHeld) {
  Harness& h = start("{ hosts: [images.test], plain_http: true, timeout: 2s }");
  h.engines["images.test"].on_request = [](EngineSide&, const Message&) {};
  Client& c = h.send(with_parts(image("http://images.test/")));
  EXPECT_FALSE(c.answer().complete);
  h.advance(2s);
  expect_refused(c.answer(), "url_not_fetched", "no complete answer within 2 s");
  EXPECT_EQ(h.context.fetching, 0);
}

TEST_F(Egress, TooManyThatFetchAreToldToWait) {
  Harness& h = start("{ hosts: [images.test], plain_http: true }");
  h.engines["images.test"].on_request = [](EngineSide&, const Message&) {};
  for (int i = 0; i < kMostFetching; ++i) h.send(with_parts(image("http://images.test/")));
  const Message m = h.ask(with_parts(image("http://images.test/")));
  EXPECT_EQ(m.status, 429) << m.body;
  EXPECT_EQ(m.header("retry-after"), "1");
  EXPECT_EQ(h.ask(chat()).status, 200) << "others go on";
}

TEST_F(Egress, WhatTheEngineFetchesIsCheckedByItsAddress) {
  Harness& h = start("{ hosts: [localhost, 127.0.0.1, 8.8.8.8], plain_http: true }");
  for (const char* host : {"localhost", "127.0.0.1"})
    expect_refused(h.ask(with_tool(fmt::format("http://{}/", host))), "url_not_allowed",
                   fmt::format("`tools.server_url`: {}: the name leads to a loopback address", host));
  EXPECT_EQ(h.ask(with_tool("https://8.8.8.8/sse")).status, 200);
  EXPECT_NE(sent().find("https://8.8.8.8/sse"), string::npos) << "the engine asks it itself";
}

TEST_F(Egress, TheOperatorsOwnBlocksMayBeInside) {
  Harness& h = start("{ hosts: [localhost], internal: [127.0.0.0/8, '::1/128'], plain_http: true }");
  EXPECT_EQ(h.ask(with_tool("http://localhost/")).status, 200);
}

TEST_F(Egress, WithoutFetchTheEngineGetsTheUrlAndTheAddressIsChecked) {
  Harness& h = start("{ hosts: [10.0.0.1, 8.8.8.8], plain_http: true, fetch: false }");
  expect_refused(h.ask(with_parts(image("http://10.0.0.1/"))), "url_not_allowed",
                 "the name leads to a private address");
  EXPECT_EQ(h.ask(with_parts(image("http://8.8.8.8/a.png"))).status, 200);
  EXPECT_NE(sent().find("http://8.8.8.8/a.png"), string::npos);
}

TEST_F(Egress, TricksWithHostsLeadNowhere) {
  Harness& h = start("{ hosts: [images.test, '*.images.test'], plain_http: true }");
  for (const char* url :
       {"https://images.test@evil.test/", "https://images.test:443@evil.test/", R"(https://evil.test\\.images.test/)",
        "https://evil.test%2f.images.test/", "https://evil.test#.images.test/", "https://evil.test?.images.test/",
        "https:images.test/", "https://xn--images.test/", "https://im\\u00e1ges.test/",
        "https://images.test.evil.test/", "https://2130706433/", "https://0x7f.1/", "https://[::ffff:127.0.0.1]/",
        " https://images.test/"}) {
    const Message m = h.ask(with_parts(image(url)));
    EXPECT_EQ(m.status, 403) << url << ": " << m.body;
  }
  EXPECT_EQ(sent(), "nothing");
  EXPECT_TRUE(h.engines["evil.test"].asked.empty());
}

TEST(ImageType, IsTheBytesNotTheServersWord) {
  EXPECT_STREQ(image_type(kPng), "image/png");
  EXPECT_STREQ(image_type("\xff\xd8\xff\xe0"), "image/jpeg");
  EXPECT_STREQ(image_type("GIF89a"), "image/gif");
  EXPECT_STREQ(image_type("RIFF\x01\x02\x03\x04WEBPVP8 "), "image/webp");
  for (const char* none : {"", "\x89PNG", "RIFF1234WAVEfmt ", "<svg xmlns", "GIF88a", "%PDF-1.7"})
    EXPECT_EQ(image_type(none), nullptr) << none;
}

}  // namespace
}  // namespace trine::gateway::test::egress_test
