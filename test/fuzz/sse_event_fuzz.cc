// links: llm json base
// Any bytes as an event: facts without harm, and a rewrite that changes usage.trine only.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "llm/event.h"

namespace {

using namespace trine;

void require(bool holds) {
  if (!holds) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto block = std::make_unique<char[]>(size);
  for (size_t i = 0; i < size; ++i) block[i] = static_cast<char>(data[i]);
  const std::string_view event(block.get(), size);
  const auto facts = llm::scan_event(event);
  require(facts.tokens >= 0);
  require(inside(facts.usage_raw, event) && inside(facts.trine_raw, event));
  require(facts.usage.has_value() || facts.usage_raw.empty());
  require(facts.kind != llm::EventFacts::Kind::usage_only || facts.usage.has_value());
  const std::string edited = llm::event_with_trine(event, facts, "{\"j\":1}");
  if (!facts.usage) {
    require(edited == event);
    return 0;
  }
  const auto again = llm::scan_event(edited);
  require(again.usage == facts.usage && again.tokens == facts.tokens && again.finish == facts.finish);
  return 0;
}
