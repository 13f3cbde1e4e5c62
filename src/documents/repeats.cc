// Headers and footers: reduce.h.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "documents/fold.h"
#include "documents/reduce.h"
#include "documents/text.h"

namespace trine::documents {
namespace {

constexpr size_t kMostLines = 6;  // looked at on either end of a page

// A line of a page: a line of a block's text, or a row of a table.
struct Line {
  size_t page;
  size_t block;
  size_t line;
  std::string text;
};

// Its letters with a mark for each number, and the numbers. Numbers too long to count with are letters.
struct Shape {
  std::string letters;
  std::vector<int64_t> numbers;
};

Shape shape_of(std::string_view line) {
  Shape s;
  const std::string text = fold(line);
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end == i || end - i > 6) {
      end = std::max(end, i + 1);
      s.letters.append(text, i, end - i);
    } else {
      s.letters += '#';
      s.numbers.push_back(std::stoll(text.substr(i, end - i)));
    }
    i = end;
  }
  return s;
}

std::vector<Line> lines_of(const Document& d, size_t page) {
  std::vector<Line> out;
  const auto& blocks = d.pages[page].blocks;
  for (size_t b = 0; b < blocks.size(); ++b) {
    if (blocks[b].kind == Block::Kind::table) {
      for (size_t r = 0; r < blocks[b].rows.size(); ++r) {
        const Block row{Block::Kind::table, 0, {}, {blocks[b].rows[r]}};
        std::string text;
        append_block(text, row);
        out.push_back({page, b, r, std::move(text)});
      }
      continue;
    }
    size_t n = 0;
    each_line(blocks[b].text, [&](std::string_view line) { out.push_back({page, b, n++, std::string(line)}); });
  }
  return out;
}

// Page n of its part, and of how many.
struct Place {
  int64_t number, of;
};

constexpr std::string_view kPageWords[] = {"page", "seite",  "pagina", "p\xC3\xA1gina", "strona", "str.", "sida",
                                           "side", "strana", "oldal",  "blatt",         "p.",     "pg."};

// Whether the number number `k` of a line is said to be a page's: "page #", "#/#", "# von #" behind a page's word.
bool counts_pages(const std::string& letters, size_t k) {
  size_t at = letters.find('#');
  for (; k > 0 && at != std::string::npos; --k) at = letters.find('#', at + 1);
  if (at == std::string::npos) return false;
  const std::string_view before = std::string_view(letters).substr(0, at);
  for (const std::string_view word : kPageWords)
    if (const size_t w = before.rfind(word); w != std::string_view::npos && before.size() - w - word.size() <= 3)
      return true;
  return std::string_view(letters).substr(at).starts_with("#/#") ||
         std::string_view(letters).substr(at).starts_with("# / #");
}

// True when each number of the lines is the same on all pages, or is said to be the page's and runs with it.
bool numbers_count_pages(const std::vector<const Line*>& lines, const std::vector<Shape>& shapes, const Document& d) {
  const size_t count = shapes.front().numbers.size();
  for (size_t k = 0; k < count; ++k) {
    bool same = true, runs = true;
    for (size_t i = 0; i < shapes.size(); ++i) {
      if (shapes[i].numbers.size() != count) return false;
      same = same && shapes[i].numbers[k] == shapes.front().numbers[k];
      runs = runs && shapes[i].numbers[k] - d.pages[lines[i]->page].number ==
                         shapes.front().numbers[k] - d.pages[lines.front()->page].number;
    }
    if (!same && !(runs && counts_pages(shapes.front().letters, k))) return false;
  }
  return true;
}

// "7", "- 7 -", "Page 7", "Seite 7 von 9", "7/9": nothing but the number of the page.
bool is_page_number(const Shape& shape, const Place& place) {
  if (shape.numbers.empty() || shape.numbers.size() > 2 || shape.letters.size() > 24) return false;
  if (shape.numbers[0] != place.number || (shape.numbers.size() == 2 && shape.numbers[1] != place.of)) return false;
  const auto letters =
      std::count_if(shape.letters.begin(), shape.letters.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return letters == 0 || std::any_of(std::begin(kPageWords), std::end(kPageWords),
                                     [&](std::string_view w) { return shape.letters.starts_with(w); });
}

void take_out(Document& d, std::vector<Line>& gone, Dropped& dropped) {
  // From the last to the first, so that the places of those before stay true.
  std::sort(gone.begin(), gone.end(), [](const Line& a, const Line& b) {
    return std::tie(a.page, a.block, a.line) > std::tie(b.page, b.block, b.line);
  });
  for (const Line& line : gone) {
    Block& block = d.pages[line.page].blocks[line.block];
    dropped.add(line.text);
    if (block.kind == Block::Kind::table) {
      block.rows.erase(block.rows.begin() + static_cast<ptrdiff_t>(line.line));
      continue;
    }
    std::string kept;
    size_t n = 0;
    each_line(block.text, [&](std::string_view text) {
      if (n++ != line.line) (kept += kept.empty() ? "" : "\n") += text;
    });
    block.text = std::move(kept);
  }
  for (Page& page : d.pages)
    std::erase_if(page.blocks,
                  [](const Block& b) { return b.text.empty() && b.rows.empty() && b.kind != Block::Kind::image; });
}

}  // namespace

Dropped drop_repeats(Document& d) {
  Dropped dropped;
  std::vector<Line> gone;
  for (size_t first = 0; first < d.pages.size();) {
    size_t end = first;
    while (end < d.pages.size() && d.pages[end].part == d.pages[first].part) ++end;
    const auto pages = static_cast<int64_t>(end - first);
    std::vector<Line> lines;
    for (size_t p = first; p < end && pages > 1; ++p) {
      auto all = lines_of(d, p);
      for (size_t i = 0; i < all.size(); ++i)
        if (i < kMostLines || i + kMostLines >= all.size()) lines.push_back(std::move(all[i]));
    }
    std::map<std::string, std::vector<const Line*>> groups;
    for (const Line& line : lines) {
      Shape shape = shape_of(line.text);
      if (is_page_number(shape, {d.pages[line.page].number, pages})) {
        gone.push_back(line);
      } else {
        groups[std::move(shape.letters)].push_back(&line);
      }
    }
    for (const auto& [letters, group] : groups) {
      // Once a page, on most pages: what stands twice on one is contents.
      std::vector<const Line*> once;
      for (const Line* line : group)
        if (once.empty() || once.back()->page != line->page) once.push_back(line);
      if (static_cast<int64_t>(once.size()) < std::max<int64_t>(2, (pages * 3 + 4) / 5) || once.size() != group.size())
        continue;
      std::vector<Shape> shapes;
      shapes.reserve(once.size());
      for (const Line* line : once) shapes.push_back(shape_of(line->text));
      if (!numbers_count_pages(once, shapes, d)) continue;
      for (size_t i = 1; i < once.size(); ++i) gone.push_back(*once[i]);
    }
    first = end;
  }
  take_out(d, gone, dropped);
  return dropped;
}

}  // namespace trine::documents
