// Text inside HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace trine::report {

// For contents and quoted attributes. Names come from clients; control characters are in no document.
std::string escaped(std::string_view text);

}  // namespace trine::report
