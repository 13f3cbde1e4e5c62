// Transfer encodings of mail and XML. Bytes that have no place in them are skipped.
#pragma once

#include <string>
#include <string_view>

namespace trine::docworker {

std::string decode_base64(std::string_view text);
std::string decode_quoted_printable(std::string_view text, bool underscore_is_blank = false);

}  // namespace trine::docworker
