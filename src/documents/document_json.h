// A document as JSON, a page at a time: what the worker writes and the pool reads (docs/formats/docworker.md).
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "documents/document.h"
#include "documents/problem.h"

namespace trine::documents {

void append_page(std::string& out, const Page& page);
Result<Page> page_of(std::string_view json);

// Everything of a document but its pages.
std::string end_json(const Document& document, uint64_t resident_bytes);
// Fills parts, facts and warnings.
Result<void> read_end(std::string_view json, Document& document, uint64_t& resident_bytes);

// `last`: the worker ends after this; no other job may be given to it.
std::string error_json(const DocumentError& error, bool last);
Result<DocumentError> error_of(std::string_view json, bool& last);

// The whole, for clients and for tests.
std::string to_json(const Document& document);

}  // namespace trine::documents
