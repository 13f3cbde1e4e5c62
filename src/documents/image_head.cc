#include "documents/image_head.h"

namespace trine::documents {
namespace {

using namespace std::string_view_literals;
using std::string_view;

int64_t byte(string_view s, size_t at) {
  return static_cast<unsigned char>(s[at]);
}
int64_t little(string_view s, size_t at, int bytes) {
  int64_t v = 0;
  for (int i = bytes - 1; i >= 0; --i) v = v << 8 | byte(s, at + static_cast<size_t>(i));
  return v;
}
int64_t big(string_view s, size_t at, int bytes) {
  int64_t v = 0;
  for (int i = 0; i < bytes; ++i) v = v << 8 | byte(s, at + static_cast<size_t>(i));
  return v;
}

std::optional<ImageHead> head(Format format, int64_t width, int64_t height) {
  if (width <= 0 || height <= 0) return {};
  return ImageHead{format, width, height};
}

// ITU T.81 §B.1: segments up to the frame's, which has the size.
std::optional<ImageHead> jpeg(string_view s) {
  size_t at = 2;
  while (at + 9 <= s.size()) {
    if (byte(s, at) != 0xFF) return {};
    const int64_t marker = byte(s, at + 1);
    if (marker == 0xFF) {  // fill
      ++at;
      continue;
    }
    if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {  // without a length
      at += 2;
      continue;
    }
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame) return head(Format::jpeg, big(s, at + 7, 2), big(s, at + 5, 2));
    if (marker == 0xD9 || marker == 0xDA) return {};
    const int64_t length = big(s, at + 2, 2);
    if (length < 2) return {};
    at += 2 + static_cast<size_t>(length);
  }
  return {};
}

std::optional<ImageHead> webp(string_view s) {
  const string_view kind = s.substr(12, 4);
  if (kind == "VP8X"sv && s.size() >= 30) return head(Format::webp, little(s, 24, 3) + 1, little(s, 27, 3) + 1);
  if (kind == "VP8 "sv && s.size() >= 30 && s.substr(23, 3) == "\x9d\x01\x2a"sv)
    return head(Format::webp, little(s, 26, 2) & 0x3FFF, little(s, 28, 2) & 0x3FFF);
  if (kind == "VP8L"sv && s.size() >= 25 && s[20] == '\x2f') {
    const int64_t bits = little(s, 21, 4);
    return head(Format::webp, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
  }
  return {};
}

}  // namespace

std::optional<ImageHead> image_head(string_view s) {
  if (s.starts_with("\x89PNG\r\n\x1a\n"sv) && s.size() >= 24 && s.substr(12, 4) == "IHDR"sv)
    return head(Format::png, big(s, 16, 4), big(s, 20, 4));
  if (s.starts_with("\xff\xd8\xff"sv)) return jpeg(s);
  if ((s.starts_with("GIF87a"sv) || s.starts_with("GIF89a"sv)) && s.size() >= 10)
    return head(Format::gif, little(s, 6, 2), little(s, 8, 2));
  if (s.starts_with("RIFF"sv) && s.size() >= 16 && s.substr(8, 4) == "WEBP"sv) return webp(s);
  if (s.starts_with("BM"sv) && s.size() >= 26) {
    // The height of one that is stored top down is negative.
    const auto height = static_cast<int32_t>(static_cast<uint32_t>(little(s, 22, 4)));
    return head(Format::bmp, little(s, 18, 4), height < 0 ? -int64_t{height} : height);
  }
  return {};
}

}  // namespace trine::documents
