// Number formats of spreadsheets (ECMA-376 part 1, 18.8.30 and 18.8.31), as far as they change what a reader reads.
// Thousands are not divided and dates are ISO 8601: the number, not its dress.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace trine::docworker {

struct NumberFormat {
  bool date = false, time = false, seconds = false, percent = false;
  char elapsed = '\0';        // 'h', 'm' or 's': the unit that counts on beyond a day
  int least = 0, most = -1;   // decimals; most -1: as many as the number has
  std::string before, after;  // currencies and units
  std::string digits;         // "000-00-0000": '0' and '#' are digits; "" where no zeros lead and nothing is between
  std::array<std::string, 3> word;  // instead of a number above, below, at zero: "yes";"yes";"no"
};

NumberFormat number_format(std::string_view code);
NumberFormat built_in_format(int64_t id);  // those that each program knows

// `raw` as a cell has it; what is no number comes back as it is.
std::string shown_number(std::string_view raw, const NumberFormat& format, bool since_1904);

}  // namespace trine::docworker
