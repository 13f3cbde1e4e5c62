// Text made comparable. Internal to this module.
#pragma once

#include <string>
#include <string_view>

#include "base/function_ref.h"

namespace trine::documents {

// ASCII lower case, one blank for any run of them, without the '>' of quoted mail at line begins.
std::string fold(std::string_view text);
void each_line(std::string_view text, FunctionRef<void(std::string_view line)> visit);
bool is_quoted(std::string_view line);  // begins with '>'

}  // namespace trine::documents
