#include "docworker/image.h"

#include <fmt/format.h>
#include <leptonica/allheaders.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "docworker/detect.h"
#include "docworker/layout.h"
#include "docworker/ocr.h"

namespace trine::docworker {
namespace {

struct DestroyPix {
  void operator()(Pix* p) const { pixDestroy(&p); }
};
using PixPtr = std::unique_ptr<Pix, DestroyPix>;

const l_uint8* bytes_of(std::string_view s) {
  return reinterpret_cast<const l_uint8*>(s.data());
}

// Width and height without unpacking.
void check_size(std::string_view bytes, const Budget& budget) {
  l_int32 format = 0, width = 0, height = 0, bits = 0, samples = 0, colours = 0;
  if (pixReadHeaderMem(bytes_of(bytes), bytes.size(), &format, &width, &height, &bits, &samples, &colours) != 0)
    stop(Problem::damaged, "the image's head cannot be read");
  if (width <= 0 || height <= 0) stop(Problem::damaged, "the image has no size");
  budget.pixels(width, height);
}

PixPtr unpack(std::string_view bytes, const Budget& budget) {
  check_size(bytes, budget);
  PixPtr pix(pixReadMem(bytes_of(bytes), bytes.size()));
  if (pix == nullptr) stop(Problem::damaged, "the image cannot be unpacked");
  budget.pixels(pixGetWidth(pix.get()), pixGetHeight(pix.get()));
  return pix;
}

GrayImage gray_of(Pix* source) {
  PixPtr opaque(pixGetSpp(source) == 4 ? pixRemoveAlpha(source) : pixClone(source));
  PixPtr gray(pixConvertTo8(opaque.get(), 0));
  // Letters below some 20 pixels are hard to tell apart: a small picture is recognised at twice its size.
  if (gray != nullptr && pixGetWidth(gray.get()) < 1000 && pixGetHeight(gray.get()) < 1400)
    gray.reset(pixScale(gray.get(), 2, 2));
  if (gray == nullptr) stop(Problem::damaged, "the image cannot be made gray");
  GrayImage out{
      pixGetWidth(gray.get()), pixGetHeight(gray.get()), std::clamp<int64_t>(pixGetXRes(source), 0, 1200), {}};
  if (out.dpi < 70) out.dpi = 200;
  out.pixels.resize(static_cast<size_t>(out.width) * out.height);
  l_uint32* const data = pixGetData(gray.get());
  const l_int32 stride = pixGetWpl(gray.get());
  for (int y = 0; y < out.height; ++y) {
    const l_uint32* const line = data + static_cast<size_t>(y) * stride;
    for (int x = 0; x < out.width; ++x) out.pixels[static_cast<size_t>(y) * out.width + x] = GET_DATA_BYTE(line, x);
  }
  return out;
}

void read_frame(Pix* pix, int number, Context& c) {
  const bool recognise = c.job.ocr != documents::Ocr::off && c.ocr != nullptr;
  c.out.begin_page(number, recognise);
  c.out.image(fmt::format("{} x {} pixels", pixGetWidth(pix), pixGetHeight(pix)));
  if (!recognise) return;
  const GrayImage gray = gray_of(pix);
  if (!is_blank(gray)) recognise_into(gray, c);
}

std::string written(Pix* pix, bool png, int quality) {
  l_uint8* data = nullptr;
  size_t size = 0;
  const bool good =
      png ? pixWriteMemPng(&data, &size, pix, 0) == 0 : pixWriteMemJpeg(&data, &size, pix, quality, 0) == 0;
  const std::unique_ptr<l_uint8, void (*)(void*)> owned(data, lept_free);
  if (!good || data == nullptr) stop(Problem::damaged, "the smaller image cannot be written");
  return {reinterpret_cast<const char*>(data), size};
}

// Takes out dark pixels that stand alone or in pairs: dust, which recognition reads as marks. The dots of letters are
// larger at any resolution that can be read.
void despeckle(GrayImage& image) {
  const auto [least, most] = std::minmax_element(image.pixels.begin(), image.pixels.end());
  const int middle = (*most + *least) / 2;
  const int width = image.width;
  std::vector<size_t> specks;
  for (int y = 1; y + 1 < image.height; ++y) {
    for (int x = 1; x + 1 < width; ++x) {
      const size_t at = static_cast<size_t>(y) * width + x;
      if (image.pixels[at] >= middle) continue;
      int dark = 0;
      for (const int dy : {-width, 0, width})
        for (const int dx : {-1, 0, 1}) dark += image.pixels[at + static_cast<size_t>(dy + dx)] < middle ? 1 : 0;
      if (dark <= 2) specks.push_back(at);
    }
  }
  for (const size_t at : specks) image.pixels[at] = *most;
}

}  // namespace

bool is_blank(const GrayImage& image) {
  if (image.pixels.empty()) return true;
  const auto [least, most] = std::minmax_element(image.pixels.begin(), image.pixels.end());
  if (*most - *least < 40) return true;
  const int middle = (*most + *least) / 2;
  const auto dark =
      std::count_if(image.pixels.begin(), image.pixels.end(), [&](unsigned char p) { return p < middle; });
  return dark < 60 || static_cast<size_t>(dark) > image.pixels.size() - 60;
}

void recognise_into(const GrayImage& image, Context& c) {
  if (c.ocr == nullptr) {
    c.out.image("not recognised");
    return;
  }
  c.out.budget().ocr_page();
  GrayImage cleaned = image;
  despeckle(cleaned);
  auto words = c.ocr->words(cleaned, c.job.languages, c.out);
  c.out.budget().objects(static_cast<int64_t>(words.size()));
  for (auto& block : lay_out(std::move(words))) c.out.add(std::move(block));
}

void read_image(std::string_view bytes, Format format, Context& c) {
  if (format != Format::tiff) {
    const PixPtr pix = unpack(bytes, c.out.budget());
    return read_frame(pix.get(), 1, c);
  }
  check_size(bytes, c.out.budget());
  size_t at = 0;
  int number = 0;
  do {
    const PixPtr pix(pixReadMemFromMultipageTiff(bytes_of(bytes), bytes.size(), &at));
    if (pix == nullptr) break;
    c.out.budget().pixels(pixGetWidth(pix.get()), pixGetHeight(pix.get()));
    read_frame(pix.get(), ++number, c);
  } while (at != 0);
  if (number == 0) stop(Problem::damaged, "the image cannot be unpacked");
}

SmallerImage shrink(std::string_view bytes, const documents::Job& job, const Budget& budget) {
  SmallerImage out;
  out.source = detect(bytes).format;
  if (!documents::is_image(out.source)) stop(Problem::unsupported, "an image is needed");
  PixPtr pix = unpack(bytes, budget);
  out.source_width = pixGetWidth(pix.get()), out.source_height = pixGetHeight(pix.get());
  const int64_t width = std::min<int64_t>(job.image.width, out.source_width);
  const int64_t height =
      std::min<int64_t>(job.image.height > 0 ? job.image.height : out.source_height, out.source_height);
  PixPtr opaque(pixGetSpp(pix.get()) == 4 ? pixRemoveAlpha(pix.get()) : pixClone(pix.get()));
  PixPtr colour(pixGetDepth(opaque.get()) == 32           ? pixClone(opaque.get())
                : pixGetColormap(opaque.get()) != nullptr ? pixRemoveColormap(opaque.get(), REMOVE_CMAP_BASED_ON_SRC)
                                                          : pixConvertTo8(opaque.get(), 0));
  if (colour != nullptr && pixGetDepth(colour.get()) < 8) colour.reset(pixConvertTo8(colour.get(), 0));
  PixPtr small(colour == nullptr ? nullptr
                                 : pixScaleToSize(colour.get(), static_cast<int>(width), static_cast<int>(height)));
  if (small == nullptr) stop(Problem::damaged, "the image cannot be scaled");
  out.width = pixGetWidth(small.get()), out.height = pixGetHeight(small.get());
  const int quality = static_cast<int>(std::clamp<int64_t>(job.image.quality, 20, 95));
  std::string jpeg = written(small.get(), false, quality);
  // Drawings and screens are smaller, and sharper, as PNG.
  if (out.source == Format::png || out.source == Format::gif || out.source == Format::bmp ||
      out.source == Format::pnm) {
    std::string png = written(small.get(), true, quality);
    if (png.size() <= jpeg.size()) {
      out.bytes = std::move(png);
      out.media_type = "image/png";
      return out;
    }
  }
  out.bytes = std::move(jpeg);
  out.media_type = "image/jpeg";
  return out;
}

void prepare_image_libraries() {
  setMsgSeverity(L_SEVERITY_NONE);
  prepare_pdf_library();
}

}  // namespace trine::docworker
