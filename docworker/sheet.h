// Rows of a spreadsheet as tables: without the cells that are empty, so that a sheet costs what is in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "docworker/output.h"

namespace trine::docworker {

// Collects rows and gives a table for each group of them that follow each other. Columns that are empty in a whole
// table are left out, so a cell in column 16384 costs one cell.
class SheetTable {
 public:
  explicit SheetTable(Output& out) : out_(out) {}
  void row(int64_t number);  // 0: the next; a gap ends the table
  void cell(int64_t column, std::string text);
  void finish();

 private:
  Output& out_;
  std::vector<std::vector<std::pair<int64_t, std::string>>> rows_;
  int64_t last_row_ = 0;  // with a cell
  int64_t row_ = 0;
};

int64_t column_of(std::string_view reference);  // "AB12" is 27; -1 for what is none
std::string iso_date(int64_t days_since_1970);
std::string plain_number(double value,
                         int decimals);  // decimals < 0: the shortest that is the same number to 15 digits

}  // namespace trine::docworker
