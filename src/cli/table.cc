#include "cli/table.h"

#include <algorithm>
#include <cstdint>

namespace trine::cli {
namespace {

// Bytes of the UTF-8 character at `at`, or 0. Overlong forms and surrogates are let through: they are shown, not
// trusted.
size_t character(std::string_view s, size_t at, uint32_t& code) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char first = byte(at);
  const size_t n = first < 0x80 ? 1 : (first >> 5) == 6 ? 2 : (first >> 4) == 14 ? 3 : (first >> 3) == 30 ? 4 : 0;
  if (n == 0 || at + n > s.size()) return 0;
  code = n == 1 ? first : first & (0xffu >> (n + 1));
  for (size_t i = 1; i < n; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(at + i) & 0x3fu);
  }
  return n;
}

size_t width(std::string_view s) {
  return static_cast<size_t>(
      std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    uint32_t code = 0;
    const size_t n = character(text, at, code);
    const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const bool direction = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    if (n == 0 || control || direction) {
      out += '?';
    } else {
      out += text.substr(at, n);
    }
    at += std::max<size_t>(n, 1);
  }
  return out;
}

std::string Table::text() const {
  std::vector<size_t> shown;
  std::vector<size_t> widths(columns_.size());
  for (size_t c = 0; c < columns_.size(); ++c) {
    widths[c] = width(columns_[c].title);
    bool empty = true;
    for (const auto& r : rows_) {
      widths[c] = std::max(widths[c], width(r[c]));
      empty = empty && r[c].empty();
    }
    if (!empty) shown.push_back(c);
  }
  size_t total = shown.empty() ? 0 : 2 * (shown.size() - 1);
  for (const size_t c : shown) total += widths[c];

  std::string out;
  const auto line = [&](const auto& cell) {
    const size_t begin = out.size();
    for (const size_t c : shown) {
      const std::string_view text = cell(c);
      const std::string pad(widths[c] - width(text), ' ');
      if (out.size() > begin) out += "  ";
      if (columns_[c].right) out += pad;
      out += text;
      if (!columns_[c].right) out += pad;
    }
    out.resize(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  const std::string rule = std::string(total, '-') + '\n';
  line([&](size_t c) -> std::string_view { return columns_[c].title; });
  out += rule;
  for (size_t r = 0; r < rows_.size(); ++r) {
    if (r > 0 && std::find(rules_.begin(), rules_.end(), r) != rules_.end()) out += rule;
    line([&](size_t c) -> std::string_view { return rows_[r][c]; });
  }
  return out;
}

}  // namespace trine::cli
