#include "docworker/layout.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/text.h"
#include "docworker/layout_rows.h"
#include "docworker/layout_table.h"

namespace trine::docworker {
namespace {

using documents::Block;
using layout::Row;
using layout::Segment;

bool starts_item(std::string_view s, size_t& skip) {
  for (const std::string_view bullet :
       {"\u2022", "\u25CF", "\u25AA", "\u25E6", "\u2023", "\u00B7", "\uF0B7", "\u2013 ", "- ", "* "}) {
    if (!s.starts_with(bullet) || s.size() == bullet.size()) continue;
    skip = bullet.size();
    return true;
  }
  return false;
}

bool is_bullet(const Segment& s) {
  size_t skip = 0;
  return starts_item(s.text + ' ', skip) && skip >= s.text.size();
}

// Gaps that are none between cells: after a bullet, and the wide blank of one justified line among lines of prose.
void close_gaps(std::vector<Row>& rows, double body) {
  const auto prose_beside = [&](const Row& row, const Row& other) {
    const double width = row.segments.back().x1 - row.segments.front().x0;
    const Segment& line = other.segments.front();
    return other.segments.size() == 1 && line.x1 - line.x0 > 0.7 * width &&
           std::abs(line.x0 - row.segments.front().x0) < 3 * body &&
           std::max(row.y0, other.y0) - std::min(row.y1, other.y1) < 0.7 * body;
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    auto& segments = rows[i].segments;
    if (segments.size() != 2) continue;
    const bool alone =
        (i == 0 || rows[i - 1].segments.size() == 1) && (i + 1 == rows.size() || rows[i + 1].segments.size() == 1);
    const bool line =
        alone && segments[1].x0 - segments[0].x1 < 2 * body &&
        ((i > 0 && prose_beside(rows[i], rows[i - 1])) || (i + 1 < rows.size() && prose_beside(rows[i], rows[i + 1])));
    if (!line && !is_bullet(segments[0])) continue;
    segments[0].text += ' ' + segments[1].text;
    segments[0].x1 = segments[1].x1;
    segments.pop_back();
  }
}

bool ends_in_hyphen(const std::string& s) {
  return s.size() > 2 && s.back() == '-' && std::isalpha(static_cast<unsigned char>(s[s.size() - 2])) != 0;
}

// Lines without cells, [first, last): headings, list items, paragraphs.
class Prose {
 public:
  Prose(const std::vector<Row>& rows, double body, std::vector<Block>& out) : rows_(rows), body_(body), out_(out) {}

  void add(size_t first, size_t last) {
    left_ = INFINITY, right_ = -INFINITY;
    for (size_t i = first; i < last; ++i) {
      left_ = std::min(left_, rows_[i].segments[0].x0);
      right_ = std::max(right_, rows_[i].segments[0].x1);
    }
    for (size_t i = first; i < last; ++i) line(i, i > first);
  }

 private:
  void line(size_t i, bool follows) {
    const Segment& s = rows_[i].segments[0];
    const double h = rows_[i].height;
    size_t skip = 0;
    if (starts_item(s.text, skip)) {
      out_.push_back({Block::Kind::list_item, 0, std::string(trim(std::string_view(s.text).substr(skip))), {}});
      return;
    }
    if (h > 1.18 * body_ && s.text.size() < 160) {
      const int level = h > 1.6 * body_ ? 1 : h > 1.35 * body_ ? 2 : 3;
      const bool goes_on = follows && out_.back().kind == Block::Kind::heading &&
                           std::abs(rows_[i - 1].height - h) < 0.1 * h && rows_[i].y0 - rows_[i - 1].y1 < 0.6 * h;
      if (goes_on) {
        out_.back().text += ' ' + s.text;
      } else {
        out_.push_back({Block::Kind::heading, level, s.text, {}});
      }
      return;
    }
    const bool same = follows &&
                      (out_.back().kind == Block::Kind::paragraph || out_.back().kind == Block::Kind::list_item) &&
                      rows_[i].y0 - rows_[i - 1].y1 < 0.7 * std::max(h, rows_[i - 1].height) &&
                      std::abs(rows_[i - 1].height - h) < 0.25 * h;
    if (!same) {
      out_.push_back({Block::Kind::paragraph, 0, s.text, {}});
      return;
    }
    std::string& text = out_.back().text;
    const Segment& before = rows_[i - 1].segments[0];
    // A line that reaches the right edge goes on in the next; one that ends before was ended by its writer.
    const bool full = before.x1 > right_ - 0.15 * (right_ - left_) && right_ - left_ > 15 * h;
    if (full && ends_in_hyphen(text) && std::islower(static_cast<unsigned char>(s.text[0])) != 0) {
      text.pop_back();
      text += s.text;
    } else {
      text += full ? ' ' : '\n';
      text += s.text;
    }
  }

  const std::vector<Row>& rows_;
  const double body_;
  std::vector<Block>& out_;
  double left_ = 0, right_ = 0;
};

void lay_out_rows(std::vector<Row>& rows, double body, std::vector<Block>& out) {
  const auto near = [&](size_t i) { return rows[i].y0 - rows[i - 1].y1 < 1.6 * std::max(body, rows[i].height); };
  const auto multi = [&](size_t i) { return rows[i].segments.size() > 1; };
  // A line beside the next, a little higher: the first of a cell with several, centred in its row.
  const auto beside_next = [&](size_t i) {
    return i + 1 < rows.size() && rows[i + 1].y0 < rows[i].y1 - 0.1 * rows[i].height;
  };
  const auto in_table = [&](size_t i) {
    for (int most = 4; most > 0 && !multi(i) && beside_next(i); --most) ++i;
    return multi(i);
  };
  for (size_t i = 0; i < rows.size();) {
    size_t end = i + 1;
    if (!in_table(i)) {
      while (end < rows.size() && !in_table(end)) ++end;
      Prose(rows, body, out).add(i, end);
      i = end;
      continue;
    }
    double left = INFINITY, right = -INFINITY;  // of the rows with cells so far
    const auto widen = [&](const Row& row) {
      left = std::min(left, row.segments.front().x0), right = std::max(right, row.segments.back().x1);
    };
    const auto across = [&](const Row& row) {
      return row.segments.size() == 1 && row.segments[0].x1 - row.segments[0].x0 > 0.6 * (right - left);
    };
    widen(rows[i]);
    while (!multi(end - 1)) widen(rows[end++]);
    // Up to two lines with one cell may stand between rows: second lines of a cell, or a heading of a group.
    size_t last = end - 1;
    while (end < rows.size() && near(end) && end - last <= 3 && !across(rows[end])) {
      if (multi(end)) last = end, widen(rows[end]);
      ++end;
    }
    end = last + 1;
    while (end < rows.size() && !multi(end) && beside_next(end - 1)) ++end;
    // Second lines of the last row's cells.
    while (end < rows.size() && last > i && !multi(end) && near(end) &&
           rows[end].y1 - rows[end - 1].y1 < 0.85 * (rows[last].y1 - rows[last - 1].y1) &&
           rows[end].segments[0].x1 - rows[end].segments[0].x0 <
               (rows[last].segments.back().x1 - rows[last].segments.front().x0) / 2)
      ++end;
    out.push_back(layout::table_of(rows, i, end));
    i = end;
  }
}

// Lays out words, dividing them at a gutter first where there is one.
void lay_out_region(std::vector<Word> words, double body, int depth, std::vector<Block>& out) {
  if (words.empty()) return;
  auto rows = layout::rows_of(words);
  if (depth < 3) {
    if (const auto g = layout::gutter_of(rows, body)) {
      std::vector<Word> above, left, right, below;
      for (size_t i = 0; i < rows.size(); ++i) {
        for (Word& w : rows[i].words) {
          auto& to = i < g->first_row ? above : i >= g->end_row ? below : (w.x0 + w.x1) / 2 < g->x ? left : right;
          to.push_back(std::move(w));
        }
      }
      for (auto* part : {&above, &left, &right, &below}) lay_out_region(std::move(*part), body, depth + 1, out);
      return;
    }
  }
  for (Row& row : rows) layout::divide(row);
  close_gaps(rows, body);
  lay_out_rows(rows, body, out);
}

}  // namespace

std::vector<Block> lay_out(std::vector<Word> words) {
  std::erase_if(words, [](const Word& w) {
    return w.text.empty() || !(w.height() > 0) || !(w.x1 >= w.x0) || !std::isfinite(w.x0 + w.y0 + w.x1 + w.y1);
  });
  std::vector<double> heights;
  heights.reserve(words.size());
  for (const Word& w : words) heights.push_back(w.height());
  std::vector<Block> out;
  lay_out_region(std::move(words), layout::median(std::move(heights)), 0, out);
  return out;
}

}  // namespace trine::docworker
