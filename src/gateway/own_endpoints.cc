#include "gateway/own_endpoints.h"

#include <algorithm>

#include "gateway/identify/principal.h"
#include "gateway/reply.h"
#include "json/write.h"

namespace trine::gateway {
namespace {

constexpr std::string_view kRequests = "/v1/trine/requests/";
constexpr std::string_view kModels = "/v1/models";

void model_object(json::Writer& w, std::string_view model) {
  w.object()
      .key("id")
      .value(model)
      .key("object")
      .value("model")
      .key("created")
      .value(0)
      .key("owned_by")
      .value("trine")
      .end();
}

std::string models_json(const Exchange& x) {
  std::vector<std::string_view> names;
  for (const auto& [name, route] : x.snapshot->routes)
    if (x.key->may_use(name)) names.push_back(name);
  std::sort(names.begin(), names.end());
  std::string out;
  json::Writer w(out);
  w.object().key("object").value("list").key("data").array();
  for (std::string_view n : names) model_object(w, n);
  w.end().end();
  return out;
}

}  // namespace

bool OwnEndpoints::is_open(const Exchange& x) const {
  const std::string_view path = x.client.head().path();
  return path == "/health" || path == "/health/live" || path == "/health/ready";
}

net::Task<void> OwnEndpoints::serve_open(Exchange& x) {
  if (x.client.head().path() == "/health/live") {
    co_await send_json(x, 200, R"({"status":"live"})");
    co_return;
  }
  const Health h = health(*x.snapshot, x.now());
  co_await send_json(x, h.ready ? 200 : 503, h.json);
}

OwnEndpoints::Health OwnEndpoints::health(const Snapshot& snapshot, Mono now) const {
  Health h;
  std::vector<std::string> reasons;
  if (draining_.load(std::memory_order_relaxed)) reasons.emplace_back("draining: this gateway is shutting down");
  const ledger::LedgerState ledger = ledger_.state();
  if (ledger.full && snapshot.config->ledger.when_full == WhenFull::refuse)
    reasons.emplace_back("ledger_full: there is no room to record requests; free space on the ledger's disk");
  for (const auto& [name, route] : snapshot.routes) {
    const bool any = std::any_of(route.deployments.begin(), route.deployments.end(),
                                 [&](const auto& d) { return d->state->health.available(now); });
    if (!any) reasons.push_back(fmt::format("route {}: none of its deployments answers", name));
  }
  // One route without deployments does not make the whole gateway unfit; all of them do.
  const auto dead = static_cast<size_t>(
      std::count_if(reasons.begin(), reasons.end(), [](const std::string& r) { return r.starts_with("route "); }));
  h.ready = reasons.size() == dead && (snapshot.routes.empty() || dead < snapshot.routes.size());
  json::Writer w(h.json);
  w.object().key("status").value(h.ready ? "ready" : "unready").key("live").value(true).key("ready").value(h.ready);
  w.key("reasons").array();
  for (const std::string& r : reasons) w.value(r);
  w.end().key("ledger_lag_records").value(ledger.lag_records).end();
  return h;
}

bool OwnEndpoints::is_ours(const Exchange& x) const {
  const std::string_view path = x.client.head().path();
  return x.endpoint == llm::Endpoint::models || path.starts_with("/v1/trine/");
}

net::Task<void> OwnEndpoints::serve(Exchange& x) {
  const std::string_view path = x.client.head().path();
  const std::string_view method = x.client.head().method;
  llm::ErrorCode error = llm::ErrorCode::not_found;
  if (method != "GET" && method != "HEAD") {
    error = llm::ErrorCode::method_not_allowed;
  } else if (path == kModels) {
    co_await send_json(x, 200, models_json(x));
    co_return;
  } else if (path.starts_with("/v1/models/")) {
    const auto it = x.snapshot->routes.find(path.substr(kModels.size() + 1));
    if (it != x.snapshot->routes.end() && x.key->may_use(it->first)) {
      std::string out;
      json::Writer w(out);
      model_object(w, it->first);
      co_await send_json(x, 200, out);
      co_return;
    }
    error = llm::ErrorCode::unknown_model;
  } else if (path.starts_with(kRequests)) {
    std::string id(path.substr(kRequests.size()));
    const Found found = co_await find_request(x.context.loop, std::move(id), &x.tenant);
    if (!found.json.empty()) {
      co_await send_json(x, 200, found.json);
      co_return;
    }
    error = found.error;
  }
  const llm::ClientError told{error, {}, {}};
  co_await send_error(x, told);
}

net::Task<OwnEndpoints::Found> OwnEndpoints::find_request(net::Loop& loop, std::string text,
                                                          const energy::Tenant* tenant) {
  const auto id = RequestId::parse(text);
  if (!id) co_return Found{};
  auto work = [this, id = *id] { return ledger_.request(id); };
  const auto view = co_await executor_.run(loop, std::move(work));
  if (!view) co_return Found{llm::ErrorCode::rate_limited, {}};
  if (!*view) co_return Found{llm::ErrorCode::internal, {}};
  // Who may not see it learns no more than that it is not there.
  if (!**view || (tenant && !same_project((**view)->facts.tenant, *tenant))) co_return Found{};
  co_return Found{llm::ErrorCode::not_found, ledger::to_json(***view)};
}

}  // namespace trine::gateway
