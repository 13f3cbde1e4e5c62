// Takes out of a document what a model has no use for. Each step is pure, keeps what it cannot show to be said
// elsewhere, and reports what it dropped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/units.h"
#include "documents/document.h"

namespace trine::documents {

struct Dropped {
  size_t chars = 0;   // bytes of text
  Tokens tokens = 0;  // estimate_tokens() of them
  int pieces = 0;     // lines, paragraphs, pages
  void add(std::string_view text);
  Dropped& operator+=(const Dropped& other);
  bool operator==(const Dropped&) const = default;
};

// Headers and footers: lines at the head or foot of most pages of a part that are the same but for a page number. The
// first stays, on its page; page numbers alone all go. Numbers that differ otherwise are contents: such a line stays.
Dropped drop_repeats(Document& document);

// Paragraphs, list items and tables (of 4 rows or more) of at least 40 letters that are in the document already, word
// for word but for case, blanks and the marks of quoted mail; and whole pages that say hardly anything new: nine in ten
// of their word triples, and every word with a digit, are on one earlier page.
Dropped drop_duplicates(Document& document);

// What mail programs and lawyers put under a mail, in the languages of Europe: confidentiality notices, "think before
// you print", unsubscribe lines, "sent from my". Only in mails and HTML, only whole paragraphs.
Dropped drop_boilerplate(Document& document);

struct Reduced {
  Dropped repeats, duplicates, boilerplate;
  Dropped all() const;
};
struct ReduceOptions {
  bool repeats = true, duplicates = true, boilerplate = true;
};
Reduced reduce(Document& document, const ReduceOptions& options = {});

}  // namespace trine::documents
