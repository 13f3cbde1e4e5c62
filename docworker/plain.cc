#include "docworker/plain.h"

#include <algorithm>
#include <string>
#include <utility>

namespace trine::docworker {
namespace {

std::string_view trimmed(std::string_view s) {
  const size_t from = s.find_first_not_of(" \t\r\f");
  if (from == std::string_view::npos) return {};
  return s.substr(from, s.find_last_not_of(" \t\r\f") - from + 1);
}

// Cells that two or more blanks, or a tab, stand between.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  line = trimmed(line);
  for (size_t i = 0; i < line.size(); ++i) {
    const bool gap =
        line[i] == '\t' || (line[i] == ' ' && i + 1 < line.size() && (line[i + 1] == ' ' || line[i + 1] == '\t'));
    if (!gap) {
      cells.back() += line[i];
      continue;
    }
    while (i + 1 < line.size() && (line[i + 1] == ' ' || line[i + 1] == '\t')) ++i;
    cells.emplace_back();
  }
  return cells;
}

// "| a | b |" of Markdown.
bool is_piped(std::string_view line) {
  return line.size() > 2 && line.front() == '|' && line.back() == '|';
}

std::vector<std::string> piped_cells(std::string_view line) {
  std::vector<std::string> cells;
  line = line.substr(1, line.size() - 2);
  while (true) {
    const size_t end = std::min(line.find('|'), line.size());
    cells.emplace_back(trimmed(line.substr(0, end)));
    if (end == line.size()) return cells;
    line.remove_prefix(end + 1);
  }
}

bool only(std::string_view line, std::string_view chars) {
  return !line.empty() && line.find_first_not_of(chars) == std::string_view::npos;
}

class Plain {
 public:
  explicit Plain(Output& out) : out_(out) {}

  void line(std::string_view raw) {
    const std::string_view line = trimmed(raw);
    if (raw.find('\f') != std::string_view::npos) new_page();
    if (line.empty()) return flush();
    if (only(line, "-=_*~+#|: ") && line.size() > 2) {  // a rule
      if (rows_.empty()) flush();
      return;
    }
    const size_t marks = std::min(line.find_first_not_of('#'), line.size());
    if (marks > 0 && marks <= 6 && marks < line.size() && line[marks] == ' ') {
      flush();
      return out_.heading(static_cast<int>(marks), std::string(trimmed(line.substr(marks))));
    }
    if (line.size() > 2 && (line.starts_with("- ") || line.starts_with("* "))) {
      flush();
      return out_.add({Block::Kind::list_item, 0, std::string(line.substr(2)), {}});
    }
    auto cells = is_piped(line) ? piped_cells(line) : cells_of(line);
    if (cells.size() > 1) {
      if (rows_.empty()) flush();
      rows_.push_back(std::move(cells));
      return;
    }
    if (!rows_.empty()) flush();
    text_ += (text_.empty() ? "" : "\n") + std::string(line);
  }

  void flush() {
    if (!text_.empty()) out_.paragraph(std::move(text_));
    if (!rows_.empty()) out_.table(std::move(rows_));
    text_.clear();
    rows_.clear();
  }

 private:
  void new_page() {
    flush();
    if (out_.in_page()) out_.begin_page(++page_);
  }

  Output& out_;
  std::string text_;
  std::vector<std::vector<std::string>> rows_;
  int page_ = 1;
};

}  // namespace

void read_plain(std::string_view utf8, Output& out) {
  out.begin_page(1);
  Plain plain(out);
  while (!utf8.empty()) {
    // A lone \r ends a line too: files of old Macs.
    const size_t end = std::min(utf8.find_first_of("\n\r"), utf8.size());
    plain.line(utf8.substr(0, end));
    const bool both = end + 1 < utf8.size() && utf8[end] == '\r' && utf8[end + 1] == '\n';
    utf8.remove_prefix(std::min(utf8.size(), end + (both ? 2 : 1)));
  }
  plain.flush();
}

}  // namespace trine::docworker
