#include "documents/fold.h"

#include <algorithm>

namespace trine::documents {

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '>' || c == ' ')) continue;
    line_begins = c == '\n';
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

void each_line(std::string_view text, FunctionRef<void(std::string_view line)> visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
}

bool is_quoted(std::string_view line) {
  return line.starts_with('>');
}

}  // namespace trine::documents
