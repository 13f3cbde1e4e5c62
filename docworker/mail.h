// Internet mail (RFC 5322) with MIME (RFC 2045 to 2047, 2231): headers that matter, the text once, attachments.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "docworker/output.h"
#include "docworker/xml.h"

namespace trine::docworker {

void read_mail(std::string_view bytes, Output& out, const Inner& inner);

// A header's value with its encoded words decoded.
std::string decode_words(std::string_view value);

}  // namespace trine::docworker
