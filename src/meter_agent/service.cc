#include "meter_agent/service.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "json/write.h"

namespace trine::meter_agent {
namespace {

const char* phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Service Unavailable";
  }
}

}  // namespace

std::string Service::text(const Reply& r, bool keep_alive, bool with_body) {
  std::string out = fmt::format(
      "HTTP/1.1 {} {}\r\ncontent-type: {}\r\ncontent-length: {}\r\ncache-control: no-store\r\n{}{}\r\n", r.status,
      phrase(r.status), r.type, r.body.size(), r.header, keep_alive ? "" : "connection: close\r\n");
  if (with_body) out += r.body;
  return out;
}

Service::Reply Service::error(int status, std::string_view code, std::string_view message) {
  Reply r;
  r.status = status;
  json::Writer(r.body).object().key("error").object().key("code").value(code).key("message").value(message).end().end();
  r.body += '\n';
  return r;
}

std::optional<Service::Reply> Service::stranger(const net::Head& head) const {
  if (!token_) return std::nullopt;
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view shown = head.find("authorization").value_or("");
  const bool bearer = shown.size() > kScheme.size() && iequals(shown.substr(0, kScheme.size()), kScheme);
  if (bearer && token_->matches(trim(shown.substr(kScheme.size())))) return std::nullopt;
  Reply r = bearer ? error(401, "wrong_token",
                           "This is not the token of this agent: show the one in the file that its --token-file names.")
                   : error(401, "missing_token",
                           "Show the token of this agent: 'Authorization: Bearer TOKEN', as in the file that its "
                           "--token-file names.");
  r.header = "www-authenticate: Bearer\r\n";
  return r;
}

Result<std::optional<Since>> Service::since(std::string_view target) const {
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos || mark + 1 == target.size()) return std::nullopt;
  std::string_view query = target.substr(mark + 1);
  constexpr std::string_view kName = "since=";
  if (!query.starts_with(kName) || query.find('&') != std::string_view::npos)
    return fail(Code::invalid_argument, "The only parameter is since=RUN:NUMBER.");
  query.remove_prefix(kName.size());
  size_t colon = query.find(':');
  size_t width = 1;
  if (colon == std::string_view::npos) {
    colon = query.find("%3A");
    width = 3;
  }
  const auto seen = colon == std::string_view::npos ? std::nullopt : parse_int(query.substr(colon + width));
  if (colon == 0 || !seen || *seen < 0)
    return fail(Code::invalid_argument, "since wants RUN:NUMBER, the 'run' and 'next' of the last answer.");
  Since s{std::string(query.substr(0, colon)), static_cast<uint64_t>(*seen)};
  if (s.run == store_.run() && s.seen > store_.ring().last())
    return fail(Code::invalid_argument, "since is ahead of this run, whose last sample is number {}.",
                store_.ring().last());
  return s;
}

Service::Reply Service::readings(const net::Head& head) {
  const auto from = since(head.target);
  if (!from) return error(400, "bad_since", from.error().message);
  Reply r;
  r.body = readings_page(store_, sampler_.meters(), *from, clock_);
  ++served_.readings;
  return r;
}

Service::Reply Service::answer(const net::Head& head) {
  if (head.method != "GET" && head.method != "HEAD") {
    Reply r = error(405, "method_not_allowed", "Only GET and HEAD are answered here.");
    r.header = "allow: GET, HEAD\r\n";
    return r;
  }
  Reply r;
  if (head.path() == "/v1/readings") {
    if (auto refused = stranger(head)) {
      ++served_.refused;
      return std::move(*refused);
    }
    r = readings(head);
  } else if (head.path() == "/health") {
    Health h = health_page(store_, sampler_.meters(), clock_);
    r.status = h.good ? 200 : 503;
    r.body = std::move(h.json);
  } else if (head.path() == "/metrics") {
    r.body = metrics_page(store_, sampler_.meters(), served_, clock_);
    r.type = "text/plain; version=0.0.4; charset=utf-8";
  } else {
    r = error(404, "not_found", "There are /v1/readings, /health and /metrics.");
  }
  if (r.status >= 400 && r.status < 500) ++served_.errors;
  return r;
}

net::Task<void> Service::serve(net::ServerConnection& connection) {
  const Reply reply = answer(connection.head());
  const std::string bytes = text(reply, connection.keeps_alive(), connection.head().method != "HEAD");
  const std::array<std::string_view, 1> slices = {bytes};
  co_await connection.send(slices);
}

std::string Service::refuse(net::Refusal why, std::string_view sentence) {
  int status = 400;
  if (why == net::Refusal::head_too_large) status = 431;
  if (why == net::Refusal::head_timeout) status = 408;
  if (why == net::Refusal::too_many_connections) status = 503;
  return text(error(status, "refused", sentence), false);
}

}  // namespace trine::meter_agent
