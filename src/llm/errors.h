// Every error that a client can see: one table, one place (docs/errors.md shows it).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trine::llm {

enum class ErrorCode : uint8_t {
  invalid_json,
  invalid_request,
  missing_model,
  unknown_model,
  missing_api_key,
  invalid_api_key,
  route_not_allowed,
  invalid_weights,
  weights_not_allowed,
  endpoint_not_allowed,
  url_not_allowed,
  url_not_fetched,
  document_unreadable,
  documents_busy,
  documents_off,
  documents_missing,
  files_off,
  key_suspended,
  role_not_allowed,
  not_found,
  method_not_allowed,
  bad_request_head,
  head_too_large,
  body_too_large,
  length_required,
  unsupported_transfer_encoding,
  unsupported_http_version,
  request_timeout,
  content_blocked,
  answer_withheld,
  rate_limited,
  over_limit,
  budget_exhausted,
  too_many_connections,
  idempotency_conflict,
  conflict,
  no_deployment_available,
  deployments_busy,
  upstream_unreachable,
  upstream_timeout,
  upstream_error,
  upstream_broke_stream,
  ledger_full,
  draining,
  internal,
};

struct ErrorRow {
  ErrorCode id;
  const char* code;    // `error.code`, snake_case, stable
  int status;          // HTTP
  const char* type;    // `error.type`, OpenAI's names
  bool retryable;      // the same request may succeed later
  const char* what;    // what happened; a detail follows it after a colon
  const char* remedy;  // what the user can do, a whole sentence
};

std::span<const ErrorRow> error_table();  // in the order of ErrorCode
const ErrorRow& row(ErrorCode code);

// What a client is told. `detail` is one clause without full stop that continues the row's `what` (may be empty; never
// a secret); `param` names the request's field at fault (may be empty).
struct ClientError {
  ErrorCode code = ErrorCode::internal;
  std::string detail;
  std::string param;
};

inline ClientError client_error(ErrorCode code, std::string detail = {}, std::string param = {}) {
  return {code, std::move(detail), std::move(param)};
}

std::string sentence(const ClientError& error);  // "what: detail. remedy"
int status(const ClientError& error);

// {"error":{"message":...,"type":...,"param":...|null,"code":...}}; with a request id also "request_id".
std::string openai_error_body(const ClientError& error, std::string_view request_id = {});
// The same as an event of a stream that has begun: `data: {"error":{...}}` and a blank line.
std::string openai_error_event(const ClientError& error, std::string_view request_id = {});

}  // namespace trine::llm
