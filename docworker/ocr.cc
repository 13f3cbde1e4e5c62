#include "docworker/ocr.h"

#include <fmt/format.h>
#include <tesseract/baseapi.h>

#include <fstream>
#include <iterator>

namespace trine::docworker {
namespace {

// tesseract asks for its files through a plain function.
const std::map<std::string, std::vector<char>>* the_data = nullptr;

bool read_from_memory(const char* name, std::vector<char>* out) {
  std::string_view path = name;
  path.remove_prefix(path.rfind('/') + 1);
  const auto it = the_data->find(std::string(path.substr(0, path.find('.'))));
  if (it == the_data->end()) return false;
  *out = it->second;
  return true;
}

std::vector<std::string> split(const std::string& s) {
  std::vector<std::string> parts;
  size_t at = 0;
  while (at <= s.size()) {
    const size_t end = std::min(s.find('+', at), s.size());
    if (end > at) parts.push_back(s.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

}  // namespace

Recogniser::Recogniser(const std::string& folder, const std::string& languages) {
  for (const auto& language : split(languages)) {
    std::ifstream in(fmt::format("{}/{}.traineddata", folder, language), std::ios::binary);
    if (!in) continue;
    data_[language].assign(std::istreambuf_iterator<char>(in), {});
  }
}

Recogniser::~Recogniser() = default;

std::vector<std::string> Recogniser::languages() const {
  std::vector<std::string> names;
  for (const auto& [name, data] : data_) names.push_back(name);
  return names;
}

bool Recogniser::ready(const std::string& languages, Output& out) {
  std::string usable;
  for (const auto& language : split(languages)) {
    if (data_.count(language) == 0) {
      out.warn(fmt::format("The OCR language {} is not installed.", language));
      continue;
    }
    usable += (usable.empty() ? "" : "+") + language;
  }
  if (usable.empty()) return false;
  if (usable == loaded_) return true;
  loaded_.clear();
  api_ = std::make_unique<tesseract::TessBaseAPI>();
  the_data = &data_;
  if (api_->Init("", 0, usable.c_str(), tesseract::OEM_LSTM_ONLY, nullptr, 0, nullptr, nullptr, false,
                 read_from_memory) != 0)
    return false;
  api_->SetVariable("debug_file", "/dev/null");
  api_->SetPageSegMode(tesseract::PSM_AUTO);
  loaded_ = usable;
  return true;
}

std::vector<Word> Recogniser::words(const GrayImage& image, const std::string& languages, Output& out) {
  if (!ready(languages, out)) {
    out.warn("No OCR language is loaded: images were not recognised.");
    return {};
  }
  api_->SetImage(image.pixels.data(), image.width, image.height, 1, image.width);
  api_->SetSourceResolution(static_cast<int>(image.dpi));
  std::vector<Word> words;
  const double points = 72.0 / static_cast<double>(image.dpi);
  if (api_->Recognize(nullptr) == 0) {
    const std::unique_ptr<tesseract::ResultIterator> it(api_->GetIterator());
    if (it != nullptr && !it->Empty(tesseract::RIL_WORD)) {
      do {
        const std::unique_ptr<char[]> text(it->GetUTF8Text(tesseract::RIL_WORD));
        int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
        if (text == nullptr || !it->BoundingBox(tesseract::RIL_WORD, &x0, &y0, &x1, &y1)) continue;
        if (it->Confidence(tesseract::RIL_WORD) < 20) continue;  // specks
        // The word's own height varies with its letters; its line's does not.
        int lx0 = 0, ly0 = 0, lx1 = 0, ly1 = 0;
        if (it->BoundingBox(tesseract::RIL_TEXTLINE, &lx0, &ly0, &lx1, &ly1) && ly1 - ly0 < 2.5 * (y1 - y0))
          y0 = ly0, y1 = ly1;
        words.push_back({x0 * points, y0 * points, x1 * points, y1 * points, text.get()});
      } while (it->Next(tesseract::RIL_WORD));
    }
  }
  api_->Clear();
  return words;
}

}  // namespace trine::docworker
