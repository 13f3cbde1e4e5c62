// Rows of words, the cells in them, and the gutter between columns of prose. Internal to the layout.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "docworker/layout.h"

namespace trine::docworker::layout {

struct Segment {  // words with ordinary spaces between them
  double x0 = 0, x1 = 0;
  std::string text;
};

struct Row {
  double y0 = 0, y1 = 0, height = 0;  // height: of its tallest common word
  std::vector<Word> words;            // from left to right
  std::vector<Segment> segments;      // after divide()
};

std::vector<Row> rows_of(std::vector<Word>& words);  // takes the words
constexpr double kCellGap = 0.95;                    // of a row's height: a wider blank is between cells
constexpr double kNarrowGap = 0.45;                  // a narrower one is between words

// At the gaps between cells, and at `cuts`.
void divide(Row& row, std::span<const double> cuts = {});

double median(std::vector<double> v);  // 0 of none

struct Gutter {
  double x;
  size_t first_row, end_row;
};
// Where text stands in two columns beside each other (a leaflet, small print), not cells of a table.
std::optional<Gutter> gutter_of(const std::vector<Row>& rows, double body);

}  // namespace trine::docworker::layout
