#include "docworker/layout.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "docworker/layout_rows.h"

namespace trine::docworker {
namespace {

using documents::Block;
using layout::Row;
using layout::Segment;

struct Column {
  double x0, x1;
};

// The columns that the cells of rows project to; wide lines that run across are left out of it.
std::vector<Column> columns_of(const std::vector<Row>& rows, size_t first, size_t last) {
  std::vector<Column> spans;
  double left = INFINITY, right = -INFINITY;
  for (size_t i = first; i < last; ++i) {
    left = std::min(left, rows[i].segments.front().x0);
    right = std::max(right, rows[i].segments.back().x1);
  }
  for (size_t i = first; i < last; ++i) {
    const bool alone = rows[i].segments.size() == 1;
    for (const Segment& s : rows[i].segments)
      if (!alone || s.x1 - s.x0 < (right - left) / 2) spans.push_back({s.x0, s.x1});
  }
  std::sort(spans.begin(), spans.end(), [](const Column& a, const Column& b) { return a.x0 < b.x0; });
  std::vector<Column> columns;
  for (const Column& s : spans) {
    if (!columns.empty() && s.x0 < columns.back().x1) {
      columns.back().x1 = std::max(columns.back().x1, s.x1);
    } else {
      columns.push_back(s);
    }
  }
  return columns;
}

size_t column_at(const std::vector<Column>& columns, const Segment& s) {
  size_t best = 0;
  double most = -INFINITY;
  for (size_t c = 0; c < columns.size(); ++c) {
    const double overlap = std::min(s.x1, columns[c].x1) - std::max(s.x0, columns[c].x0);
    if (overlap > most) most = overlap, best = c;
  }
  return best;
}

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  const auto middle = v.begin() + static_cast<ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

// True when two cells of one row fall into one column in many rows: then the columns are none.
bool collide(const std::vector<Row>& rows, size_t first, size_t last, const std::vector<Column>& columns) {
  size_t bad = 0;
  for (size_t i = first; i < last; ++i) {
    size_t before = SIZE_MAX;
    for (const Segment& s : rows[i].segments) {
      const size_t c = column_at(columns, s);
      if (c == before) {
        ++bad;
        break;
      }
      before = c;
    }
  }
  return bad * 5 > last - first;
}

Block table_of(const std::vector<Row>& rows, size_t first, size_t last) {
  Block table{Block::Kind::table, 0, {}, {}};
  const auto columns = columns_of(rows, first, last);
  if (columns.size() < 2 || collide(rows, first, last, columns)) {  // cells side by side, in no common columns
    for (size_t i = first; i < last; ++i) {
      table.rows.emplace_back();
      for (const Segment& s : rows[i].segments) table.rows.back().push_back(s.text);
    }
    return table;
  }
  std::vector<double> pitches;
  for (size_t i = first + 1; i < last; ++i)
    if (rows[i].segments.size() > 1 && rows[i - 1].segments.size() > 1) pitches.push_back(rows[i].y1 - rows[i - 1].y1);
  const double pitch = median(pitches);
  for (size_t i = first; i < last; ++i) {
    const auto& segments = rows[i].segments;
    // The second line of a cell stands closer to the first than rows stand to each other, and alone.
    if (segments.size() == 1 && i > first && pitch > 0 && rows[i].y1 - rows[i - 1].y1 < 0.85 * pitch) {
      std::string& cell = table.rows.back()[column_at(columns, segments[0])];
      if (!cell.empty()) cell += ' ';
      cell += segments[0].text;
      continue;
    }
    std::vector<std::string> cells(columns.size());
    for (const Segment& s : segments) {
      std::string& cell = cells[column_at(columns, s)];
      if (!cell.empty()) cell += ' ';
      cell += s.text;
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

bool starts_item(std::string_view s, size_t& skip) {
  for (const std::string_view bullet :
       {"\u2022", "\u25CF", "\u25AA", "\u25E6", "\u2023", "\u00B7", "\uF0B7", "\u2013 ", "- ", "* "}) {
    if (!s.starts_with(bullet) || s.size() == bullet.size()) continue;
    skip = bullet.size();
    return true;
  }
  return false;
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
      out_.push_back({Block::Kind::list_item, 0, s.text.substr(skip), {}});
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

void lay_out_rows(const std::vector<Row>& rows, double body, std::vector<Block>& out) {
  const auto near = [&](size_t i) { return rows[i].y0 - rows[i - 1].y1 < 1.6 * std::max(body, rows[i].height); };
  const auto multi = [&](size_t i) { return rows[i].segments.size() > 1; };
  for (size_t i = 0; i < rows.size();) {
    size_t end = i + 1;
    if (!multi(i)) {
      while (end < rows.size() && !multi(end)) ++end;
      Prose(rows, body, out).add(i, end);
      i = end;
      continue;
    }
    // Up to two lines with one cell may stand between rows: second lines of a cell, or a heading of a group.
    size_t last = i;
    while (end < rows.size() && near(end) && end - last <= 3) {
      if (multi(end)) last = end;
      ++end;
    }
    end = last + 1;
    // Second lines of the last row's cells.
    while (end < rows.size() && last > i && !multi(end) && near(end) &&
           rows[end].y1 - rows[end - 1].y1 < 0.85 * (rows[last].y1 - rows[last - 1].y1) &&
           rows[end].segments[0].x1 - rows[end].segments[0].x0 <
               (rows[last].segments.back().x1 - rows[last].segments.front().x0) / 2)
      ++end;
    out.push_back(table_of(rows, i, end));
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
  lay_out_region(std::move(words), median(std::move(heights)), 0, out);
  return out;
}

}  // namespace trine::docworker
