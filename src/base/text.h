// Small text helpers that several modules need. All pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trine {

bool iequals(std::string_view a, std::string_view b);  // ASCII case-insensitive
std::string_view trim(std::string_view s);             // spaces and tabs at both ends
std::optional<int64_t> parse_int(std::string_view s);  // whole string, decimal, optional minus
std::optional<double> parse_number(std::string_view s);
std::string hex(std::span<const unsigned char> bytes);
// `units` of 10^-decimals as a decimal number without trailing zeros: (1500000, 6) is "1.5", (-1, 3) "-0.001".
std::string fixed_point(int64_t units, int decimals);
void append_fixed_point(std::string& out, int64_t units, int decimals);
std::string base64(std::string_view bytes);  // RFC 4648 §4, padded
// Constant time in the contents (not in the lengths).
bool equal_secret(std::string_view a, std::string_view b);
// The candidate with the smallest edit distance (swapped neighbours count once), if that is at most a third of the word
// (and at least 1): "did you mean". Empty when nothing is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace trine
