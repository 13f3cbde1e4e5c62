#include "gateway/call/outgoing.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateway/traces/tracing.h"
#include "llm/request.h"

namespace trine::gateway {
namespace {

constexpr std::array<std::string_view, 9> kPassed = {"accept",      "content-type", "idempotency-key",
                                                     "openai-beta", "traceparent",  "tracestate",
                                                     "user-agent",  "x-request-id", "content-encoding"};
constexpr std::string_view kPrefix = "/v1";

bool goes_upstream(std::string_view name) {
  return std::any_of(kPassed.begin(), kPassed.end(), [&](std::string_view n) { return iequals(n, name); });
}

// What the engine calls the limit on an answer's tokens. OpenAI's newer models refuse max_tokens; other engines may not
// know what came after it.
std::string_view limit_field(llm::Endpoint e, EngineKind engine) {
  if (e == llm::Endpoint::responses) return "max_output_tokens";
  return e == llm::Endpoint::chat && engine == EngineKind::openai ? "max_completion_tokens" : "max_tokens";
}

}  // namespace

Outgoing::Outgoing(const Exchange& x, const Deployment& d) : splice_(x.body.view()) {
  const net::Head& head = x.client.head();
  const bool modelled = llm::has_model_body(x.endpoint);
  // Mistral's API has no stream_options: it sends usage anyway, and refuses fields that it does not know.
  const bool ask = modelled && d.engine != EngineKind::mistral;
  std::vector<std::string_view> body;
  if (modelled) {
    for (const auto& [raw, text] : x.in_place) splice_.replace(raw, text);
    if (x.output_cap) llm::clamp_output(splice_, x.scan, *x.output_cap, limit_field(x.endpoint, d.engine));
    body = llm::upstream_body(splice_, x.scan, d.model, ask);
    hides_usage_ = llm::hides_usage(x.scan, ask);
  } else if (x.body.size > 0) {
    body.push_back(x.body.view());
  }
  size_t length = 0;
  for (std::string_view piece : body) length += piece.size();

  std::string_view target = head.target;
  if (target.starts_with(kPrefix)) target.remove_prefix(kPrefix.size());
  head_.reserve(512);
  head_.append(head.method).append(" ").append(d.base_path).append(target).append(" HTTP/1.1\r\n").append(d.head);
  const std::string traceparent = traceparent_for_engine(x);
  if (!traceparent.empty()) head_.append("traceparent: ").append(traceparent).append("\r\n");
  for (const net::Header& h : head.headers)
    if (goes_upstream(h.name) && (traceparent.empty() || !iequals(h.name, "traceparent")))
      head_.append(h.name).append(": ").append(h.value).append("\r\n");
  // Compressed answers could not be read on the way.
  head_.append("Accept-Encoding: identity\r\n");
  if (length > 0 || head.method == "POST") fmt::format_to(std::back_inserter(head_), "Content-Length: {}\r\n", length);
  head_.append("\r\n");
  slices_.reserve(body.size() + 1);
  slices_.push_back(head_);
  slices_.insert(slices_.end(), body.begin(), body.end());
}

}  // namespace trine::gateway
