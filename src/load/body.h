// The bytes of one request: a chat completion of as many tokens as its arrival says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "load/documents.h"
#include "load/schedule.h"

namespace trine::load {

struct BodyOptions {
  std::string model;
  bool ignore_eos = false;  // ask for exactly max_tokens, of engines that know the field
  uint64_t seed = 1;
};

// In three pieces, so that a document is never copied.
struct Body {
  std::string head;
  std::string_view document;  // lives as long as the documents
  std::string tail;
  size_t size() const { return head.size() + document.size() + tail.size(); }
};

// Short English words, of which common tokenizers make a token each; the text is another for each request (nobody's
// cache answers it) and each seed, but for requests of a trace that begin alike there.
std::string prompt_text(const Arrival& arrival, uint64_t seed);

Body make_body(const Arrival& arrival, const BodyOptions& options, const std::vector<Document>& documents);

}  // namespace trine::load
