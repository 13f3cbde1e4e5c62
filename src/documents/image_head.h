// What kind of picture a file is, and its size, from its first bytes. Pure, total on any bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "documents/document.h"

namespace trine::documents {

struct ImageHead {
  Format format = Format::unknown;
  int64_t width = 0, height = 0;  // pixels, above 0
};

// PNG, JPEG, GIF, WebP and BMP. Nothing for other files, and where the head is broken or cut.
std::optional<ImageHead> image_head(std::string_view bytes);

}  // namespace trine::documents
