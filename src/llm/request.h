// What the gateway must know of a request's body, found in one walk, and the edits for the upstream.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/units.h"
#include "json/splice.h"
#include "llm/endpoint.h"
#include "llm/errors.h"
#include "llm/prefix.h"

namespace trine::llm {

// A URL in a request that whoever serves it would fetch. `data:` URLs are none.
struct RequestUrl {
  bool image = false;    // as `image_url`: a data: URL may stand in its place
  std::string field;     // where it stands: "messages.image_url", "tools.server_url"
  std::string url;       // http:// or https://, escapes resolved
  std::string_view raw;  // with its quotes
};

// Views point into the scanned body.
struct RequestScan {
  Endpoint endpoint = Endpoint::other;
  std::string model;
  std::string_view model_raw;  // with its quotes
  bool stream = false;
  std::string_view stream_options_raw;             // empty if absent; an object or `null`
  std::string_view include_usage_raw;              // inside it; empty if absent
  bool include_usage = false;                      // the client asked for the usage chunk
  std::optional<Tokens> max_tokens;                // max_completion_tokens, else max_tokens, else max_output_tokens
  std::array<std::string_view, 3> max_tokens_raw;  // their values as they stand, null and -1 too; empty if absent
  int64_t n = 1;                                   // answers asked for
  std::string user;                                // `user`, else `safety_identifier`
  std::string prompt_cache_key;
  size_t content_bytes = 0;  // of texts as JSON writes them (messages, prompt, input, instructions, tools' definitions)
  Tokens content_tokens = 0;  // where the prompt came as token ids
  PrefixCuts prefix;          // of the same texts and ids, in the document's order, without tools
  uint64_t tools_hash = 0;    // of the tools' definitions, which engines put before all messages; 0: none
  bool has_tools = false;
  bool has_images = false;
  bool has_files = false;        // parts of type `file` or `input_file`
  std::vector<RequestUrl> urls;  // kMostUrls at most
};

inline constexpr size_t kMostUrls = 64;
inline constexpr size_t kMaxUrlBytes = 8192;

// Reads the body of a chat, completions, embeddings or responses request. Fields not named above pass unread; so does
// a wrong type in a field that only the engine needs. Errors: invalid_json, missing_model, invalid_request (duplicate
// or mistyped field, too many or too long URLs, URLs that are neither http(s): nor data:), each with the field's name
// and what is expected.
tl::expected<RequestScan, ClientError> scan_request(Endpoint endpoint, std::string_view body);

// Prompt tokens for limits and time-outs before the engine has counted.
Tokens estimated_prompt_tokens(const RequestScan& scan);

// Edits `splice` (made over the scanned body): the upstream's name of the model (empty: keep), and, where the request
// streams and the client did not ask for usage itself, `include_usage` if `ask_usage`. Every other byte stays. Returns
// the pieces to send; they live as long as the splice and the body.
std::vector<std::string_view> upstream_body(json::Splice& splice, const RequestScan& scan,
                                            std::string_view upstream_model, bool ask_usage);
// Every limit on the answer's tokens that is absent or above `cap` becomes `cap`; where the body has none, `field` is
// put in. Call it before upstream_body(), on the same splice.
void clamp_output(json::Splice& splice, const RequestScan& scan, Tokens cap, std::string_view field);
// True where upstream_body asks for a usage chunk that the client did not, so that it must be withheld.
bool hides_usage(const RequestScan& scan, bool ask_usage);

}  // namespace trine::llm
