// Comma-separated values (RFC 4180) with any of the four usual delimiters.
#pragma once

#include <string_view>

#include "docworker/output.h"

namespace trine::docworker {

// ',' ';' '\t' or '|', whichever divides the first lines into the same number (2 or more) of cells; 0: this is no CSV.
char csv_delimiter(std::string_view utf8);
void read_csv(std::string_view utf8, Output& out);

}  // namespace trine::docworker
