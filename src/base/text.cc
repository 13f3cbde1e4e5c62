#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace trine {

bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::optional<int64_t> parse_int(std::string_view s) {
  int64_t v = 0;
  const auto [p, ec] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (ec != std::errc() || p != s.data() + s.size()) return {};
  return v;
}

std::optional<double> parse_number(std::string_view s) {
  double v = 0;
  const auto [p, ec] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (ec != std::errc() || p != s.data() + s.size()) return {};
  return v;
}

void append_fixed_point(std::string& out, int64_t units, int decimals) {
  if (units == 0) {  // most figures of an answer that was known
    out += '0';
    return;
  }
  char digits[40];
  // The magnitude of the smallest int64 does not fit into one.
  const uint64_t magnitude = units < 0 ? 0 - static_cast<uint64_t>(units) : static_cast<uint64_t>(units);
  const char* end = std::to_chars(digits, digits + sizeof digits, magnitude).ptr;
  const auto n = static_cast<size_t>(end - digits);
  const auto d = static_cast<size_t>(decimals);
  if (units < 0) out += '-';
  if (n > d)
    out.append(digits, n - d);
  else
    out += '0';
  if (d == 0) return;
  out += '.';
  if (n < d) out.append(d - n, '0');
  out.append(n > d ? end - d : digits, n > d ? d : n);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
}

std::string fixed_point(int64_t units, int decimals) {
  std::string out;
  append_fixed_point(out, units, decimals);
  return out;
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t v = 0;
    for (size_t k = 0; k < 3; ++k) v = v << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) out += k <= n ? kDigits[v >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string hex(std::span<const unsigned char> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (unsigned char b : bytes) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

bool equal_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  std::string_view answer;
  for (std::string_view c : candidates) {
    // Optimal string alignment: two swapped neighbours, the commonest slip, are one edit.
    std::vector<size_t> before(c.size() + 1), above(c.size() + 1), row(c.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= word.size(); ++i) {
      before.swap(above);
      above.swap(row);
      row[0] = i;
      for (size_t j = 1; j <= c.size(); ++j) {
        const size_t substitute = above[j - 1] + (word[i - 1] == c[j - 1] ? 0 : 1);
        row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitute});
        if (i > 1 && j > 1 && word[i - 1] == c[j - 2] && word[i - 2] == c[j - 1])
          row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    if (row.back() < best) best = row.back(), answer = c;
  }
  return answer;
}

}  // namespace trine
