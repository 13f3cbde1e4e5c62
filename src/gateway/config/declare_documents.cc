// What is done to documents in requests, and the processes that read them (docs/documents.md).
#include <algorithm>

#include "gateway/config/draft.h"
#include "gateway/config/forms.h"

namespace trine::gateway {
namespace {

using namespace std::chrono_literals;
using yaml::Fields;

// As tesseract names its language files: "deu", "chi_sim", "script/Latin".
std::optional<std::string> parse_language(std::string_view s) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '/';
  };
  if (s.empty() || s.size() > 32 || s.front() == '/' || !std::all_of(s.begin(), s.end(), good)) return {};
  return std::string(s);
}

void declare_document_limits(Fields& f, documents::Limits& l) {
  f.size({"file", "Of the file."}, l.input_bytes, kKiB, kGiB);
  f.integer({"pages", "Pages, sheets, slides."}, l.pages, 1, 100'000);
  f.integer({"ocr_pages", "Of these, pages that are recognised."}, l.ocr_pages, 0, 100'000);
  f.integer({"pixels", "Of one picture or page."}, l.pixels, 10'000, 1'000'000'000);
  f.size({"unpacked", "Of packed contents together."}, l.unpacked_bytes, kMiB, 4 * kGiB);
  f.size({"text", "Of the text in it."}, l.text_bytes, kKiB, kGiB);
  Nanos cpu = std::chrono::seconds(l.cpu_s), wall = std::chrono::milliseconds(l.wall_ms);
  f.duration({"cpu", "Processor time, in whole seconds."}, cpu, 1s, 1h);
  f.duration({"time", "Until the process is ended."}, wall, 100ms, 1h);
  l.cpu_s = std::chrono::ceil<std::chrono::seconds>(cpu).count();
  l.wall_ms = std::chrono::ceil<std::chrono::milliseconds>(wall).count();
}

}  // namespace

void declare_document_steps(Fields& f, DocumentStepsConfig& s) {
  s.on = true;
  f.boolean({"on", "Where the section is, it is on unless this says no."}, s.on);
  f.boolean({"extract", "Files become text; without it they go to the model as they are."}, s.extract);
  f.choice({"ocr", "Recognise text in pages and pictures: those without any, all, or none."}, s.ocr,
           {{"missing", documents::Ocr::missing}, {"all", documents::Ocr::all}, {"off", documents::Ocr::off}});
  f.boolean({"repeats", "Drop headers and footers that stand on most pages, but for the first."}, s.repeats);
  f.boolean({"boilerplate", "Drop what mail programs and lawyers put under mails."}, s.boilerplate);
  f.boolean({"duplicates", "Drop paragraphs, tables and pages that the document has said already."}, s.duplicates);
  f.boolean({"seen", "Where a file stands in a request twice, point to the first."}, s.seen);
  f.choice({"images",
            "Pictures are made as small as the model sees them, or become their text by OCR, or are left as they are."},
           s.images, {{"shrink", ImageStep::shrink}, {"ocr", ImageStep::ocr}, {"keep", ImageStep::keep}});
  f.choice({"tiler", "How the model counts a picture."}, s.tiler,
           {{"openai", TilerKind::openai}, {"qwen", TilerKind::qwen}, {"anthropic", TilerKind::anthropic}});
  f.integer({"image_tokens", "Pictures are scaled on until they cost no more, which loses detail; 0: they are not."},
            s.image_tokens, 0, 1'000'000);
  f.integer({"max_pages", "Of one document; 0: documents.limits.pages."}, s.max_pages, 0, 100'000);
  f.integer({"max_tokens", "Of a request's documents together; 0: no bound but the model's."}, s.max_tokens, 0,
            100'000'000);
}

void declare_documents(Fields& f, DocumentsConfig& d) {
  declare_document_steps(f, d.steps);
  f.text({"worker", "The program that reads them; default: trine-docworker beside this program."}, d.worker);
  f.integer({"workers", "Documents that are read at a time, by a process each."}, d.workers, 1, 64);
  f.size({"memory", "Address space of each of these."}, d.memory, 64 * kMiB, 64 * kGiB);
  f.parsed_list({"languages", "Of OCR, as tesseract names them, such as [eng, deu]; default: eng."}, d.languages,
                form("language", "[A-Za-z0-9_][A-Za-z0-9_/]{0,31}"), "is not a language such as eng or deu.",
                parse_language);
  f.text({"tessdata", "Folder of the OCR languages; default: the system's."}, d.tessdata);
  f.integer({"queue", "Documents that may wait; who comes then is answered 503."}, d.queue, 0, 10'000);
  f.duration({"wait", "How long; then the answer is 503."}, d.wait, 1ms, 10min);
  f.size({"cache", "What was read is kept for when the same file comes again, up to so much text; 0: nothing is kept."},
         d.cache, 0, 64 * kGiB);
  f.object({"limits", "Of one document; beyond them it is refused with the reason."}, d.limits,
           declare_document_limits);
}

}  // namespace trine::gateway
