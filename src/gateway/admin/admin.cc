#include "gateway/admin/admin.h"

#include <array>

#include "gateway/reply.h"

namespace trine::gateway {
namespace {

constexpr std::string_view kRequests = "/v1/trine/requests/";
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

GatewayView Admin::view() const {
  return {*snapshot_,           parts_.workers,        parts_.ledger.state(),
          parts_.metering,      parts_.started,        parts_.loop.clock().mono(),
          parts_.grid.status(), parts_.own_use.total()};
}

std::string Admin::overview() const {
  const GatewayView v = view();
  std::string out = fmt::format("Trine, up {:.0f} s, configuration {} (loaded {} times)\n\n",
                                seconds(v.now - v.started), snapshot_->config->file, snapshot_->generation);
  out += "deployment            zone      running  failures  control  hardware\n";
  for (const auto& d : snapshot_->deployments)
    out += fmt::format("{:<20}  {:<8}  {:>7}  {:>8}  {:>7.2f}  {}{}\n", d->name, d->zone.empty() ? "world" : d->zone,
                       d->state->batch.running(), d->state->health.failures(), d->control, d->own ? "own" : "vendor",
                       d->simulated ? ", simulated" : "");
  out += "\nroute                 deployments\n";
  for (const auto& [name, route] : snapshot_->routes) {
    out += fmt::format("{:<20} ", name);
    for (const auto& d : route.deployments) out += " " + d->name;
    out += "\n";
  }
  out += "\n/health  /metrics  /v1/trine/requests/{id}\n";
  return out;
}

net::Task<Admin::Answer> Admin::answer(std::string_view path) {
  if (path == "/") co_return Answer{200, "text/plain; charset=utf-8", overview()};
  if (path == "/metrics" && parts_.metrics) co_return Answer{200, kMetricsType, parts_.metrics(view())};
  if (path == "/health/live") co_return Answer{200, "application/json", R"({"status":"live"})"};
  if (path == "/health" || path == "/health/ready") {
    auto h = parts_.own.health(*snapshot_, parts_.loop.clock().mono());
    co_return Answer{h.ready ? 200 : 503, "application/json", std::move(h.json)};
  }
  llm::ErrorCode error = llm::ErrorCode::not_found;
  if (path.starts_with(kRequests)) {
    std::string id(path.substr(kRequests.size()));
    auto found = co_await parts_.own.find_request(parts_.loop, std::move(id), nullptr);
    if (!found.json.empty()) co_return Answer{200, "application/json", std::move(found.json)};
    error = found.error;
  }
  const llm::ClientError told{error, {}, {}};
  co_return Answer{llm::status(told), "application/json", llm::openai_error_body(told)};
}

net::Task<void> Admin::serve(net::ServerConnection& c) {
  const std::string_view method = c.head().method;
  Answer a{405, "application/json", {}};
  if (method == "GET" || method == "HEAD")
    a = co_await answer(c.head().path());
  else
    a.body = llm::openai_error_body({llm::ErrorCode::method_not_allowed, {}, {}});
  const std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\ncontent-type: {}\r\ncontent-length: {}\r\ncache-control: no-store\r\n"
      "x-content-type-options: nosniff\r\n{}{}\r\n",
      a.status, reason_phrase(a.status), a.type, a.body.size(), a.status == 405 ? "allow: GET, HEAD\r\n" : "",
      c.keeps_alive() ? "" : "connection: close\r\n");
  const std::array<std::string_view, 2> slices = {head,
                                                  method == "HEAD" ? std::string_view{} : std::string_view(a.body)};
  co_await c.send(slices);
}

std::string Admin::refuse(net::Refusal why, std::string_view sentence) {
  return closing_error(refusal_error(why, sentence));
}

}  // namespace trine::gateway
