// HTML: what a browser would show of it, as blocks.
#pragma once

#include <string>
#include <string_view>

#include "docworker/output.h"

namespace trine::docworker {

std::string html_charset(std::string_view bytes);  // of a meta element in the first KiB; "" if there is none
void read_html(std::string_view utf8, Output& out);

}  // namespace trine::docworker
