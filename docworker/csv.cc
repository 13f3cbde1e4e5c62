#include "docworker/csv.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace trine::docworker {
namespace {

// Reads one record from the front of `s`. Quotes that are never closed end at the text's end.
std::vector<std::string> take_record(std::string_view& s, char delimiter) {
  std::vector<std::string> cells(1);
  size_t i = 0;
  bool quoted = false;
  for (; i < s.size(); ++i) {
    const char c = s[i];
    if (quoted) {
      if (c != '"') {
        cells.back() += c;
      } else if (i + 1 < s.size() && s[i + 1] == '"') {
        cells.back() += s[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"' && cells.back().find_first_not_of(' ') == std::string::npos) {
      cells.back().clear();
      quoted = true;
    } else if (c == delimiter) {
      cells.emplace_back();
    } else if (c == '\n' || c == '\r') {
      break;
    } else {
      cells.back() += c;
    }
  }
  if (i < s.size() && s[i] == '\r') ++i;
  if (i < s.size() && s[i] == '\n') ++i;
  s.remove_prefix(i);
  return cells;
}

}  // namespace

char csv_delimiter(std::string_view utf8) {
  const std::string_view head = utf8.substr(0, 65536);
  char best = '\0';
  size_t most = 1;
  for (const char d : {';', '\t', ',', '|'}) {
    std::string_view left = head;
    size_t records = 0, sections = 0, columns = 0, widest = 0, longest = 0;
    bool same = true;
    while (!left.empty() && records < 40 && same) {
      const auto record = take_record(left, d);
      if (record.size() == 1 && record[0].empty()) {
        columns = 0;  // an empty line: tables below each other may differ
        continue;
      }
      if (left.empty() && head.size() < utf8.size()) break;  // cut by the head's end
      if (columns == 0) {
        columns = record.size();
        ++sections;
      }
      same = columns == record.size() && columns > 1;
      ++records;
      widest = std::max(widest, columns);
      for (const auto& cell : record) longest = std::max(longest, cell.size());
    }
    // Prose has commas too, but not the same number in line after line; two lines alone may be chance.
    if (!same || records < 2 * sections || longest > 2000) continue;
    columns = widest;
    if (columns > most && (columns > 2 || records > 2)) {
      most = columns;
      best = d;
    }
  }
  return best;
}

void read_csv(std::string_view utf8, Output& out) {
  const char delimiter = csv_delimiter(utf8);
  std::vector<std::vector<std::string>> rows;
  while (!utf8.empty()) {
    auto record = take_record(utf8, delimiter == '\0' ? ',' : delimiter);
    if (record.size() == 1 && record[0].empty()) {
      out.table(std::exchange(rows, {}));
      continue;
    }
    out.budget().objects(static_cast<int64_t>(record.size()));
    rows.push_back(std::move(record));
  }
  out.table(std::move(rows));
}

}  // namespace trine::docworker
