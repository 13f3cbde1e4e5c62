// Every text of a request, of an answer and of a stream's event, with who wrote it and where it stands, so that it can
// be judged and, in part, replaced. All that an engine would put before a model is given out: a text that this reader
// does not know is one that nobody judges.
//
// Any thread. One walk over the document; time linear in it, at most kMaxTexts pieces. Nothing is copied but texts with
// escapes, which go to the caller's arena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "json/splice.h"
#include "llm/endpoint.h"

namespace trine::llm {

// Who speaks. A role that is not known is the user's: never more is believed than a user may say.
enum class TextRole : uint8_t {
  user,
  system,      // system, developer, Responses' instructions
  assistant,   // earlier answers and calls of the model, given back; and all of an answer
  tool,        // what a tool or function returned
  document,    // a file, a search result, a part that its type or name marks as one
  definition,  // of a tool, or of the answer's form: what its descriptions say to the model; names, and what is
               // said about the request (user, metadata, stop)
};
const char* name(TextRole role);

enum class TextKind : uint8_t { content, reasoning, refusal, arguments };

struct TextPiece {
  static constexpr uint32_t kNone = UINT32_MAX;

  std::string_view text;  // UTF-8, escapes resolved: a view of the document, or of the arena if there were any
  std::string_view raw;   // the same in the document, between its quotes (json::EscapeMap, json::escaped)
  TextRole role = TextRole::user;
  TextKind kind = TextKind::content;
  bool repeats = false;      // a stream's event that says again, as a whole, what deltas have said
  bool bare = false;         // a number: `raw` has no quotes around it, and what stands in its place needs them
  uint32_t message = kNone;  // of messages, input or prompt; of an answer, which choice or output item
  uint32_t part = 0;         // of an answer: which part or tool call of it, so that deltas can be joined
};

inline constexpr size_t kMaxTexts = 65'536;

struct TextFacts {
  size_t token_ids = 0;  // numbers given for a prompt: words that cannot be read here
  size_t media = 0;      // parts with an image, sound, or a file that is no text
  // Values of `logprobs`: they spell the answer once more. Replace them by null wherever the answer is changed.
  std::vector<std::string_view> logprobs;
  std::vector<uint32_t> finished;  // of an answer: choices that have a finish reason
};

// Appends to `out`, in the document's order, without empty texts. Other endpoints than chat, completions, embeddings
// and responses have none. Errors: invalid_argument (no JSON object), already_exists (a key twice: parsers differ on
// which one counts), resource_exhausted (more than kMaxTexts); `out` is then as long as before.
Result<TextFacts> read_texts(Endpoint endpoint, std::string_view body, std::pmr::monotonic_buffer_resource& arena,
                             std::vector<TextPiece>& out);

// The same for a whole answer, of whichever API.
Result<TextFacts> read_answer_texts(std::string_view body, std::pmr::monotonic_buffer_resource& arena,
                                    std::vector<TextPiece>& out);

struct EventTexts {
  TextFacts facts;
  // The JSON that all `raw` views point into: the event's only data line, or, of several, their text in the arena, to
  // be edited and written with event_of(). Empty: no JSON object ([DONE], a comment).
  std::string_view document;
  bool joined = false;  // it was several lines
};
// One complete event (net/sse_relay.h).
Result<EventTexts> read_event_texts(std::string_view event, std::pmr::monotonic_buffer_resource& arena,
                                    std::vector<TextPiece>& out);

// The event with its data replaced by the spliced document: `splice` was made over texts.document.
std::string event_of(std::string_view event, const EventTexts& texts, const json::Splice& splice);

}  // namespace trine::llm
