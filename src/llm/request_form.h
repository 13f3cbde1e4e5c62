// A request in the one form that all requests with the same meaning share: what two askings must have in common so that
// one answer is right for both.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "llm/endpoint.h"

namespace trine::llm {

struct RequestForm {
  std::string text;          // no JSON; made to be hashed
  bool drawn = true;         // the answer is drawn at random: another asking may want another one
  bool looks_out = false;    // it depends on more than the request (a search on the web)
  std::string last_text;     // of the last message, if that is the user's; else empty
  std::string without_last;  // `text` with that left open; only where asked for
};

// Endpoints whose answers depend on the request alone: chat, completions, embeddings. Responses may refer to earlier
// ones that the vendor keeps.
bool has_form(Endpoint endpoint);

// Members in any order, blanks, escapes in strings, 1.0 for 1 and members that are null make no difference. Left out
// are `model` (the caller knows the route), how the answer is handed over (`stream`, `stream_options`) and what does
// not reach the model (`user`, `safety_identifier`, `metadata`, `prompt_cache_key`, `prompt_cache_retention`). All else
// counts, also what nobody here knows. Time and memory are linear in the body but for objects whose members are not
// sorted, which cost one more pass of that object.
// Errors (invalid_argument): no JSON object; a member twice.
// REQUIRES: has_form(endpoint).
Result<RequestForm> request_form(Endpoint endpoint, std::string_view body, bool want_last = false);

}  // namespace trine::llm
