#include "documents/reduce.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "documents/fold.h"
#include "documents/text.h"

namespace trine::documents {
namespace {

// Below this a repeated paragraph is a value, not a repetition: "Yes", "EUR", a date.
constexpr size_t kLeastLetters = 40;

std::string text_of(const Block& block) {
  std::string s;
  append_block(s, block);
  return s;
}

uint64_t key_of(const Block& block) {
  return hash64(fold(text_of(block)), block.kind == Block::Kind::table ? 1 : 0);
}

bool may_repeat(const Block& block) {
  if (block.kind == Block::Kind::image || block.kind == Block::Kind::heading) return false;
  if (block.kind == Block::Kind::table) return block.rows.size() >= 4;
  return block.text.size() >= kLeastLetters;
}

// Lines of a quoted mail that stand unquoted elsewhere: the quotation's own lines are taken one by one, since replies
// cut and wrap them anew.
void drop_quoted_lines(Document& d, Dropped& dropped) {
  std::unordered_set<uint64_t> said;
  for (const Page& page : d.pages)
    for (const Block& block : page.blocks)
      each_line(block.text, [&](std::string_view line) {
        if (!is_quoted(line) && line.size() >= 12) said.insert(hash64(fold(line)));
      });
  for (Page& page : d.pages) {
    for (Block& block : page.blocks) {
      if (block.text.find('>') == std::string::npos) continue;
      std::string kept;
      each_line(block.text, [&](std::string_view line) {
        if (is_quoted(line) && (said.count(hash64(fold(line))) > 0 || fold(line).empty())) {
          dropped.add(line);
        } else {
          (kept += kept.empty() ? "" : "\n") += line;
        }
      });
      block.text = std::move(kept);
    }
    std::erase_if(page.blocks,
                  [](const Block& b) { return b.text.empty() && b.rows.empty() && b.kind != Block::Kind::image; });
  }
}

struct PageWords {
  std::unordered_set<uint64_t> triples;
  std::unordered_set<uint64_t> figures;  // words with a digit
};

PageWords words_of(const Page& page) {
  PageWords out;
  uint64_t a = 0, b = 0;
  for (const Block& block : page.blocks) {
    const std::string text = fold(text_of(block));
    for (size_t i = 0; i < text.size();) {
      const size_t end = std::min(text.find(' ', i), text.size());
      const std::string_view word = std::string_view(text).substr(i, end - i);
      const uint64_t h = hash64(word);
      if (std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; })) out.figures.insert(h);
      out.triples.insert(mix64(a) ^ mix64(b + 1) ^ h);
      a = b;
      b = h;
      i = end + 1;
    }
  }
  return out;
}

bool says_nothing_new(const PageWords& page, const PageWords& earlier) {
  if (page.triples.size() < 30) return false;
  for (const uint64_t f : page.figures)
    if (earlier.figures.count(f) == 0) return false;
  size_t known = 0;
  for (const uint64_t t : page.triples) known += earlier.triples.count(t);
  return known * 10 >= page.triples.size() * 9;
}

void drop_pages(Document& d, Dropped& dropped) {
  constexpr size_t kLookBack = 32;  // copies stand near their originals; bounds the work on long documents
  std::vector<PageWords> seen;
  std::erase_if(d.pages, [&](const Page& page) {
    PageWords words = words_of(page);
    const size_t from = seen.size() - std::min(seen.size(), kLookBack);
    const bool old = std::any_of(seen.begin() + static_cast<ptrdiff_t>(from), seen.end(),
                                 [&](const PageWords& earlier) { return says_nothing_new(words, earlier); });
    if (old) {
      for (const Block& block : page.blocks) dropped.add(text_of(block));
    } else {
      seen.push_back(std::move(words));
    }
    return old;
  });
}

}  // namespace

void Dropped::add(std::string_view text) {
  if (text.empty()) return;
  chars += text.size();
  tokens += estimate_tokens(text);
  ++pieces;
}

Dropped& Dropped::operator+=(const Dropped& o) {
  chars += o.chars;
  tokens += o.tokens;
  pieces += o.pieces;
  return *this;
}

Dropped drop_duplicates(Document& d) {
  Dropped dropped;
  drop_pages(d, dropped);
  std::unordered_set<uint64_t> seen;
  for (Page& page : d.pages) {
    std::erase_if(page.blocks, [&](const Block& block) {
      if (!may_repeat(block) || seen.insert(key_of(block)).second) return false;
      dropped.add(text_of(block));
      return true;
    });
  }
  drop_quoted_lines(d, dropped);
  return dropped;
}

Dropped Reduced::all() const {
  Dropped sum = repeats;
  sum += duplicates;
  return sum += boilerplate;
}

Reduced reduce(Document& d, const ReduceOptions& options) {
  Reduced out;
  if (options.repeats) out.repeats = drop_repeats(d);
  if (options.boilerplate) out.boilerplate = drop_boilerplate(d);
  if (options.duplicates) out.duplicates = drop_duplicates(d);
  return out;
}

}  // namespace trine::documents
