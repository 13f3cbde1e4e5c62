#include "gateway/call/relay.h"
#include "gateway/guard/answer.h"
#include "gateway/reply.h"
#include "gateway/settle/settle.h"
#include "gateway/watch/refusals.h"
#include "llm/response.h"

namespace trine::gateway {
namespace {

// What the answer says of itself; nothing where it is no JSON of an endpoint that we read.
std::optional<llm::ResponseScan> scan(const Exchange& x, std::string_view body) {
  if (!llm::has_model_body(x.endpoint)) return std::nullopt;
  auto s = llm::scan_response(body);
  if (!s) return std::nullopt;
  return std::move(*s);
}

}  // namespace

net::Task<Relayed> relay_whole(Exchange& x, IdempotencyClaim& claim, llm::ClientError& error) {
  net::UpstreamConnection& up = *x.call.upstream;
  const Config& config = *x.snapshot->config;
  const int status = up.head().status;
  std::string body;
  const auto read = co_await up.read_body(body, static_cast<size_t>(config.limits.response_bytes), net::Body::kPadding,
                                          time_left(x, config.timeouts.total));
  if (nobody_waits(x)) {
    abandon(x);
    co_return Relayed::answered;
  }
  if (!read) {
    error = upstream_error(read.error());
    x.call.upstream.reset();
    close_call(x, energy::Outcome::failed, status);
    // The engine is well, and another one would say as much: it would be made, and paid, again for nobody.
    if (read.error().code == Code::out_of_range) {
      x.status = llm::status(error);
      x.error = llm::row(error.code).code;
      close_request(x, energy::Outcome::failed);
      co_await send_error(x, error);
      co_return Relayed::answered;
    }
    co_return Relayed::again;
  }
  auto answer = scan(x, body);
  if (answer) {
    x.call.usage = answer->usage;
    // No usage: what the texts are long.
    if (!answer->usage) x.call.counted_out = llm::count_estimate(answer->content_bytes);
  }
  x.call.bytes_out = body.size();
  std::string head = head_from_upstream(x, up.head());
  const std::string content_type(up.head().find("content-type").value_or(""));
  release_upstream(x);
  close_call(x, energy::Outcome::ok, status);
  // 8 guard-out
  if (x.guarding && answer) {
    AnswerGuard guard(x);
    const auto changed = guard.whole(body);
    guard.finish();
    if (!changed) {
      const llm::ClientError withheld{llm::ErrorCode::answer_withheld, {}, {}};
      x.status = llm::status(withheld);
      x.error = llm::row(withheld.code).code;
      close_request(x, energy::Outcome::refused);
      note_refusal(x, withheld);
      if (claim) claim.finish(nullptr);
      co_await send_error(x, withheld);
      co_return Relayed::answered;
    }
    if (!changed->untouched()) {
      const size_t size = changed->size();
      body = changed->str();
      body.append(net::Body::kPadding, '\0');
      body.resize(size);  // the zero bytes stay behind it
      answer = scan(x, body);
    }
  }
  x.status = status;
  if (x.keeping && answer && !answer->is_error && status == 200) {
    x.keeping->whole(content_type, body);
    x.keeping->complete();
  }
  if (x.client_gone) x.status = 499;  // others waited for it
  close_request(x, x.client_gone ? energy::Outcome::cancelled : energy::Outcome::ok);
  x.call.deployment->state->health.success();

  add_figures(head, x);
  json::Splice spliced(body);
  if (answer && !answer->is_error) spliced = llm::splice_trine(body, *answer, figures_json(x));
  if (claim) {
    if (spliced.size() <= Idempotency::kMaxAnswer)
      claim.finish(std::make_shared<const StoredAnswer>(StoredAnswer{status, head, spliced.str()}));
    else
      claim.finish(nullptr);
  }
  const std::vector<std::string_view> pieces = spliced.pieces();
  co_await send_whole(x, std::move(head), pieces);
  co_return Relayed::answered;
}

}  // namespace trine::gateway
