// PDF: the text layer first; pages without one are rendered and recognised.
#include <fmt/format.h>
#include <iconv.h>
#include <poppler/cpp/poppler-document.h>
#include <poppler/cpp/poppler-embedded-file.h>
#include <poppler/cpp/poppler-global.h>
#include <poppler/cpp/poppler-image.h>
#include <poppler/cpp/poppler-page-renderer.h>
#include <poppler/cpp/poppler-page.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "docworker/bidi.h"
#include "docworker/encoding.h"
#include "docworker/extract.h"
#include "docworker/image.h"
#include "docworker/layout.h"
#include "docworker/ocr.h"

namespace trine::docworker {
namespace {

// Not by its own to_utf8(), which opens a converter for each word.
std::string utf8(const poppler::ustring& s) {
  return utf8_of({s.data(), s.size()});
}

// As PDF has it: UTF-16 with a mark, or Latin.
std::string name_of(const poppler::embedded_file& file) {
  std::string name = to_utf8(file.name());
  name = name.substr(name.find_last_of("/\\") + 1);
  return name.empty() ? "attachment" : name;
}

// The words that stand upright, and those that do not as one line each run.
std::vector<Word> words_of(const poppler::page& page, std::vector<std::string>& turned) {
  std::vector<Word> words;
  for (const auto& box : page.text_list()) {
    auto text = letters_as_read(utf8(box.text()));
    const auto r = box.bbox();
    if (box.rotation() != 0) {
      turned.push_back(std::move(text));
      continue;
    }
    words.push_back({r.left(), r.top(), r.right(), r.bottom(), std::move(text)});
  }
  return words;
}

// Renders for recognition. A huge page is rendered smaller, so that it costs what a page costs.
GrayImage render(const poppler::page& page, int64_t dpi, const Budget& budget) {
  const auto size = page.page_rect(poppler::crop_box);
  const double points = std::max(1.0, size.width()) * std::max(1.0, size.height());
  const double most = std::min<double>(static_cast<double>(budget.limits().pixels), 40e6);
  const double used = std::max(20.0, std::min<double>(static_cast<double>(dpi), 72 * std::sqrt(most / points)));
  budget.pixels(std::llround(size.width() * used / 72), std::llround(size.height() * used / 72));
  poppler::page_renderer renderer;
  renderer.set_image_format(poppler::image::format_gray8);
  renderer.set_render_hint(poppler::page_renderer::text_antialiasing, true);
  const auto image = renderer.render_page(&page, used, used);
  if (!image.is_valid()) return {};
  GrayImage gray{image.width(), image.height(), std::llround(used), {}};
  gray.pixels.resize(static_cast<size_t>(gray.width) * gray.height);
  for (int y = 0; y < gray.height; ++y)
    std::copy_n(image.const_data() + static_cast<size_t>(y) * image.bytes_per_row(), gray.width,
                gray.pixels.begin() + static_cast<ptrdiff_t>(y) * gray.width);
  return gray;
}

void read_page(const poppler::page& page, int number, Context& c) {
  std::vector<std::string> turned;
  auto words = c.job.ocr == documents::Ocr::all ? std::vector<Word>() : words_of(page, turned);
  c.out.budget().objects(static_cast<int64_t>(words.size() + turned.size()));
  if (!words.empty() || !turned.empty() || c.job.ocr == documents::Ocr::off) {
    c.out.begin_page(number);
    for (auto& block : lay_out(std::move(words))) c.out.add(std::move(block));
    std::string line;
    for (const auto& word : turned) line += (line.empty() ? "" : " ") + word;
    c.out.paragraph(std::move(line));
    return;
  }
  const GrayImage image = render(page, c.job.dpi, c.out.budget());
  const bool blank = is_blank(image);
  c.out.begin_page(number, !blank && c.ocr != nullptr);
  if (!blank) recognise_into(image, c);
}

}  // namespace

void read_pdf(std::string_view bytes, Context& c) {
  const std::unique_ptr<poppler::document> document(
      poppler::document::load_from_raw_data(bytes.data(), static_cast<int>(std::min<size_t>(bytes.size(), INT32_MAX))));
  if (document == nullptr) stop(Problem::damaged, "no PDF structure can be made out");
  if (document->is_locked()) stop(Problem::encrypted);
  const int pages = document->pages();
  if (pages <= 0) stop(Problem::damaged, "it has no pages");
  if (pages > c.out.budget().limits().pages)
    stop(Problem::too_many_pages, fmt::format("{}, {} are allowed", pages, c.out.budget().limits().pages));
  int unreadable = 0;
  for (int i = 0; i < pages; ++i) {
    const std::unique_ptr<poppler::page> page(document->create_page(i));
    if (page == nullptr) {
      ++unreadable;
      continue;
    }
    read_page(*page, i + 1, c);
  }
  if (unreadable == pages) stop(Problem::damaged, "none of its pages can be read");
  if (unreadable > 0) c.out.warn(fmt::format("{} of {} pages could not be read.", unreadable, pages));
  c.out.end_page();
  for (poppler::embedded_file* file : document->embedded_files()) {
    if (file == nullptr || !file->is_valid()) continue;
    const int64_t packed = static_cast<int64_t>(bytes.size()), said = std::max(0, file->size());
    c.out.budget().unpacked(packed, said);
    const auto data = file->data();
    if (const auto held = static_cast<int64_t>(data.size()); held > said) c.out.budget().unpacked(packed, held);
    extract_inner({data.data(), data.size()}, name_of(*file), c);
  }
}

void prepare_pdf_library() {
  // Its words about broken files are for nobody.
  poppler::set_debug_error_function([](const std::string&, void*) {}, nullptr);
  // poppler converts text with iconv, whose tables are files: opened here, and kept open while the process lives.
  for (const char* utf16 : {"UTF-16", "UTF-16LE", "UTF-16BE"}) {
    static_cast<void>(::iconv_open("UTF-8", utf16));
    static_cast<void>(::iconv_open(utf16, "UTF-8"));
  }
  // One document read and drawn, so that what is loaded on first use has been loaded.
  static constexpr std::string_view kSmallest =
      "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
      "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
      "4 0 obj<</Length 31>>stream\nBT /F 9 Tf 9 9 Td (ready) Tj ET \nendstream endobj\n"
      "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n";
  const std::unique_ptr<poppler::document> document(
      poppler::document::load_from_raw_data(kSmallest.data(), static_cast<int>(kSmallest.size())));
  const std::unique_ptr<poppler::page> page(document == nullptr ? nullptr : document->create_page(0));
  if (page == nullptr) return;
  page->text_list();
  poppler::page_renderer().render_page(page.get(), 72, 72);
}

}  // namespace trine::docworker
