#include "llm/document_parts.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace trine::llm::document_parts_test {
namespace {

using Kind = DocumentPart::Kind;
using Source = DocumentPart::Source;

std::vector<DocumentPart> in_chat(const std::string& parts) {
  const std::string body =
      R"({"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":[)" + parts + "]}]}";
  static std::string kept;  // views point into it
  kept = body;
  auto found = find_document_parts(Endpoint::chat, kept);
  EXPECT_TRUE(found) << (found ? "" : found.error().message);
  return found ? *found : std::vector<DocumentPart>();
}

TEST(DocumentParts, AFileOfChatSaysWhereItStandsAndWhatItIsCalled) {
  const auto parts = in_chat(
      R"({"type":"text","text":"?"},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,QUJD"}})");
  ASSERT_EQ(parts.size(), 1u);
  const DocumentPart& p = parts[0];
  EXPECT_EQ(p.kind, Kind::file);
  EXPECT_EQ(p.source, Source::data);
  EXPECT_EQ(p.place, "messages[1].content[1]");
  EXPECT_EQ(p.name, "a.pdf");
  EXPECT_EQ(p.media_type, "application/pdf");
  EXPECT_EQ(p.data, "QUJD");
  EXPECT_EQ(decode(p), "ABC");
  EXPECT_TRUE(p.whole.starts_with(R"({"type":"file")") && p.whole.ends_with("}}"));
}

TEST(DocumentParts, ContentsMayComeWithoutADataUrl) {
  const auto parts = in_chat(R"({"type":"file","file":{"file_data":"QUJD"}})");
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(decode(parts[0]), "ABC");
}

TEST(DocumentParts, SlashesThatSomeEncodersEscapeAreSlashes) {
  const auto parts = in_chat(R"({"type":"file","file":{"file_data":"data:application\/pdf;base64,\/\/\/\/"}})");
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].media_type, "application/pdf");
  EXPECT_EQ(decode(parts[0]), "\xff\xff\xff");
}

TEST(DocumentParts, TheTypeMayStandBehindTheContents) {
  const auto parts = in_chat(R"({"file":{"file_data":"QUJD"},"type":"file"})");
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(decode(parts[0]), "ABC");
}

TEST(DocumentParts, AnImageIsADataUrlOrAUrl) {
  const auto parts = in_chat(R"({"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD","detail":"low"}},)"
                             R"({"type":"image_url","image_url":{"url":"https:\/\/a.example\/b.png"}},)"
                             R"({"type":"image_url","image_url":"https://a.example/c.png"})");
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].kind, Kind::image);
  EXPECT_EQ(parts[0].detail, "low");
  EXPECT_EQ(parts[0].value, R"("data:image/png;base64,QUJD")");
  EXPECT_EQ(parts[1].source, Source::url);
  EXPECT_EQ(parts[1].text, "https://a.example/b.png");
  EXPECT_EQ(parts[2].text, "https://a.example/c.png");
}

TEST(DocumentParts, AnIdCountsWhereThereAreNoContents) {
  const auto parts = in_chat(R"({"type":"file","file":{"file_id":"file-7"}},)"
                             R"({"type":"file","file":{"file_id":"file-7","file_data":"QUJD"}},)"
                             R"({"type":"file","file":{}})");
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].source, Source::id);
  EXPECT_EQ(parts[0].text, "file-7");
  EXPECT_EQ(parts[1].source, Source::data);
  EXPECT_EQ(parts[2].source, Source::none);
}

TEST(DocumentParts, ResponsesHaveThemInItemsAndInWhatToolsReturned) {
  const std::string body =
      R"({"input":[{"role":"user","content":[{"type":"input_file","filename":"a","file_url":"https://a.example/a.pdf"},)"
      R"({"type":"input_image","image_url":"data:image/png;base64,QUJD"}]},)"
      R"({"type":"function_call_output","output":[{"type":"input_file","file_data":"QUJD"}]}]})";
  const auto parts = find_document_parts(Endpoint::responses, body);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 3u);
  EXPECT_EQ((*parts)[0].source, Source::url);
  EXPECT_EQ((*parts)[1].kind, Kind::image);
  EXPECT_EQ((*parts)[2].place, "input[1].output[0]");
}

TEST(DocumentParts, WhatIsNoDocumentIsNone) {
  EXPECT_TRUE(
      in_chat(R"({"type":"text","text":"file"},{"type":"input_audio","input_audio":{"data":"QUJD"}},7,"x")").empty());
  EXPECT_TRUE(find_document_parts(Endpoint::embeddings, R"({"input":[{"content":[{"type":"input_file"}]}]})")->empty());
  EXPECT_TRUE(find_document_parts(Endpoint::chat, R"({"messages":"x"})")->empty());
}

TEST(DocumentParts, AKeyThatStandsTwiceIsRefused) {
  EXPECT_EQ(
      find_document_parts(Endpoint::chat, R"({"messages":[{"content":[{"type":"file","type":"text"}]}]})").error().code,
      Code::already_exists);
}

TEST(DocumentParts, TooManyAreRefused) {
  std::string parts;
  for (size_t i = 0; i <= kMaxDocumentParts; ++i) parts += (i ? "," : "") + std::string(R"({"type":"file","file":{}})");
  EXPECT_EQ(find_document_parts(Endpoint::chat, R"({"messages":[{"content":[)" + parts + "]}]}").error().code,
            Code::resource_exhausted);
}

TEST(DocumentParts, PercentEncodedContentsAreDecoded) {
  const auto parts = in_chat(R"({"type":"file","file":{"file_data":"data:text/plain,a%20b%2"}})");
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(decode(parts[0]), "a b%2");
}

TEST(Base64, EachLengthComesBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const std::string text = base64(bytes);
    EXPECT_EQ(from_base64(text), bytes);
    EXPECT_EQ(from_base64(text.substr(0, text.find('='))), bytes) << "padding is optional";
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Base64, LineEndsAreSkippedAndOtherCharactersAreNotRead) {
  EXPECT_EQ(from_base64("QU\r\nJD\n"), "ABC");
  EXPECT_EQ(from_base64("QU*D"), std::nullopt);
  EXPECT_EQ(from_base64("QUJD=A"), std::nullopt);
  EXPECT_EQ(from_base64("QUJDR"), std::nullopt) << "six bits are no byte";
}

TEST(TextPart, IsWhatTheEndpointTakes) {
  EXPECT_EQ(text_part(Endpoint::chat, "a\"b"), R"({"type":"text","text":"a\"b"})");
  EXPECT_EQ(text_part(Endpoint::responses, "a"), R"({"type":"input_text","text":"a"})");
}

}  // namespace
}  // namespace trine::llm::document_parts_test
