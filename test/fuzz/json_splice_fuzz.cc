// links: llm json base
// Any bytes as a body: what is accepted can be edited, stays JSON, and keeps every byte that was not edited.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "json/read.h"
#include "llm/request.h"
#include "llm/response.h"

namespace {

using namespace trine;

void require(bool holds) {
  if (!holds) std::abort();
}

void edit_request(std::string_view body) {
  const auto scan = llm::scan_request(llm::Endpoint::chat, body);
  if (!scan) {
    require(!llm::sentence(scan.error()).empty());
    return;
  }
  json::Splice splice(body);
  std::string sent;
  for (std::string_view piece : llm::upstream_body(splice, *scan, "fuzz", true)) sent += piece;
  require(sent.size() == splice.size());
  const auto again = llm::scan_request(llm::Endpoint::chat, sent);
  require(again.has_value() && again->model == "fuzz");
  require(again->include_usage || !scan->stream);
  require(again->content_bytes == scan->content_bytes && again->max_tokens == scan->max_tokens);
}

void edit_response(std::string_view body) {
  const auto scan = llm::scan_response(body);
  if (!scan) return;
  const std::string edited = llm::splice_trine(body, *scan, "{\"j\":1}").str();
  const auto again = llm::scan_response(edited);
  require(again.has_value());
  require(again->usage == scan->usage);
  require(again->trine_raw == "{\"j\":1}" || !scan->usage_problem.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A block of its own size, so that the sanitizer sees any byte read behind it.
  const auto block = std::make_unique<char[]>(size);
  for (size_t i = 0; i < size; ++i) block[i] = static_cast<char>(data[i]);
  const std::string_view body(block.get(), size);
  if (const auto value = json::read(body); value && value->is_string()) (void)value->as_string();
  edit_request(body);
  edit_response(body);
  return 0;
}
