// Images: their size before they are unpacked, gray for recognition, smaller copies for models.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "docworker/extract.h"

namespace trine::docworker {

struct GrayImage {
  int width = 0;
  int height = 0;
  int64_t dpi = 0;
  std::vector<unsigned char> pixels;  // rows without gaps, 255 is white
};

// Nothing on it that could be text.
bool is_blank(const GrayImage& image);
// Adds the image's text to the page that is open, or a placeholder where it is not to be recognised.
void recognise_into(const GrayImage& image, Context& context);

struct SmallerImage {
  std::string bytes;
  std::string media_type;
  int width = 0, height = 0, source_width = 0, source_height = 0;
  Format source = Format::unknown;
};
// The image in job.image's size (never larger than it is), as JPEG or PNG.
SmallerImage shrink(std::string_view bytes, const documents::Job& job, const Budget& budget);

// Before the sandbox: silences the libraries.
void prepare_image_libraries();
void prepare_pdf_library();

}  // namespace trine::docworker
