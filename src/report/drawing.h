// A chart as shapes, so that SVG and PDF draw the same picture. Pure.
#pragma once

#include <string>
#include <vector>

#include "report/page.h"

namespace trine::report {

struct Drawing {
  enum class Anchor { start, middle, end };
  struct Box {
    double x = 0, y = 0, width = 0, height = 0;
    size_t colour = 0;
  };
  struct Line {
    double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  };
  struct Label {
    double x = 0, y = 0;  // of the baseline
    std::string text;
    Anchor anchor = Anchor::start;
  };
  double width = 0, height = 0;  // y grows downwards
  std::vector<Line> lines;       // under the boxes
  std::vector<Box> boxes;
  std::vector<Label> labels;
};

// Six that stay apart for the colour-blind (Okabe and Ito), as 0xRRGGBB.
unsigned colour(size_t i);

constexpr double kLabelSize = 11;

// With axis, marks and, for several series, their names; the title is the caller's. REQUIRES: one list per bar.
Drawing draw(const BarChart& chart, double width);

}  // namespace trine::report
