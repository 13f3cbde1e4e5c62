#include "gateway/reply.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateway/limit/limit.h"
#include "gateway/watch/refusals.h"

namespace trine::gateway {
namespace {

constexpr int kRetryAfterSeconds = 2;

// RFC 9110 §7.6.1, and what we set ourselves.
constexpr std::array<std::string_view, 13> kNotPassed = {
    "connection",        "keep-alive", "proxy-authenticate", "proxy-connection", "te",      "trailer",
    "transfer-encoding", "upgrade",    "content-length",     "server",           "alt-svc", "date",
    "set-cookie"};

void status_line(std::string& head, int status) {
  const fmt::format_int digits(status);
  head.append("HTTP/1.1 ").append(digits.data(), digits.size()).append(1, ' ');
  head.append(reason_phrase(status)).append("\r\n");
}

void add_length(std::string& head, uint64_t length) {
  const fmt::format_int digits(length);
  head.append("content-length: ").append(digits.data(), digits.size()).append("\r\n");
}

void add_ours(std::string& head, const Exchange& x) {
  head.append("x-trine-request-id: ").append(x.id_view()).append("\r\n");
  if (x.call.deployment) {
    head.append("x-trine-route: ").append(x.call.deployment->name).append("\r\n");
    head.append("x-trine-route-by: ").append(x.routed_by).append("\r\n");
  }
  if (*x.cached_as) head.append("x-trine-cache: ").append(x.cached_as).append("\r\n");
  head += x.limit_head;
}

bool goes_back(std::string_view name) {
  if (name.size() > 7 && iequals(name.substr(0, 8), "x-trine-")) return false;
  return std::none_of(kNotPassed.begin(), kNotPassed.end(), [&](std::string_view n) { return iequals(n, name); });
}

}  // namespace

const char* reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

bool asks_for_head(const Exchange& x) {
  return x.client.head().method == "HEAD";
}

std::string own_head(const Exchange& x, int status, std::string_view content_type) {
  std::string head;
  head.reserve(384);
  status_line(head, status);
  if (!content_type.empty()) head.append("content-type: ").append(content_type).append("\r\n");
  add_ours(head, x);
  return head;
}

std::string head_from_upstream(const Exchange& x, const net::Head& upstream) {
  std::string head;
  head.reserve(512);
  status_line(head, upstream.status);
  for (const net::Header& h : upstream.headers) {
    if (!goes_back(h.name)) continue;
    // A vendor's limits are not the client's, who has some of ours.
    if (!x.limit_head.empty() && h.name.size() > 12 && iequals(h.name.substr(0, 12), "x-ratelimit-")) continue;
    head.append(h.name).append(": ").append(h.value).append("\r\n");
  }
  // How long the body is that a GET would get, only the upstream knows.
  if (asks_for_head(x) && upstream.content_length) add_length(head, *upstream.content_length);
  add_ours(head, x);
  return head;
}

void add_connection(std::string& head, const Exchange& x) {
  if (!x.client.keeps_alive() || x.context.draining) head += "connection: close\r\n";
}

net::Task<bool> send_whole(Exchange& x, std::string head, std::span<const std::string_view> body) {
  if (x.context.draining) x.client.close_after();
  size_t length = 0;
  for (std::string_view piece : body) length += piece.size();
  if (length > 0 || !asks_for_head(x)) add_length(head, length);
  add_connection(head, x);
  head += "\r\n";
  x.head_sent = true;
  std::vector<std::string_view> slices{head};
  if (!asks_for_head(x)) slices.insert(slices.end(), body.begin(), body.end());
  const bool sent = co_await x.client.send(slices);
  co_return sent;
}

net::Task<bool> send_whole(Exchange& x, std::string head, std::string_view body) {
  const std::array<std::string_view, 1> pieces = {body};
  const bool sent = co_await send_whole(x, std::move(head), pieces);
  co_return sent;
}

net::Task<void> send_error(Exchange& x, const llm::ClientError& error) {
  x.status = llm::status(error);
  x.error = llm::row(error.code).code;
  std::string head = own_head(x, x.status, "application/json");
  if (llm::row(error.code).retryable)
    fmt::format_to(std::back_inserter(head), "retry-after: {}\r\n",
                   x.retry_after > 0 ? x.retry_after : kRetryAfterSeconds);
  if (error.code == llm::ErrorCode::method_not_allowed) {
    const char* usual = llm::has_model_body(x.endpoint) ? "POST" : "GET, HEAD";
    head.append("allow: ").append(x.allow ? x.allow : usual).append("\r\n");
  }
  if (error.code == llm::ErrorCode::missing_api_key || error.code == llm::ErrorCode::invalid_api_key)
    head += "www-authenticate: Bearer\r\n";
  const std::string body = llm::openai_error_body(error, x.id_view());
  co_await send_whole(x, std::move(head), body);
}

net::Task<void> refuse(Exchange& x, llm::ClientError error) {
  note_refusal(x, error);
  x.reservation.finish();
  co_await send_error(x, error);
}

net::Task<void> send_json(Exchange& x, int status, std::string_view json) {
  x.status = status;
  std::string head = own_head(x, status, "application/json");
  co_await send_whole(x, std::move(head), json);
}

llm::ClientError refusal_error(net::Refusal why, std::string_view sentence) {
  using llm::ErrorCode;
  ErrorCode code = ErrorCode::bad_request_head;
  if (why == net::Refusal::head_too_large) code = ErrorCode::head_too_large;
  if (why == net::Refusal::head_timeout) code = ErrorCode::request_timeout;
  if (why == net::Refusal::too_many_connections) code = ErrorCode::too_many_connections;
  return {code, std::string(sentence), {}};
}

std::string closing_error(const llm::ClientError& error) {
  const std::string body = llm::openai_error_body(error);
  std::string out;
  status_line(out, llm::status(error));
  fmt::format_to(std::back_inserter(out),
                 "content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{}", body.size(),
                 body);
  return out;
}

}  // namespace trine::gateway
