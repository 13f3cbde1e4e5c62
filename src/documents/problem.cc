#include "documents/problem.h"

#include <fmt/format.h>

#include <array>

namespace trine::documents {
namespace {

struct Row {
  Problem problem;
  const char* name;
  const char* sentence;
  const char* advice;
};

constexpr std::array<Row, kProblems> kTable{{
    {Problem::encrypted, "encrypted", "The document is encrypted", "Remove the password and send it again."},
    {Problem::damaged, "damaged", "The document is damaged",
     "Open and save it again with the program that made it, then send it again."},
    {Problem::unsupported, "unsupported", "This kind of file is not read here",
     "Send it as PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP, HTML, e-mail, CSV, text, XML, PNG, JPEG, TIFF, GIF, BMP or "
     "WebP."},
    {Problem::empty, "empty", "The document is empty", "Send a file with contents."},
    {Problem::too_large, "too_large", "The document is too large", "Send it in parts."},
    {Problem::too_many_pages, "too_many_pages", "The document has too many pages",
     "Send it in parts, or only the pages that matter."},
    {Problem::too_many_pixels, "too_many_pixels", "An image has too many pixels", "Scale it down and send it again."},
    {Problem::too_compressed, "too_compressed", "The document unpacks to far more than its size",
     "Save it again without the packed contents, or send the files in it one by one."},
    {Problem::too_deep, "too_deep", "The document is nested too deeply", "Send the inner documents one by one."},
    {Problem::too_many_objects, "too_many_objects", "The document has too many elements", "Send it in parts."},
    {Problem::too_much_text, "too_much_text", "The document has too much text", "Send it in parts."},
    {Problem::too_slow, "too_slow", "Reading the document took too long", "Send it in parts, or in a simpler format."},
    {Problem::too_much_memory, "too_much_memory", "Reading the document took too much memory",
     "Send it in parts, or in a simpler format."},
    {Problem::crashed, "crashed", "The document made its reader stop",
     "Save it again with another program, or send it in another format."},
    {Problem::busy, "busy", "All document workers are busy", "Try again in a few seconds."},
    {Problem::no_worker, "no_worker", "The document worker does not start",
     "Tell the operator: the log has the reason."},
}};

constexpr bool in_order() {
  for (size_t i = 0; i < kTable.size(); ++i)
    if (kTable[i].problem != static_cast<Problem>(i)) return false;
  return true;
}
static_assert(in_order(), "one row for each problem, in the order of the enum");

const Row& row(Problem problem) {
  return kTable.at(static_cast<size_t>(problem));
}

}  // namespace

const char* name(Problem problem) {
  return row(problem).name;
}

const char* advice(Problem problem) {
  return row(problem).advice;
}

bool is_documents(Problem problem) {
  return problem < Problem::busy;
}

bool problem_named(std::string_view name, Problem& out) {
  for (const Row& r : kTable)
    if (r.name == name) return out = r.problem, true;
  return false;
}

tl::unexpected<DocumentError> refuse(Problem problem, std::string_view finding) {
  const Row& r = row(problem);
  std::string message = finding.empty() ? fmt::format("{}. {}", r.sentence, r.advice)
                                        : fmt::format("{}: {}. {}", r.sentence, finding, r.advice);
  return tl::unexpected<DocumentError>(DocumentError{problem, std::move(message)});
}

}  // namespace trine::documents
