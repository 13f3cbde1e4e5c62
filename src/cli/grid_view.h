// What `trine grid` shows of a zone. Pure: a table of intensities and a moment in, text or JSON out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "grid/grid.h"

namespace trine::cli {

// A time, how long before now ("6h"), or how long after it ("+12h"). Errors: invalid_argument, a sentence.
Result<Wall> parse_grid_point(std::string_view option, std::string_view text, Wall now);

struct GridRow {
  Wall start;
  Nanos length;
  Intensity value;
  double sigma_ln = 0;
  std::string what;  // a rung of the ladder ("typical_day"), or "forecast"
  std::string source;
  bool estimated = false;
};

struct GridView {
  std::string zone, name;  // name: empty where the catalog does not know it
  Wall at;
  grid::Reading now;
  std::vector<grid::Reading> beside;
  std::optional<std::vector<std::string>> deployments = {};  // in it; nothing: not asked for
  std::vector<GridRow> rows;  // slot by slot from `from`; after the present slot a forecast
};

// The letters that figures get which rest on this reading: "A" with a meter, "B" by a curve.
char letter_metered(const grid::Reading& r);
char letter_by_curve(const grid::Reading& r);

inline constexpr size_t kMostGridRows = 10'000;
// Errors: invalid_argument where [from, to) is empty or has more than kMostGridRows slots.
Result<GridView> grid_view(const grid::GridTable& table, std::string_view zone, std::string_view zone_name, Wall now,
                           Wall from, Wall to);

std::string grid_text(const GridView& view);                   // of one zone, with its rows
std::string grid_summary(const std::vector<GridView>& views);  // a line for each
std::string grid_json(const std::vector<GridView>& views);     // {"at": …, "zones": […]}

}  // namespace trine::cli
