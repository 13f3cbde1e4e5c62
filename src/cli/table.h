// A table in plain text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trine::cli {

// What comes from clients may hold anything: control characters (which steer a terminal) become '?', and so do bytes
// that are no UTF-8.
std::string printable(std::string_view text);

class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: as many cells as columns. A column whose cells are all empty is not shown.
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // A line between the rows before and after.
  void rule() { rules_.push_back(rows_.size()); }

  std::string text() const;  // ends with a newline

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> rules_;
};

}  // namespace trine::cli
