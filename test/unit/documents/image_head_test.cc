#include "documents/image_head.h"

#include <gtest/gtest.h>

#include <string>

namespace trine::documents::image_head_test {
namespace {

using namespace std::string_literals;

void expect_head(const std::string& bytes, Format format, int64_t width, int64_t height) {
  const auto head = image_head(bytes);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->format, format);
  EXPECT_EQ(head->width, width);
  EXPECT_EQ(head->height, height);
  for (size_t n = 0; n < bytes.size(); ++n) image_head(std::string_view(bytes).substr(0, n));  // reads no byte beyond
}

TEST(ImageHead, Png) {
  expect_head("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x02\0\0\0\x03"s, Format::png, 258, 3);
}

TEST(ImageHead, JpegBehindOtherSegments) {
  expect_head("\xff\xd8\xff\xe0\0\x04JF\xff\xff\xc2\0\x0b\x08\0\x10\0\x20\x01"s, Format::jpeg, 32, 16);
}

TEST(ImageHead, Gif) {
  expect_head("GIF89a\x0a\0\x14\0"s, Format::gif, 10, 20);
}

TEST(ImageHead, WebpOfEachKind) {
  expect_head("RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x63\0\0\xc7\0\0"s, Format::webp, 100, 200);
  expect_head("RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x64\0\xc8\0"s, Format::webp, 100, 200);
  expect_head("RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x63\xc0\x31\0"s, Format::webp, 100, 200);
}

TEST(ImageHead, BmpStoredTopDown) {
  expect_head("BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\x07\0\0\0\xfb\xff\xff\xff"s, Format::bmp, 7, 5);
}

TEST(ImageHead, AnythingElseHasNone) {
  EXPECT_FALSE(image_head(""));
  EXPECT_FALSE(image_head("%PDF-1.7"));
  EXPECT_FALSE(image_head("GIF89a\0\0\0\0"s)) << "without a size";
  EXPECT_FALSE(image_head("\xff\xd8\xff\xda\0\x04zz\xff\xc0\0\x0b\x08\0\x10\0\x20\x01"s)) << "the scan came first";
  EXPECT_FALSE(image_head("\xff\xd8\xff\xe0\0\0\xff\xe0\0\0\0\0"s)) << "a segment shorter than its own length";
}

}  // namespace
}  // namespace trine::documents::image_head_test
