#include "gateway/pipeline.h"

#include "base/log.h"
#include "base/text.h"
#include "gateway/cache/cache.h"
#include "gateway/call/call.h"
#include "gateway/call/relay.h"
#include "gateway/documents/documents.h"
#include "gateway/egress/egress.h"
#include "gateway/files/files_api.h"
#include "gateway/guard/check_api.h"
#include "gateway/guard/guard_in.h"
#include "gateway/identify/identify.h"
#include "gateway/jobs/jobs_api.h"
#include "gateway/limit/limit.h"
#include "gateway/reply.h"
#include "gateway/route/route.h"
#include "gateway/settle/settle.h"
#include "gateway/traces/tracing.h"
#include "gateway/watch/watch.h"

namespace trine::gateway {
namespace {

using llm::ClientError;
using llm::Endpoint;
using llm::ErrorCode;
using net::BodyError;

constexpr size_t kMaxWorkload = 64;

// A path that a deployment's server could read as one outside /v1: "..", ".", also percent-encoded or behind a
// backslash.
bool climbs(std::string_view path) {
  std::string plain;
  for (size_t i = 0; i < path.size(); ++i) {
    const std::string_view three = path.substr(i, 3);
    if (iequals(three, "%2e") || iequals(three, "%2f") || iequals(three, "%5c")) {
      plain += iequals(three, "%2e") ? '.' : '/';
      i += 2;
    } else {
      plain += path[i] == '\\' ? '/' : path[i];
    }
  }
  plain += '/';
  return plain.find("/./") != std::string::npos || plain.find("/../") != std::string::npos;
}

bool is_unreserved(char c) {  // RFC 3986: encoded or not, it is the same
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

// A path that a deployment's server could take for one of those that have rules of their own: letters that need not be
// encoded, empty segments, a slash at its end.
bool is_disguised(std::string_view path) {
  if (path.find("//") != std::string_view::npos) return true;
  for (size_t i = 0; i + 2 < path.size(); ++i) {
    if (path[i] != '%') continue;
    const int high = hex_digit(path[i + 1]), low = hex_digit(path[i + 2]);
    if (high >= 0 && low >= 0 && is_unreserved(static_cast<char>(high * 16 + low))) return true;
  }
  return path.ends_with('/') && llm::endpoint_of(path.substr(0, path.size() - 1)) != Endpoint::other;
}

// What a key that is for some routes only may do beside them: nothing, unless its endpoints say so.
bool may_ask(const Key& key, Endpoint e) {
  if ((key.endpoints & score::bit(score_endpoint(e))) == 0) return false;
  return e != Endpoint::other || key.routes.empty() || key.endpoints != score::kAllEndpoints;
}

std::optional<ClientError> path_error(const Exchange& x) {
  const net::Head& head = x.client.head();
  if (!head.path().starts_with("/v1/") ||
      (x.endpoint == Endpoint::other && (climbs(head.path()) || is_disguised(head.path()))))
    return ClientError{ErrorCode::not_found, {}, {}};
  if (llm::has_model_body(x.endpoint) && head.method != "POST")
    return ClientError{ErrorCode::method_not_allowed, {}, {}};
  return {};
}

std::optional<ClientError> body_error(BodyError e) {
  switch (e) {
    case BodyError::none:
    case BodyError::gone:
      return {};
    case BodyError::too_large:
      return ClientError{ErrorCode::body_too_large, {}, {}};
    case BodyError::timed_out:
      return ClientError{ErrorCode::request_timeout, {}, {}};
    case BodyError::bad_chunk:
      return ClientError{ErrorCode::bad_request_head, "the chunked body is broken", {}};
  }
  return {};
}

// The header, the key's, or (in find_route) the route's.
std::string workload_of(const Exchange& x) {
  if (const auto named = x.client.head().find("x-trine-workload"); named && !named->empty())
    return std::string(ledger::clip(*named, kMaxWorkload));
  return x.key->workload;
}

// What makes two requests the same: where to, and the body.
KeyHash fingerprint(const Exchange& x) {
  const net::Head& head = x.client.head();
  const KeyHash body = hash_key(x.body.view());
  std::string all = fmt::format("{} {}\n", head.method, head.target);
  all.append(body.begin(), body.end());
  return hash_key(all);
}

// Repeats an answer that was kept for the Idempotency-Key, or says why there is none; nothing where the request is to
// go on (with `claim`, if it has such a header).
std::optional<ClientError> claim_key(Exchange& x, std::string_view header, IdempotencyClaim& claim,
                                     std::shared_ptr<const StoredAnswer>& replay) {
  if (header.size() > Idempotency::kMaxKeyLength)
    return ClientError{ErrorCode::invalid_request, "`Idempotency-Key` is longer than 255 characters", {}};
  Idempotency& store = x.context.idempotency;
  const std::string& who = x.tenant.key;
  auto found = store.claim(who, header, fingerprint(x), x.now());
  switch (found.verdict) {
    case Idempotency::Verdict::fresh:
      claim.hold(store, who, std::string(header));
      return {};
    case Idempotency::Verdict::replay:
      replay = found.answer;
      return {};
    case Idempotency::Verdict::running:
      return ClientError{ErrorCode::idempotency_conflict, "the first request with it is still running", {}};
    case Idempotency::Verdict::other_request:
      return ClientError{ErrorCode::idempotency_conflict, "the body is not the first one's", {}};
    case Idempotency::Verdict::not_kept:
      return ClientError{ErrorCode::idempotency_conflict,
                         "it has been answered already, by a stream or at a length that is not kept",
                         {}};
  }
  return {};
}

net::Task<void> refuse_request(Exchange& x, ClientError error) {
  x.status = llm::status(error);
  x.error = llm::row(error.code).code;
  note_refusal(x, error);
  close_request(x, energy::Outcome::refused);
  co_await send_error(x, error);
}

}  // namespace

void Pipeline::begin(Exchange& x) {
  const Clock& clock = context_.clock();
  x.snapshot = context_.snapshot();
  x.arrived_mono = x.client.arrived();
  x.arrived = clock.wall() - (clock.mono() - x.arrived_mono);
  x.must_end = x.arrived_mono + x.snapshot->config->timeouts.total;
  x.id = context_.ids.next(x.arrived);
  x.id.write(x.id_text.data());
  x.endpoint = llm::endpoint_of(x.client.head().path());
  x.trail.enter(Phase::identify, x.now());
  begin_trace(x);
}

net::Task<void> Pipeline::serve(net::ServerConnection& connection, const Errand* errand) {
  Exchange x(context_, connection);
  begin(x);
  if (own_.is_open(x)) co_return co_await own_.serve_open(x);

  // 1 identify
  if (const auto error = errand ? identify_as(x, errand->who) : identify(x)) {
    if (log::enabled(log::Level::debug))
      log::debug("{} from {}: {}", x.id_view(), client_address(*x.snapshot->config, connection),
                 llm::row(error->code).code);
    co_return co_await refuse_request(x, *error);
  }
  if (const auto error = co_await watch(x)) co_return co_await refuse_request(x, *error);
  x.workload = workload_of(x);
  if (own_.is_ours(x)) co_return co_await own_.serve(x);
  if (is_guard_api(x)) co_return co_await serve_guard_api(x);
  if (is_files_api(x)) co_return co_await serve_files_api(x);
  if (is_jobs_api(x)) co_return co_await serve_jobs_api(x);
  if (const auto error = path_error(x)) co_return co_await refuse_request(x, *error);
  if (!may_ask(*x.key, x.endpoint)) {
    const ClientError error{ErrorCode::endpoint_not_allowed, {}, {}};
    co_return co_await refuse_request(x, error);
  }

  x.trail.enter(Phase::body, x.now());
  const BodyError body = co_await connection.read_body(x.body, body_limit(x));
  if (body == BodyError::gone) co_return;
  if (const auto error = body_error(body)) {
    connection.close_after();  // what comes next is the rest of the body
    co_return co_await refuse_request(x, *error);
  }
  if (errand) {
    x.document_parts.push_back(
        x.body.view().substr(errand->document_begin, errand->document_end - errand->document_begin));
    x.spared = errand->spared;
  }
  x.trail.enter(Phase::limit, x.now());
  if (llm::has_model_body(x.endpoint)) {
    auto scan = llm::scan_request(x.endpoint, x.body.view());
    if (!scan) co_return co_await refuse_request(x, scan.error());
    x.scan = std::move(*scan);
    if (const auto error = find_route(x)) co_return co_await refuse_request(x, *error);
  }
  if (const auto error = read_weights(x)) co_return co_await refuse_request(x, *error);
  IdempotencyClaim claim;
  if (const auto header = connection.head().find("idempotency-key")) {
    std::shared_ptr<const StoredAnswer> replay;
    if (const auto error = claim_key(x, *header, claim, replay)) co_return co_await refuse_request(x, *error);
    if (replay) {
      std::string head = replay->head + "idempotent-replayed: true\r\n";
      co_await send_whole(x, std::move(head), replay->body);
      co_return;
    }
  }

  // 2 limit: behind the answers that are repeated, which cost nothing and are not billed
  if (const auto error = limit(x)) co_return co_await refuse_request(x, *error);

  // 3 documents: before the guard, which is to see what is in them
  x.trail.enter(Phase::documents, x.now());
  if (const auto error = co_await read_documents(x)) co_return co_await refuse_request(x, *error);
  if (x.client_gone) co_return abandon(x);

  // 4 guard-in
  x.trail.enter(Phase::guard, x.now());
  if (const auto error = co_await guard_in(x)) co_return co_await refuse_request(x, *error);
  x.trail.enter(Phase::egress, x.now());
  if (const auto error = co_await egress(x)) co_return co_await refuse_request(x, *error);

  // 5 cache
  x.trail.enter(Phase::cache, x.now());
  if (co_await answer_from_cache(x, claim)) co_return;

  // 6 route, 7 call, 8 guard-out, 9 settle
  co_await call(x, claim);
}

std::string Pipeline::refuse(net::Refusal why, std::string_view sentence) {
  context_.counters.client_errors.add();
  return closing_error(refusal_error(why, sentence));
}

}  // namespace trine::gateway
