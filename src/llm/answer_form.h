// One answer in its two forms: whole, and as a stream of events. For answers that are kept and asked for in the other
// form. Only what is understood in full is changed over: a field that nobody here knows, and that is not null, makes
// the answer stay in the form that it has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "llm/endpoint.h"

namespace trine::llm {

// Events of a kept stream, without `[DONE]`: those with choices in one text, and the one that carries usage alone.
struct AnswerEvents {
  std::string content;
  std::string usage;          // empty: none came
  bool usage_within = false;  // it stands in an event of `content`
};

// Chat and completions. Nothing where it cannot be done without a loss.
std::optional<std::string> whole_answer(Endpoint endpoint, const AnswerEvents& events);
std::optional<AnswerEvents> answer_events(Endpoint endpoint, std::string_view whole);

}  // namespace trine::llm
