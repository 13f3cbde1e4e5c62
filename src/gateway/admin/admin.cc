#include "gateway/admin/admin.h"

#include <array>

#include "gateway/notify/notifier.h"
#include "gateway/reply.h"

namespace trine::gateway {
namespace {

constexpr std::string_view kOneRequest = "/v1/trine/requests/";
constexpr const char* kJson = "application/json";
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kOpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

}  // namespace

GatewayView Admin::view() const {
  return {*snapshot_,
          parts_.workers,
          parts_.ledger.state(),
          parts_.metering,
          parts_.started,
          parts_.loop.clock().mono(),
          parts_.grid.status(),
          parts_.own_use.total(),
          parts_.traces,
          parts_.notifier ? parts_.notifier->stats() : std::vector<NoticeStats>(),
          parts_.notifier ? parts_.notifier->abuse() : AbuseCounts(),
          documents_ ? documents_->state() : DocumentReader::State()};
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

AdminAnswer Admin::metrics(std::string_view accept) const {
  // Scrapers that know OpenMetrics say so, and get exemplars with it.
  const bool open = accept.find("application/openmetrics-text") != std::string_view::npos;
  return {200, open ? kOpenMetricsType : kMetricsType,
          parts_.metrics(view(), open ? MetricsForm::openmetrics : MetricsForm::prometheus), "vary: accept\r\n"};
}

net::Task<AdminAnswer> Admin::look(std::string_view path, std::string_view accept) {
  if (path == "/") co_return AdminAnswer{200, "text/plain; charset=utf-8", overview(), {}};
  if (path == "/metrics" && parts_.metrics) co_return metrics(accept);
  if (path == "/health/live") co_return AdminAnswer{200, kJson, R"({"status":"live"})", {}};
  if (path == "/health" || path == "/health/ready") {
    auto h = parts_.own.health(*snapshot_, parts_.loop.clock().mono());
    co_return AdminAnswer{h.ready ? 200 : 503, kJson, std::move(h.json), {}};
  }
  llm::ErrorCode error = llm::ErrorCode::not_found;
  if (path.starts_with(kOneRequest)) {
    std::string id(path.substr(kOneRequest.size()));
    auto found = co_await parts_.own.find_request(parts_.loop, std::move(id), nullptr);
    if (!found.json.empty()) co_return AdminAnswer{200, kJson, std::move(found.json), {}};
    error = found.error;
  }
  co_return admin_error({error, {}, {}});
}

net::Task<AdminAnswer> Admin::answer(net::ServerConnection& c) {
  const std::string_view method = c.head().method, path = c.head().path();
  if (identity_ && path.starts_with(IdentityApi::kPaths)) co_return co_await identity_->answer(c, snapshot_);
  if (method != "GET" && method != "HEAD")
    co_return admin_error({llm::ErrorCode::method_not_allowed, {}, {}}, "allow: GET, HEAD\r\n");
  const bool open = path == "/health" || path.starts_with("/health/");
  if (identity_ && !open && snapshot_->config->guard_admin_port)
    if (auto refused = co_await identity_->guard(c, snapshot_)) co_return std::move(*refused);
  co_return co_await look(path, c.head().find("accept").value_or(std::string_view()));
}

net::Task<void> Admin::serve(net::ServerConnection& c) {
  if (pages_ && pages_->is_ours(c.head())) {
    co_await pages_->serve(c);
    co_return;
  }
  const AdminAnswer a = co_await answer(c);
  const std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\ncontent-type: {}\r\ncontent-length: {}\r\ncache-control: no-store\r\n"
      "x-content-type-options: nosniff\r\n{}{}\r\n",
      a.status, reason_phrase(a.status), a.type, a.body.size(), a.headers,
      c.keeps_alive() ? "" : "connection: close\r\n");
  const std::array<std::string_view, 2> slices = {
      head, c.head().method == "HEAD" ? std::string_view{} : std::string_view(a.body)};
  co_await c.send(slices);
}

std::string Admin::refuse(net::Refusal why, std::string_view sentence) {
  return closing_error(refusal_error(why, sentence));
}

}  // namespace trine::gateway
