#include "docworker/layout_table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

namespace trine::docworker::layout {
namespace {

using documents::Block;

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

// Narrow gaps that stand at the same place in each row are between columns: numbers set to the right, close to each
// other. A blank between words is narrower; the one in "2 490,00" too.
void divide_on(std::vector<Row>& rows, size_t first, size_t last) {
  constexpr size_t kRows = 3;         // that must show it
  constexpr size_t kMostTried = 256;  // of a page's places
  const auto shows = [&](const Row& row, double x, size_t& both) {
    const auto right =
        std::partition_point(row.words.begin(), row.words.end(), [&](const Word& w) { return w.x0 < x; });
    if (right == row.words.begin()) return true;
    if (std::prev(right)->x1 > x) return false;
    if (right != row.words.end() && right->x0 - std::prev(right)->x1 >= kNarrowGap * row.height) ++both;
    return true;
  };
  std::vector<double> cuts;
  size_t tried = 0;
  for (size_t i = first; i < last; ++i) {
    for (size_t k = 1; k < rows[i].words.size(); ++k) {
      const double x0 = rows[i].words[k - 1].x1, x1 = rows[i].words[k].x0;
      if (x1 - x0 < kNarrowGap * rows[i].height || x1 - x0 > kCellGap * rows[i].height) continue;
      if (std::any_of(cuts.begin(), cuts.end(), [&](double c) { return x0 <= c && c <= x1; })) continue;
      if (++tried > kMostTried) return;
      const double x = (x0 + x1) / 2;
      size_t both = 0, row = first;
      while (row < last && shows(rows[row], x, both)) ++row;
      if (row == last && both >= kRows) cuts.push_back(x);
    }
  }
  if (cuts.empty()) return;
  for (size_t i = first; i < last; ++i) divide(rows[i], cuts);
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

// Cells of several lines, centred in their row: lines of neighbouring cells then overlap. A band is the rows that make
// one: a line belongs to the one above in its column where it stands as close as lines of a cell do. Ends of bands;
// empty where the table shows no such thing.
std::vector<size_t> bands_of(const std::vector<Row>& rows, size_t first, size_t last,
                             const std::vector<Column>& columns) {
  constexpr double kOverlap = 0.1, kClearlyMore = 0.25, kMostLeading = 0.6;  // of a line's height
  const auto overlap = [&](double y1, const Row& row) { return row.y0 < y1 - kOverlap * row.height; };
  bool any = false;
  for (size_t i = first + 1; i < last && !any; ++i) any = overlap(rows[i - 1].y1, rows[i]);
  if (!any) return {};
  const auto each_gap = [&](auto&& f) {
    std::vector<double> bottom(columns.size(), NAN);
    for (size_t i = first; i < last; ++i) {
      for (const Segment& s : rows[i].segments) {
        double& b = bottom[column_at(columns, s)];
        if (!std::isnan(b)) f(i, (rows[i].y0 - b) / rows[i].height);
        b = rows[i].y1;
      }
    }
  };
  std::vector<double> gaps;
  each_gap([&](size_t, double gap) { gaps.push_back(gap); });
  std::sort(gaps.begin(), gaps.end());
  double within = NAN, jump = kClearlyMore;
  for (size_t i = 1; i < gaps.size() && gaps[i - 1] < kMostLeading; ++i)
    if (gaps[i] - gaps[i - 1] > jump) jump = gaps[i] - gaps[i - 1], within = (gaps[i] + gaps[i - 1]) / 2;
  if (std::isnan(within)) {
    // One row: some cell of it has one line where others have several.
    std::vector<size_t> lines(columns.size(), 0);
    for (size_t i = first; i < last; ++i)
      for (const Segment& s : rows[i].segments) ++lines[column_at(columns, s)];
    const bool one = !gaps.empty() && gaps.back() < kMostLeading && std::count(lines.begin(), lines.end(), 1) > 0;
    return one ? std::vector{last} : std::vector<size_t>{};
  }
  std::vector<bool> joined(last - first, false);
  each_gap([&](size_t i, double gap) { joined[i - first] = joined[i - first] || gap < within; });
  std::vector<size_t> ends;
  double y1 = rows[first].y1;
  for (size_t i = first + 1; i < last; ++i) {
    if (!joined[i - first] && !overlap(y1, rows[i])) ends.push_back(i), y1 = rows[i].y1;
    y1 = std::max(y1, rows[i].y1);
  }
  ends.push_back(last);
  return ends;
}

void append(std::string& cell, const std::string& line) {
  if (!cell.empty() && cell.back() != '-') cell += ' ';  // "A-" over "110"
  cell += line;
}

Block side_by_side(const std::vector<Row>& rows, size_t first, size_t last) {
  Block table{Block::Kind::table, 0, {}, {}};
  for (size_t i = first; i < last; ++i) {
    table.rows.emplace_back();
    for (const Segment& s : rows[i].segments) table.rows.back().push_back(s.text);
  }
  return table;
}

}  // namespace

Block table_of(std::vector<Row>& rows, size_t first, size_t last) {
  divide_on(rows, first, last);
  const auto columns = columns_of(rows, first, last);
  if (columns.size() < 2 || collide(rows, first, last, columns)) return side_by_side(rows, first, last);
  Block table{Block::Kind::table, 0, {}, {}};
  const auto add = [&](const Row& row) {
    for (const Segment& s : row.segments) append(table.rows.back()[column_at(columns, s)], s.text);
  };
  if (const auto bands = bands_of(rows, first, last, columns); !bands.empty()) {
    size_t i = first;
    for (const size_t end : bands) {
      table.rows.emplace_back(columns.size());
      for (; i < end; ++i) add(rows[i]);
    }
    return table;
  }
  std::vector<double> pitches;
  for (size_t i = first + 1; i < last; ++i)
    if (rows[i].segments.size() > 1 && rows[i - 1].segments.size() > 1) pitches.push_back(rows[i].y1 - rows[i - 1].y1);
  const double pitch = median(pitches);
  for (size_t i = first; i < last; ++i) {
    // The second line of a cell stands closer to the first than rows stand to each other, and alone.
    const bool second =
        rows[i].segments.size() == 1 && i > first && pitch > 0 && rows[i].y1 - rows[i - 1].y1 < 0.85 * pitch;
    if (!second) table.rows.emplace_back(columns.size());
    add(rows[i]);
  }
  return table;
}

}  // namespace trine::docworker::layout
