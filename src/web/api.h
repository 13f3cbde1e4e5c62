// GET /v1/ui/...: what the pages show, as JSON (docs/web-api.md). Who may ask is settled before.
#pragma once

#include <memory>
#include <string>

#include "gateway/admin/pages.h"
#include "web/answers.h"
#include "web/live.h"
#include "web/query.h"
#include "web/views.h"

namespace trine::web {

// On the back office's loop.
class Api {
 public:
  static constexpr std::string_view kPaths = "/v1/ui/";
  // How often the idle part of the last day is asked for, while somebody looks at the fleet.
  static constexpr Nanos kIdleEvery = std::chrono::seconds(60);

  struct Parts {
    net::Loop& loop;
    ledger::Ledger& ledger;
    gateway::OwnEndpoints& own;
    std::function<gateway::GatewayView()> view;
    Views views;
  };
  Api(Parts parts, Snapshot snapshot);
  void use(Snapshot snapshot) { snapshot_ = std::move(snapshot); }

  // REQUIRES: the path begins with kPaths. `query` without its question mark.
  net::Task<gateway::AdminAnswer> answer(std::string path, std::string query);
  // The newest of the live figures.
  std::shared_ptr<const std::string> live();

 private:
  net::Task<gateway::AdminAnswer> made(std::string key, Answers::Make make);
  net::Task<gateway::AdminAnswer> request(std::string id);
  std::string sources_json() const;
  std::string guard_counts() const;
  std::string settings_json() const;
  void learn_idle();

  Parts parts_;
  Snapshot snapshot_;
  Live live_;
  Mono idle_asked_{};
  bool asking_idle_ = false;
  Answers answers_;  // last: its thread ends first
};

// The configuration's file without its comments and secrets. Blocks.
Result<std::string> redacted_config(const std::string& file);
// What the guard and the watch wrote into the audit log in [since, until). Blocks. No such folder: empty lists.
Result<std::string> guard_events(const std::filesystem::path& audit, Wall since, Wall until);
// What the guard does with such a request by this configuration, and its key's verdicts in the audit log at the
// request's time: the log counts by key, cause and minute and knows no single request. Blocks.
Result<std::string> request_guard(const gateway::Snapshot& snapshot, const ledger::RequestView& view);

}  // namespace trine::web
