// What a document worker is asked to do, and within which limits. Travels as JSON (docs/formats/docworker.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace trine::documents {

// Each is checked while reading, before the memory or time is spent; beyond one, the job ends with its Problem.
struct Limits {
  int64_t input_bytes = int64_t{64} << 20;
  int64_t pages = 2000;
  int64_t ocr_pages = 200;
  int64_t pixels = 100'000'000;                 // of one image, or of one page as rendered
  int64_t unpacked_bytes = int64_t{256} << 20;  // of all packed contents together
  int64_t ratio = 200;                          // unpacked to packed, beyond the first MiB
  int64_t depth = 128;                          // of elements inside each other
  int64_t attachment_depth = 4;                 // of documents inside each other
  int64_t objects = 2'000'000;                  // elements, cells, words
  int64_t text_bytes = int64_t{16} << 20;       // of the answer
  int64_t cpu_s = 60;                           // processor time (the kernel's limit, whole seconds)
  int64_t wall_ms = 120'000;                    // the pool kills a worker that is not done by then
  bool operator==(const Limits&) const = default;
};

enum class Ocr : uint8_t { off, missing, all };  // none; pages and images without text; every page

// Makes an image file smaller instead of reading text: see image_size.h for what is worth sending to a model.
struct ImageTarget {
  int64_t width = 0;  // pixels; 0: no image is wanted
  int64_t height = 0;
  int64_t quality = 85;  // of a JPEG
  bool operator==(const ImageTarget&) const = default;
};

struct Job {
  std::string name;  // of the file, if known: only for warnings about a wrong ending
  Ocr ocr = Ocr::missing;
  std::string languages = "eng";  // of OCR, as tesseract names them: "deu+eng"
  int64_t dpi = 200;              // at which pages are rendered for OCR
  bool attachments = true;        // read the documents inside too (else they are listed)
  ImageTarget image;
  Limits limits;
  bool operator==(const Job&) const = default;
};

// The payload of a job frame; `bytes` is the length of the file that follows.
std::string to_json(const Job& job, uint64_t bytes);
// Fails with invalid_argument for what is no job. Unknown members are refused: both sides are of one version.
Result<Job> job_of(std::string_view json, uint64_t& bytes);

}  // namespace trine::documents
