// How a document stands in a prompt. Pure.
#pragma once

#include <string>
#include <string_view>

#include "gateway/documents/kept.h"

namespace trine::gateway {

// A line that says what the file is, then its text, with a mark before each page where there are several:
//   File "offer.pdf" (pdf, 3 pages, 1 of them by OCR)
// `name` is the client's word and may be anything.
std::string wording(std::string_view name, const ReadDocument& document);

// In place of a file that stands in the request already, at `place`.
std::string wording_of_repetition(std::string_view name, std::string_view first_name, std::string_view place);

}  // namespace trine::gateway
