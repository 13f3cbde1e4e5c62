// The reader of multipart/form-data against what clients send, and what those send who want two readers to disagree.
#include "gateway/files/multipart.h"

#include <gtest/gtest.h>

#include "gateway/files/files_api.h"

namespace trine::gateway::multipart_test {
namespace {

using std::string;

struct Parts final : MultipartSink {
  std::vector<std::pair<PartHead, string>> all;
  Result<void> begin(const PartHead& head) override {
    all.emplace_back(head, "");
    return {};
  }
  Result<void> data(std::string_view bytes) override {
    all.back().second.append(bytes);
    return {};
  }
};

// The parts of a body fed `step` bytes at a time, or the sentence that refuses it.
string read(std::string_view body, size_t step = 7, MultipartLimits limits = {}, std::string_view boundary = "XX") {
  Parts parts;
  MultipartReader reader(boundary, parts, limits);
  for (size_t at = 0; at < body.size(); at += step)
    if (auto ok = reader.feed(body.substr(at, step)); !ok) return "refused: " + ok.error().message;
  if (auto ok = reader.finish(); !ok) return "refused: " + ok.error().message;
  string out;
  for (const auto& [head, data] : parts.all) out += head.name + "(" + head.filename + ")=" + data + ";";
  return out;
}

const string kField = "--XX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\r\n";
const string kFile =
    "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: "
    "application/pdf\r\n\r\n";
const string kEnd = "--XX--\r\n";

TEST(Multipart, AFormIsReadWhateverThePiecesThatItComesIn) {
  const string body = kField + kFile + "line\r\n--X\r\n\r\n-\r\n" + kEnd;
  for (size_t step = 1; step <= body.size(); ++step)
    ASSERT_EQ(read(body, step), "purpose()=user_data;file(a.pdf)=line\r\n--X\r\n\r\n-;") << step;
}

TEST(Multipart, AnEmptyPartAndABodyWithoutALastLineEndAreFine) {
  EXPECT_EQ(read(kFile + "\r\n--XX--"), "file(a.pdf)=;");
}

TEST(Multipart, AQuoteInAFileNameIsReadAsBrowsersAndOthersWriteIt) {
  EXPECT_EQ(read("--XX\r\nContent-Disposition: form-data; name=file; filename=\"a\\\"b;c.pdf\"\r\n\r\nx\r\n" + kEnd),
            "file(a\"b;c.pdf)=x;");
}

TEST(Multipart, WhatTwoReadersCouldTakeForTwoThingsIsRefused) {
  const auto refused = [](const string& body) { return read(body).starts_with("refused: "); };
  EXPECT_TRUE(refused("preamble\r\n" + kField + kEnd));
  EXPECT_TRUE(refused(kField + kEnd + "epilogue"));
  EXPECT_TRUE(refused(kField + kEnd + kField + kEnd));
  EXPECT_TRUE(refused(kFile + "x\r\n--XXY\r\n" + kEnd)) << "a line that begins like the boundary";
  EXPECT_TRUE(refused(kFile + "x\r\n--XX \r\n" + kEnd)) << "blanks behind the boundary";
  EXPECT_TRUE(refused(kFile + "x\n--XX--\n")) << "line feeds alone";
  EXPECT_TRUE(refused("--XX\nContent-Disposition: form-data; name=\"a\"\n\nx\r\n" + kEnd));
  EXPECT_TRUE(refused("--XX\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nx\r\n" + kEnd));
  EXPECT_TRUE(
      refused("--XX\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; "
              "name=\"b\"\r\n\r\nx\r\n" +
              kEnd));
  EXPECT_TRUE(refused("--XX\r\nContent-Disposition: form-data; name=\"a\"; filename*=utf-8''x\r\n\r\nx\r\n" + kEnd));
  EXPECT_TRUE(refused("--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n" + kEnd));
  EXPECT_TRUE(refused("--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n folded: x\r\n\r\nx\r\n" + kEnd));
  EXPECT_TRUE(refused("--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n" + kEnd)) << "an open quote";
  EXPECT_TRUE(refused(
      "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n" + kEnd));
  EXPECT_TRUE(refused("--XX\r\nContent-Type: text/plain\r\n\r\nx\r\n" + kEnd));
  EXPECT_TRUE(refused(kEnd)) << "no part at all";
}

TEST(Multipart, WhatBreaksOffIsRefusedAtEveryByte) {
  const string body = kField + kFile + "x\r\n--XX--";
  for (size_t n = 0; n < body.size(); ++n) ASSERT_TRUE(read(body.substr(0, n)).starts_with("refused: ")) << n;
}

TEST(Multipart, AHundredThousandPartsEndAtTheSeventeenth) {
  string body;
  for (int i = 0; i < 100'000; ++i) body += kField;
  EXPECT_EQ(read(body + kEnd, 64 << 10), "refused: the multipart body has over 16 parts");
}

TEST(Multipart, AHeadThatDoesNotEndIsRefusedAtItsLimit) {
  EXPECT_EQ(read("--XX\r\nX-Long: " + string(1 << 20, 'a'), 1000),
            "refused: a part's header lines are over 8192 bytes");
  string lines = "--XX\r\n";
  for (int i = 0; i < 17; ++i) lines += "A: b\r\n";
  EXPECT_EQ(read(lines + "\r\nx\r\n" + kEnd), "refused: a part of the multipart body has over 16 lines");
}

TEST(Multipart, TheBoundaryIsTakenFromTheHeaderOnceAndInOneWay) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc").value_or(""), "abc");
  EXPECT_EQ(multipart_boundary("Multipart/Form-Data; charset=utf-8; boundary=\"a b'c\"").value_or(""), "a b'c");
  for (const char* wrong : {"", "multipart/form-data", "multipart/mixed; boundary=a", "multipart/form-data; boundary=",
                            "multipart/form-data; boundary=\"a", "multipart/form-data; boundary=\"a \"",
                            "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=\"a\r\n\""})
    EXPECT_FALSE(multipart_boundary(wrong)) << wrong;
  EXPECT_FALSE(multipart_boundary("multipart/form-data; boundary=" + string(71, 'a')));
}

TEST(Upload, AFileHasANameAPurposeAndALimit) {
  const string type = "multipart/form-data; boundary=XX";
  const auto good = read_upload(type, kField + kFile + "%PDF\r\n" + kEnd, 4);
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->name, "a.pdf");
  EXPECT_EQ(good->bytes, "%PDF");
  EXPECT_EQ(good->purpose, "user_data");
  EXPECT_EQ(read_upload(type, kField + kFile + "%PDF-\r\n" + kEnd, 4).error().code, Code::out_of_range);
  EXPECT_FALSE(read_upload(type, kFile + "%PDF\r\n" + kEnd, 4)) << "no purpose";
  EXPECT_FALSE(read_upload(type, kField + kFile + "%PDF\r\n" + kFile + "%PDF\r\n" + kEnd, 4)) << "two files";
  EXPECT_FALSE(read_upload(type, kField + kEnd, 4)) << "no file";
}

TEST(Upload, APathBeforeTheNameIsTakenOff) {
  const auto file = read_upload(
      "multipart/form-data; boundary=XX",
      kField + "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\\\x\\\\../a.pdf\"\r\n\r\nx\r\n" +
          kEnd,
      9);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->name, "a.pdf");
}

}  // namespace
}  // namespace trine::gateway::multipart_test
