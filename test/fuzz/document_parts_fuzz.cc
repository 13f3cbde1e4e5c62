// links: llm
// The files and pictures of any body: their views lie in it, and what takes their place leaves a body that reads.
#include <cstdint>
#include <cstdlib>

#include "json/splice.h"
#include "llm/document_parts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trine;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const auto endpoint : {llm::Endpoint::chat, llm::Endpoint::responses}) {
    const auto parts = llm::find_document_parts(endpoint, body);
    if (!parts) continue;
    json::Splice splice(body);
    const char* end = body.data();
    for (const llm::DocumentPart& p : *parts) {
      // In order, inside the body, none in another.
      if (p.whole.data() < end || p.whole.data() + p.whole.size() > body.data() + body.size()) std::abort();
      end = p.whole.data() + p.whole.size();
      const bool has_contents = p.source != llm::DocumentPart::Source::none;
      if (has_contents && (p.value.data() < p.whole.data() || p.value.data() + p.value.size() > end)) std::abort();
      if (p.source == llm::DocumentPart::Source::data) (void)llm::decode(p);
      splice.replace(p.whole, llm::text_part(endpoint, p.name));
    }
    // A text in each place: no file is left, and the body is still one.
    const auto after = llm::find_document_parts(endpoint, splice.str());
    if (!parts->empty() && (!after || !after->empty())) std::abort();
  }
  return 0;
}
