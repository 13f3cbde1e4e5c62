// links: llm json base
// Any bytes as a request: a form or an error; a form that stays the same when the body is put into other words; answers
// that are changed over and back without growing.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "json/read.h"
#include "llm/answer_form.h"
#include "llm/request_form.h"

namespace {

using namespace trine;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto form = llm::request_form(llm::Endpoint::chat, body, true);
  require(!form || json::read(body).has_value());
  if (form) {
    require(form->text.size() <= 24 * (size + 1));  // a length for each value, and its text
    const auto padded = llm::request_form(llm::Endpoint::chat, " " + std::string(body) + "\n", false);
    require(padded && padded->text == form->text);
  }
  if (const auto events = llm::answer_events(llm::Endpoint::chat, body)) {
    const auto whole = llm::whole_answer(llm::Endpoint::chat, *events);
    require(whole.has_value());
    const auto again = llm::answer_events(llm::Endpoint::chat, *whole);
    require(again && again->content == events->content && again->usage == events->usage);
  }
  (void)llm::whole_answer(llm::Endpoint::chat, {std::string(body), {}, false});
  return 0;
}
