#include "llm/errors.h"

#include <array>

#include "json/write.h"

namespace trine::llm {

namespace {

constexpr const char* kInvalid = "invalid_request_error";
constexpr const char* kAuthentication = "authentication_error";
constexpr const char* kPermission = "permission_error";
constexpr const char* kNotFound = "not_found_error";
constexpr const char* kLimit = "rate_limit_error";
constexpr const char* kQuota = "insufficient_quota";
constexpr const char* kServer = "server_error";

using enum ErrorCode;
constexpr std::array kTable = {
    ErrorRow{invalid_json, "invalid_json", 400, kInvalid, false, "The body is not valid JSON",
             "Send one JSON object, UTF-8, with `Content-Type: application/json`."},
    ErrorRow{invalid_request, "invalid_request", 400, kInvalid, false, "The request has a wrong field",
             "Correct the field named in `param`."},
    ErrorRow{missing_model, "missing_model", 400, kInvalid, false, "`model` is missing",
             "Name one of the models that GET /v1/models lists."},
    ErrorRow{unknown_model, "unknown_model", 404, kNotFound, false, "This model is not served here",
             "Name one of the models that GET /v1/models lists."},
    ErrorRow{missing_api_key, "missing_api_key", 401, kAuthentication, false, "There is no API key",
             "Send it as `Authorization: Bearer <key>`."},
    ErrorRow{invalid_api_key, "invalid_api_key", 401, kAuthentication, false, "This API key is not known",
             "Check the key for missing characters, or ask the gateway's operator for a new one."},
    ErrorRow{route_not_allowed, "route_not_allowed", 403, kPermission, false, "This API key may not use this model",
             "Name a model that GET /v1/models lists for this key, or ask the gateway's operator for access."},
    ErrorRow{
        invalid_weights, "invalid_weights", 400, kInvalid, false, "The `x-trine-weights` header is malformed",
        "Send three weights from 0 to 1 that sum to 1, such as `cost=0.5,control=0.2,carbon=0.3`, or leave it out."},
    ErrorRow{weights_not_allowed, "weights_not_allowed", 403, kPermission, false,
             "This API key may not bring weights of its own",
             "Leave the `x-trine-weights` header out, or ask the gateway's operator for `may_override_weights`."},
    ErrorRow{endpoint_not_allowed, "endpoint_not_allowed", 403, kPermission, false,
             "This API key may not use this kind of request",
             "Use one of the kinds that the key is for, or ask the gateway's operator for access."},
    ErrorRow{url_not_allowed, "url_not_allowed", 403, kPermission, false, "A URL in the request leads where none may",
             "Send the content itself, as a base64 `data:` URL, or ask the gateway's operator to allow the host under "
             "`egress.hosts`."},
    ErrorRow{url_not_fetched, "url_not_fetched", 400, kInvalid, false, "An image in the request could not be fetched",
             "Check that its URL answers with a PNG, JPEG, WebP or GIF image, or send the image as a base64 `data:` "
             "URL."},
    ErrorRow{document_unreadable, "document_unreadable", 422, kInvalid, false,
             "A document in the request cannot be read",
             "docs/documents.md lists what is read, and within which limits."},
    ErrorRow{documents_busy, "documents_busy", 503, kServer, true, "Too many documents are being read",
             "Wait for the seconds in `Retry-After`, then send it again."},
    ErrorRow{
        documents_off, "documents_off", 422, kInvalid, false, "This model takes no files here",
        "Send the text itself, or ask the gateway's operator for `documents: { on: true }` at this model's route."},
    ErrorRow{documents_missing, "documents_missing", 501, kServer, false, "This gateway cannot read files",
             "Send the text itself, or ask the gateway's operator to install the package trine-docworker."},
    ErrorRow{files_off, "files_off", 501, kServer, false, "This gateway keeps no files",
             "Send the file in the request itself, or ask the gateway's operator for a `vault` section."},
    ErrorRow{key_suspended, "key_suspended", 403, kPermission, false, "This API key may not be used at present",
             "Ask the gateway's operator."},
    ErrorRow{role_not_allowed, "role_not_allowed", 403, kPermission, false, "This API key's role is too small for this",
             "Use a key with the role that docs/keys.md names for this path, or ask an admin of the gateway."},
    ErrorRow{not_found, "not_found", 404, kNotFound, false, "There is nothing at this path",
             "Check the path; clients of OpenAI's API need the base URL to end in /v1."},
    ErrorRow{method_not_allowed, "method_not_allowed", 405, kInvalid, false, "This path does not take this method",
             "Use one of the methods in the `Allow` header."},
    ErrorRow{bad_request_head, "bad_request_head", 400, kInvalid, false, "The HTTP request head is malformed",
             "Send HTTP/1.1 as RFC 9112 defines it; a proxy between client and gateway may be at fault."},
    ErrorRow{head_too_large, "head_too_large", 431, kInvalid, false, "The HTTP request head is too large",
             "Send fewer or shorter header fields, or a shorter URL."},
    ErrorRow{body_too_large, "body_too_large", 413, kInvalid, false, "The body is too large",
             "Send less, in several requests if need be, or ask the gateway's operator for a higher limit."},
    ErrorRow{length_required, "length_required", 411, kInvalid, false, "The body's length is not given",
             "Send `Content-Length`, or `Transfer-Encoding: chunked`."},
    ErrorRow{unsupported_transfer_encoding, "unsupported_transfer_encoding", 501, kInvalid, false,
             "This transfer encoding is not supported",
             "Send `Content-Length`, or `Transfer-Encoding: chunked` alone."},
    ErrorRow{unsupported_http_version, "unsupported_http_version", 505, kInvalid, false,
             "This HTTP version is not supported", "Send HTTP/1.1."},
    ErrorRow{request_timeout, "request_timeout", 408, kInvalid, true, "The request did not arrive in time",
             "Send it again; if the network is slow, send less at once."},
    ErrorRow{content_blocked, "content_blocked", 400, kInvalid, false, "This request was not let through",
             "If it was meant well, say it in other words, or ask the gateway's operator, who can see why."},
    ErrorRow{answer_withheld, "answer_withheld", 403, kPermission, false,
             "The answer to this request was not let through",
             "Ask for something else, or ask the gateway's operator, who can see why."},
    ErrorRow{rate_limited, "rate_limited", 429, kLimit, true, "A limit is reached",
             "Wait for the seconds in `Retry-After`, then send it again."},
    ErrorRow{over_limit, "over_limit", 400, kInvalid, false,
             "This request alone is more than a limit lets pass at once",
             "Send less or ask for fewer tokens, or ask the gateway's operator for a higher limit."},
    ErrorRow{budget_exhausted, "budget_exhausted", 429, kQuota, true, "A budget is used up",
             "Wait for the seconds in `Retry-After`, or ask whom the message names for more."},
    ErrorRow{too_many_connections, "too_many_connections", 503, kServer, true, "The gateway has no connection free",
             "Wait for the seconds in `Retry-After`, then send it again; keep connections open and share them."},
    ErrorRow{idempotency_conflict, "idempotency_conflict", 409, kInvalid, false,
             "This `Idempotency-Key` belongs to another request",
             "Use a new key for a new request, or wait until the first one with this key has ended."},
    ErrorRow{conflict, "conflict", 409, kInvalid, false, "This does not go as things stand",
             "Look at the present state, change what stands in the way, and send it again."},
    ErrorRow{no_deployment_available, "no_deployment_available", 503, kServer, true,
             "No deployment can take this request now",
             "Wait for the seconds in `Retry-After`, then send it again, or use another model."},
    ErrorRow{deployments_busy, "deployments_busy", 429, kLimit, true, "Everything that serves this model is busy",
             "Wait for the seconds in `Retry-After`, then send it again, or use another model."},
    ErrorRow{upstream_unreachable, "upstream_unreachable", 502, kServer, true, "The model's server cannot be reached",
             "Send it again; if it goes on, tell the gateway's operator."},
    ErrorRow{upstream_timeout, "upstream_timeout", 504, kServer, true, "The model's server did not answer in time",
             "Send it again, ask for fewer tokens, or use `\"stream\": true`."},
    ErrorRow{upstream_error, "upstream_error", 502, kServer, true, "The model's server failed",
             "Send it again; if it goes on, tell the gateway's operator the request id."},
    ErrorRow{upstream_broke_stream, "upstream_broke_stream", 502, kServer, true,
             "The model's server broke off in the middle of the answer",
             "What was received so far is incomplete; send the request again."},
    ErrorRow{ledger_full, "ledger_full", 503, kServer, true, "The gateway cannot record this request, so it refuses it",
             "Tell the gateway's operator that the ledger's disk is full; then send it again."},
    ErrorRow{draining, "draining", 503, kServer, true, "This gateway is shutting down",
             "Send it again on a new connection."},
    ErrorRow{internal, "internal", 500, kServer, true, "The gateway failed",
             "Send it again; if it goes on, tell the gateway's operator the request id."},
};

constexpr bool in_order() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].id) != i) return false;
  }
  return kTable.size() == static_cast<size_t>(internal) + 1;
}
static_assert(in_order(), "kTable has a row for each ErrorCode, in its order");

}  // namespace

std::span<const ErrorRow> error_table() {
  return kTable;
}

const ErrorRow& row(ErrorCode code) {
  return kTable[static_cast<size_t>(code)];
}

int status(const ClientError& error) {
  return row(error.code).status;
}

std::string sentence(const ClientError& error) {
  const ErrorRow& r = row(error.code);
  std::string out = r.what;
  if (!error.detail.empty()) out.append(": ").append(error.detail);
  return out.append(". ").append(r.remedy);
}

std::string openai_error_body(const ClientError& error, std::string_view request_id) {
  const ErrorRow& r = row(error.code);
  std::string out;
  json::Writer w(out);
  w.object().key("error").object().key("message").value(sentence(error)).key("type").value(r.type).key("param");
  error.param.empty() ? w.null() : w.value(error.param);
  w.key("code").value(r.code);
  if (!request_id.empty()) w.key("request_id").value(request_id);
  w.end().end();
  return out;
}

std::string openai_error_event(const ClientError& error, std::string_view request_id) {
  return "data: " + openai_error_body(error, request_id) + "\n\n";
}

}  // namespace trine::llm
