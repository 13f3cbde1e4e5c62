// Comma-separated values as spreadsheets and vendors' consoles write them (RFC 4180 without line breaks in a field).
// Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trine::cli {

// The fields of one line; quotes are taken off. Nullopt: a quote is not closed.
std::optional<std::vector<std::string>> csv_fields(std::string_view line, char separator = ',');

// A column's name as it is compared: lower case, letters and digits only ("Input Tokens" is "inputtokens").
std::string column_key(std::string_view name);

// Calls `take(number from 1, line without its end)` for each line; a byte order mark is skipped.
void each_line(std::string_view text, const std::function<void(int64_t, std::string_view)>& take);

}  // namespace trine::cli
