// What readers write to, and what they may spend. A reader that goes over a limit is stopped by an exception: this
// program is all adapters of libraries, with code of theirs between ours. One job, one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "documents/document.h"
#include "documents/job.h"
#include "documents/problem.h"

namespace trine::docworker {

using documents::Block;
using documents::Format;
using documents::Limits;
using documents::Problem;

// The job's end. `finding` is a clause, as for documents::refuse().
struct Refusal {
  Problem problem;
  std::string finding;
};
[[noreturn]] void stop(Problem problem, std::string finding = {});

// Counts what a document takes. Each call throws Refusal beyond the limit.
class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits) {}
  const Limits& limits() const { return limits_; }

  void objects(int64_t n = 1);
  void page();
  void ocr_page();
  void text(size_t bytes);
  void pixels(int64_t width, int64_t height) const;
  // `packed` bytes of input became `unpacked`, known so far.
  void unpacked(int64_t packed, int64_t unpacked);
  void depth(int64_t d) const;
  bool may_ocr() const { return ocr_pages_ < limits_.ocr_pages; }

 private:
  Limits limits_;
  int64_t objects_ = 0, pages_ = 0, ocr_pages_ = 0, text_ = 0, unpacked_ = 0;
};

// Collects blocks into pages and hands each page on when it is complete.
class Output {
 public:
  using Emit = std::function<void(const documents::Page&)>;
  Output(Budget& budget, Emit emit) : budget_(budget), emit_(std::move(emit)) {}

  int begin_part(std::string_view name, Format format, uint64_t bytes);  // its index; pages go to the part begun last
  void set_format(int part, Format format) { document_.parts.at(static_cast<size_t>(part)).format = format; }
  void note(int part, std::string why_not_read);
  int current_part() const { return part_; }
  void return_to(int part);  // after an inner document

  void begin_page(int number, bool ocr = false);  // ends the one before
  void end_page();
  bool in_page() const { return open_; }
  void add(Block block);  // cleaned: see clean()
  void paragraph(std::string text) { add({Block::Kind::paragraph, 0, std::move(text), {}}); }
  void heading(int level, std::string text) { add({Block::Kind::heading, level, std::move(text), {}}); }
  void table(std::vector<std::vector<std::string>> rows) { add({Block::Kind::table, 0, {}, std::move(rows)}); }
  void image(std::string text);
  void warn(std::string_view sentence);

  Budget& budget() { return budget_; }
  const documents::Document& document() const { return document_; }  // without pages

 private:
  Budget& budget_;
  Emit emit_;
  documents::Document document_;
  documents::Page page_;
  int part_ = -1;
  bool open_ = false;
};

// Valid UTF-8 without control characters, soft hyphens and zero-width marks; no-break spaces become spaces, ligatures
// (U+FB00 to U+FB06) letters; blanks at line ends and runs of more than one empty line go. Line ends stay unless
// `one_line`.
std::string clean(std::string_view text, bool one_line = false);

// What stands in `text` from `from` on is raised: "10" and "6" become "10^6", which "106" is not, "1" and "st" "1st".
void mark_raised(std::string& text, size_t from);

}  // namespace trine::docworker
