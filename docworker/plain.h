// Plain text: paragraphs at empty lines, Markdown's headings and lists, tables where columns are set with blanks.
#pragma once

#include <string_view>

#include "docworker/output.h"

namespace trine::docworker {

void read_plain(std::string_view utf8, Output& out);

}  // namespace trine::docworker
