#include "docworker/layout_rows.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "docworker/bidi.h"

namespace trine::docworker::layout {
namespace {

constexpr double kHalfGutter = 0.3;  // of a row's height
constexpr int kLeastOpen = 2;

// Words stand from left to right and hardly overlap, so the last that begins left of the gutter's edge tells.
bool is_clear(const Row& row, double x) {
  const double half = kHalfGutter * row.height;
  const auto after =
      std::partition_point(row.words.begin(), row.words.end(), [&](const Word& w) { return w.x0 < x + half; });
  return after == row.words.begin() || std::prev(after)->x1 <= x - half;
}

// What is on one side of a gutter over some rows.
struct Side {
  size_t rows = 0, words = 0, chars = 0, digits = 0;
  double width = 0;  // summed over rows
  void add(const Row& row, double x, bool left) {
    double x0 = INFINITY, x1 = -INFINITY;
    for (const Word& w : row.words) {
      if (((w.x0 + w.x1) / 2 < x) != left) continue;
      ++words;
      chars += w.text.size() + 1;
      digits +=
          static_cast<size_t>(std::count_if(w.text.begin(), w.text.end(), [](char c) { return c >= '0' && c <= '9'; }));
      x0 = std::min(x0, w.x0), x1 = std::max(x1, w.x1);
    }
    if (x1 < x0) return;
    ++rows;
    width += x1 - x0;
  }
  // Sentences, not cells: long lines of several words that fill their column and have few digits.
  bool is_prose(double column) const {
    return rows >= 3 && words >= 4 * rows && chars >= 22 * rows && digits * 8 < chars &&
           width >= 0.6 * column * static_cast<double>(rows);
  }
};

// "Chapter 2 . . . . . . . 7": leaders are a blank.
bool is_leader(std::string_view text) {
  return text.find_first_not_of("._\u00B7") == std::string_view::npos;
}
void drop_leaders(std::vector<Word>& words) {
  constexpr size_t kDots = 4;
  for (size_t i = 0; i < words.size();) {
    size_t end = i, dots = 0;
    while (end < words.size() && is_leader(words[end].text)) dots += words[end++].text.size();
    if (end == i) {
      Word& w = words[i++];
      const size_t end_of_text = w.text.find_last_not_of('.') + 1, size = w.text.size();
      if (size - end_of_text < kDots) continue;
      w.x1 = w.x0 + (w.x1 - w.x0) * static_cast<double>(end_of_text) / static_cast<double>(size);  // "Naming....."
      w.text.resize(end_of_text);
      continue;
    }
    if (dots < kDots || i == 0) {  // a line of dots alone may be a rule: a row keeps a word
      i = end;
      continue;
    }
    words.erase(words.begin() + static_cast<ptrdiff_t>(i), words.begin() + static_cast<ptrdiff_t>(end));
  }
}

}  // namespace

std::vector<Row> rows_of(std::vector<Word>& words) {
  const auto middle = [](const Word& w) { return (w.y0 + w.y1) / 2; };
  std::stable_sort(words.begin(), words.end(), [&](const Word& a, const Word& b) { return middle(a) < middle(b); });
  std::vector<Row> rows;
  double at = 0, lowest = 0;
  for (Word& w : words) {
    const double h = w.height();
    if (rows.empty() || middle(w) - at > 0.45 * std::min(h, lowest)) {
      rows.emplace_back();
      rows.back().y0 = w.y0, rows.back().y1 = w.y1;
      at = middle(w), lowest = h;
    }
    Row& row = rows.back();
    row.y0 = std::min(row.y0, w.y0), row.y1 = std::max(row.y1, w.y1);
    lowest = std::min(lowest, h);
    row.words.push_back(std::move(w));
  }
  for (Row& row : rows) {
    std::stable_sort(row.words.begin(), row.words.end(), [](const Word& a, const Word& b) { return a.x0 < b.x0; });
    drop_leaders(row.words);
    // By letters, so that one large mark does not make a heading of a line.
    std::vector<std::pair<double, size_t>> heights;
    size_t letters = 0;
    for (const Word& w : row.words) heights.emplace_back(w.height(), w.text.size()), letters += w.text.size();
    std::sort(heights.begin(), heights.end());
    size_t seen = 0;
    for (const auto& [h, n] : heights) {
      row.height = h;
      if ((seen += n) * 2 > letters) break;
    }
  }
  return rows;
}

void divide(Row& row, std::span<const double> cuts) {
  row.segments.clear();
  for (const Word& w : row.words) {
    const double gap = row.segments.empty() ? INFINITY : w.x0 - row.segments.back().x1;
    const auto cut = [&](double x) { return row.segments.back().x1 <= x && x <= w.x0; };
    if (gap > kCellGap * row.height || std::any_of(cuts.begin(), cuts.end(), cut)) {
      row.segments.push_back({w.x0, w.x1, w.text});
      continue;
    }
    Segment& s = row.segments.back();
    if (gap > 0.1 * row.height) s.text += ' ';
    s.text += w.text;
    s.x1 = std::max(s.x1, w.x1);
  }
  for (Segment& s : row.segments) s.text = words_as_read(s.text);
}

std::optional<Gutter> gutter_of(const std::vector<Row>& rows, double body) {
  if (rows.size() < 3) return {};
  double left = INFINITY, right = -INFINITY;
  for (const Row& row : rows) {
    left = std::min(left, row.words.front().x0);
    for (const Word& w : row.words) right = std::max(right, w.x1);
  }
  std::optional<Gutter> best;
  size_t most = 0;
  // A few dozen places are enough: a gutter is at least a letter wide.
  const double step = std::max(body / 4, (right - left) / 200);
  const auto places = static_cast<size_t>(0.5 * (right - left) / step) + 1;
  const auto place = [&](size_t i) { return left + 0.25 * (right - left) + static_cast<double>(i) * step; };
  // How many rows have words on both sides of each: in prose hardly any do, and it need not be looked at again.
  std::vector<int> opens(places + 1, 0);  // how many more than at the place before
  for (const Row& row : rows) {
    for (size_t k = 1; k < row.words.size(); ++k) {
      const double x0 = (row.words[k - 1].x1 + kHalfGutter * row.height - place(0)) / step;
      const double x1 = (row.words[k].x0 - kHalfGutter * row.height - place(0)) / step;
      if (x1 < x0 || x1 < 0 || x0 > static_cast<double>(places - 1)) continue;
      ++opens[static_cast<size_t>(std::max(0.0, x0))];
      --opens[std::min(static_cast<size_t>(x1) + 1, places)];
    }
  }
  int open = 0;
  for (size_t p = 0; p < places; ++p) {
    open += opens[p];
    if (open < kLeastOpen) continue;
    const double x = place(p);
    for (size_t i = 0; i < rows.size();) {
      if (!is_clear(rows[i], x)) {
        ++i;
        continue;
      }
      Side l, r;
      const size_t first = i;
      for (; i < rows.size() && is_clear(rows[i], x); ++i) l.add(rows[i], x, true), r.add(rows[i], x, false);
      const size_t score = std::min(l.chars, r.chars);
      if (score > most && l.is_prose(x - left) && r.is_prose(right - x)) {
        most = score;
        best = Gutter{x, first, i};
      }
    }
  }
  return best;
}

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  const auto middle = v.begin() + static_cast<ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

}  // namespace trine::docworker::layout
