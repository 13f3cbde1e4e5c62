// A page that people read and forward: made once, written in three formats with the same figures. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace trine::report {

struct Heading {
  std::string text;
};

struct Paragraph {
  std::string text;
};

// The numbers that a reader in a hurry takes away.
struct Headlines {
  struct Fact {
    std::string value, what, note;  // "12.3 kWh", "energy", "8 to 17 kWh"
  };
  std::vector<Fact> facts;
};

struct PageTable {
  struct Column {
    std::string title;
    bool right = false;
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // REQUIRES: as many cells as columns
  size_t totals = 0;                           // of the rows, the last ones
};

// Bars beside each other, each a stack of the series. `values`: per bar one for each series; not negative, finite.
struct BarChart {
  std::string title, unit;
  bool across = false;  // bars lie, each with its whole name: for names instead of times
  std::vector<std::string> series, bars;
  std::vector<std::vector<double>> values;
};

using Block = std::variant<Heading, Paragraph, Headlines, PageTable, BarChart>;

struct Page {
  std::string title, subtitle;
  std::vector<Block> blocks;
  std::string footer;
};

// One file without anything beside it: styles and charts (SVG) are in it.
std::string to_html(const Page& page);
// Charts become tables.
std::string to_markdown(const Page& page);
// A4. Characters that Helvetica lacks (outside Windows-1252) become '?'. Errors: what the library says.
Result<std::string> to_pdf(const Page& page);

}  // namespace trine::report
