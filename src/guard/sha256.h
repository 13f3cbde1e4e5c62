// What a file of weights or rules came from, to be compared by people.
#pragma once

#include <string>
#include <string_view>

namespace trine::guard {

std::string sha256_hex(std::string_view bytes);  // 64 hex digits

}  // namespace trine::guard
