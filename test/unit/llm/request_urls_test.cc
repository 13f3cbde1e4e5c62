// Which fields of a request hold URLs that somebody would fetch, and what may stand in them.
#include <gtest/gtest.h>

#include "llm/request.h"

namespace trine::llm::request_urls_test {
namespace {

using Found = std::vector<std::string>;

// "field=url" of each, images with a "!" in front.
Found urls(std::string_view body, Endpoint endpoint = Endpoint::chat) {
  const auto scan = scan_request(endpoint, body);
  if (!scan) return {sentence(scan.error())};
  Found out;
  for (const RequestUrl& u : scan->urls) out.push_back((u.image ? "!" : "") + u.field + "=" + u.url);
  return out;
}
Found part(std::string_view json) {
  return urls(R"({"model":"m","messages":[{"role":"user","content":[)" + std::string(json) + "]}]}");
}
Found input(std::string_view json) {
  return urls(R"({"model":"m","input":[)" + std::string(json) + "]}", Endpoint::responses);
}
Found field(std::string_view json) {
  return urls(R"({"model":"m",)" + std::string(json) + "}", Endpoint::responses);
}
std::string refused(std::string_view part) {
  const auto scan = scan_request(Endpoint::chat,
                                 R"({"model":"m","messages":[{"role":"user","content":[)" + std::string(part) + "]}]}");
  if (scan) return "it passed";
  EXPECT_EQ(scan.error().code, ErrorCode::invalid_request);
  return scan.error().detail;
}

TEST(RequestUrls, ImagesOfChatAndResponses) {
  EXPECT_EQ(part(R"({"type":"image_url","image_url":{"url":"https://a.example/i.png","detail":"low"}})"),
            Found{"!messages.image_url.url=https://a.example/i.png"});
  EXPECT_EQ(part(R"({"type":"image_url","image_url":"https://a.example/i.png"})"),
            Found{"!messages.image_url=https://a.example/i.png"});
  EXPECT_EQ(part(R"({"image_url":"https://a.example/without-type"})"),
            Found{"!messages.image_url=https://a.example/without-type"});
  EXPECT_EQ(input(R"({"role":"user","content":[{"type":"input_image","image_url":"https://a.example/i"}]})"),
            Found{"!input.image_url=https://a.example/i"});
  EXPECT_EQ(
      input(R"({"type":"computer_call_output","output":{"type":"computer_screenshot","image_url":"https://a/"}})"),
      Found{"!input.image_url=https://a/"});
  EXPECT_EQ(input(R"({"type":"function_call_output","output":[{"type":"input_image","image_url":"https://a/"}]})"),
            Found{"!input.image_url=https://a/"});
}

TEST(RequestUrls, FilesSoundsFilmsAndDocuments) {
  EXPECT_EQ(input(R"({"content":[{"type":"input_file","file_url":"https://a/f.pdf"}]})"),
            Found{"input.file_url=https://a/f.pdf"});
  EXPECT_EQ(part(R"({"type":"file","file":{"filename":"f","file_data":"https://a/f.pdf"}})"),
            Found{"messages.file.file_data=https://a/f.pdf"});
  EXPECT_EQ(part(R"({"type":"input_audio","input_audio":{"data":"https://a/s.mp3","format":"mp3"}})"),
            Found{"messages.input_audio.data=https://a/s.mp3"});
  EXPECT_EQ(
      part(
          R"({"type":"video_url","video_url":{"url":"https://a/v"}},{"type":"audio_url","audio_url":{"url":"https://a/s"}})"),
      (Found{"messages.video_url.url=https://a/v", "messages.audio_url.url=https://a/s"}));
  EXPECT_EQ(part(R"({"type":"document_url","document_url":"https://a/d"})"),
            Found{"messages.document_url=https://a/d"});
  EXPECT_EQ(part(R"({"type":"image","source":{"type":"url","url":"https://a/i"}})"),
            Found{"messages.source.url=https://a/i"});
  EXPECT_EQ(urls(R"({"model":"m","input":[{"image":"https://a/i"},{"video":["https://a/1","https://a/2"]}]})",
                 Endpoint::embeddings),
            (Found{"input.image=https://a/i", "input.video=https://a/1", "input.video=https://a/2"}));
}

TEST(RequestUrls, ToolsServersHooksAndStoredPrompts) {
  EXPECT_EQ(field(R"("tools":[{"type":"mcp","server_label":"l","server_url":"https://mcp.example/sse"}])"),
            Found{"tools.server_url=https://mcp.example/sse"});
  EXPECT_EQ(field(R"("tools":[{"type":"image_generation","input_image_mask":{"image_url":"https://a/mask"}}])"),
            Found{"!tools.input_image_mask.image_url=https://a/mask"});
  EXPECT_EQ(field(R"("mcp_servers":[{"type":"url","url":"https://mcp.example"}])"),
            Found{"mcp_servers.url=https://mcp.example"});
  EXPECT_EQ(field(R"("data_sources":[{"type":"azure_search","parameters":{"endpoint":"https://search.example"}}])"),
            Found{"data_sources.parameters.endpoint=https://search.example"});
  EXPECT_EQ(field(R"("webhook_url":"https://hook.example/")"), Found{"webhook_url=https://hook.example/"});
  EXPECT_EQ(field(R"("prompt":{"id":"p","variables":{"v":{"type":"input_file","file_url":"https://a/f"}}})"),
            Found{"prompt.file_url=https://a/f"});
}

TEST(RequestUrls, WhatNobodyFetchesIsLeftAlone) {
  EXPECT_EQ(part(R"({"type":"text","text":"see https://a.example/ and file:///etc/passwd"})"), Found{});
  EXPECT_EQ(part(R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}})"), Found{});
  EXPECT_EQ(part(R"({"type":"image_url","image_url":{"url":"DATA:image\/png;base64,AAAA"}})"), Found{});
  EXPECT_EQ(part(R"({"type":"file","file":{"file_id":"file-1","file_data":"JVBERi0xLjQK"}})"), Found{});
  EXPECT_EQ(part(R"({"type":"input_audio","input_audio":{"data":"UklGRg\/\/==","format":"wav"}})"), Found{});
  EXPECT_EQ(part(R"({"type":"image_url","image_url":null})"), Found{});
  EXPECT_EQ(
      input(
          R"({"role":"assistant","content":[{"type":"output_text","text":"t","annotations":[{"type":"url_citation","url":"https://a/"}]}]})"),
      Found{});
  EXPECT_EQ(input(R"({"type":"web_search_call","action":{"type":"open_page","url":"https://a/"}})"), Found{});
  EXPECT_EQ(field(R"("metadata":{"url":"https://a/"})"), Found{});
  EXPECT_EQ(
      field(
          R"("tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"url":{"type":"string"},"image_url":{"default":"file:x"}}}}])"),
      Found{});
  EXPECT_EQ(
      urls(
          R"({"model":"m","messages":[],"tools":[{"type":"function","function":{"name":"f","parameters":{"url":"ftp://a"}}}]})"),
      Found{});
}

TEST(RequestUrls, EscapesAreResolvedBeforeTheLook) {
  EXPECT_EQ(part(R"({"image_url":{"url":"https:\/\/a.example\/i"}})"),
            Found{"!messages.image_url.url=https://a.example/i"});
  EXPECT_EQ(part(R"({"image\u005furl":{"u\u0072l":"\u0068ttps://a/"}})"), Found{"!messages.image_url.url=https://a/"});
  EXPECT_EQ(part(R"({"image_url":{"url":"d\u0061ta:image/png;base64,AAAA"}})"), Found{});
  EXPECT_EQ(refused(R"({"image_url":{"url":"f\u0069le:\/\/\/etc\/passwd"}})"),
            "`messages.image_url.url` must be an https:// or a data: URL");
}

TEST(RequestUrls, OtherSchemesAndPathsAreRefused) {
  for (const char* bad : {"file:///etc/passwd", "ftp://a/", "gopher://a/", "//a.example/i", "a.example/i",
                          "/etc/passwd", "ht\\ntps://a/", "blob:https://a/", "https", "jar:http://a/!/b", "data"})
    EXPECT_NE(refused(R"({"image_url":{"url":")" + std::string(bad) + "\"}}"), "it passed") << bad;
  EXPECT_EQ(refused(R"({"type":"file","file":{"file_data":"file:///etc/passwd"}})"),
            "`messages.file.file_data` must be an https:// or a data: URL");
  // Some parsers read these as if slashes were there: the hosts' check gets them as they are.
  EXPECT_EQ(part(R"({"image_url":"https:a.example"})"), Found{"!messages.image_url=https:a.example"});
}

TEST(RequestUrls, BlanksInFrontHideNothing) {
  EXPECT_EQ(part(R"({"file":{"file_data":" \n\thttps://a/"}})"), Found{"messages.file.file_data= \n\thttps://a/"});
  const std::string many(1000, ' ');
  EXPECT_EQ(refused(R"({"file":{"file_data":")" + many + "https://a/\"}}"),
            "`messages.file.file_data` begins with blanks");
  std::string escaped;
  for (int i = 0; i < 100; ++i) escaped += "\\u0020";
  EXPECT_EQ(refused(R"({"image_url":{"url":")" + escaped + "https://a/\"}}"),
            "`messages.image_url.url` begins with blanks");
}

TEST(RequestUrls, TheirNumberAndLengthAreBounded) {
  std::string parts;
  for (size_t i = 0; i < kMostUrls; ++i) parts += R"({"image_url":"https://a/"},)";
  EXPECT_EQ(part(parts + R"({"text":"t"})").size(), kMostUrls);
  EXPECT_EQ(refused(parts + R"({"image_url":"https://a/"})"),
            "`messages.image_url` is one URL more than the 64 that a request may have; send fewer, or data: URLs");
  EXPECT_EQ(refused(R"({"image_url":"https://a/)" + std::string(kMaxUrlBytes, 'x') + "\"}"),
            "`messages.image_url` is a URL of more than 8192 bytes");
  // Data may be as long as the body.
  EXPECT_EQ(part(R"({"image_url":"data:image/png;base64,)" + std::string(100'000, 'A') + "\"}"), Found{});
}

TEST(RequestUrls, EachIsAViewIntoTheBodyWithItsQuotes) {
  const std::string body = R"({"model":"m","messages":[{"content":[{"image_url":{"url":"https:\/\/a\/"}}]}]})";
  const auto scan = scan_request(Endpoint::chat, body);
  ASSERT_TRUE(scan && scan->urls.size() == 1);
  EXPECT_EQ(scan->urls[0].raw, R"("https:\/\/a\/")");
  EXPECT_GE(scan->urls[0].raw.data(), body.data());
  EXPECT_LT(scan->urls[0].raw.data(), body.data() + body.size());
}

}  // namespace
}  // namespace trine::llm::request_urls_test
