// What the ledger says: sums over a period, and one request with all that is known about it. Integers throughout.
// Reads what is folded; any process, also while a gateway runs (a read-only connection per call).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "energy/facts.h"

namespace trine::ledger {

// By::step has what stages spared and nothing else. charge: org, team and project; place_hour: deployment, zone and
// hour, without requests; both have rows with several names, see names_of().
enum class By {
  none,
  workload,
  key,
  user,
  org,
  team,
  project,
  route,
  model,
  deployment,
  zone,
  hour,
  step,
  charge,
  place_hour
};
const char* name(By by);
std::optional<By> parse_by(std::string_view text);
// The parts of a row's name by charge and by place_hour, three of each.
std::vector<std::string> names_of(const std::string& row);

// A call counts in the period its latest settlement is booked to (its end, while it has none), a request in that of its
// end, a window in that of its beginning; what comes when that month is closed, as prior period, when it comes.
// [since, until).
struct ReportQuery {
  Wall since{};
  Wall until{};
  By by = By::none;
  // Only these, where given. Exact names.
  std::optional<std::string> workload, key, deployment, zone;
  // Where names may be many, by what clients and keys are called: so many rows at most have their own, by energy; the
  // others are added up in one more, "(others)". 0: all. Not by hour, step, charge and place_hour.
  size_t most_rows = 0;
};

// Direct figures of calls, from the latest settlement of each (docs/accounting.md §1). Low and high are sums of the
// calls' own: shared factors add linearly (§5).
struct Sums {
  int64_t requests = 0;
  int64_t calls = 0;
  int64_t unsettled_calls = 0;  // in `calls` and in tokens, but without figures yet
  int64_t simulated_calls = 0;
  int64_t counted_calls = 0;  // tokens counted by us, not reported by the engine
  Tokens in = 0, cached = 0, out = 0;
  Energy gpu_energy, energy, energy_low, energy_high;
  Carbon operational, embodied, carbon_low, carbon_high;
  Money cost;
  std::map<energy::Letter, Energy> energy_by_letter;
  std::array<int64_t, 5> outcomes{};  // requests, by energy::Outcome
  // Of the calls that have figures those that served their request, once each: not a call that failed and was tried
  // again. What a baseline would have served.
  struct Served {
    int64_t calls = 0;
    Tokens in = 0, cached = 0, out = 0;
  } served;

  // Of the requests those that a model or a cache answered, if not to the end: what a mean divides by.
  int64_t answered() const;
  // The lowest letter that holds over 5 % of the energy; nullopt without energy.
  std::optional<energy::Letter> letter() const;
};

// What stages spared requests (energy::Avoided): these tokens are in no call. Parts of a saving, never added to it.
struct AvoidedSums {
  int64_t requests = 0;
  int64_t without_call = 0;  // of these; a baseline would have served them
  Tokens in = 0, out = 0;
  energy::Figures figures;  // the worst letter
  bool operator==(const AvoidedSums&) const = default;
};

// What came after the month that it belongs to was closed (month.h), counted when it came.
struct PriorPeriod {
  // Requests and calls that came late; their amounts, and by how much later settlements changed those of others, which
  // may be negative.
  Sums sums;
  int64_t corrections = 0;                            // settlements that changed others
  energy::DeviceWindow::Share unattributed, foreign;  // of late windows
  AvoidedSums avoided;
  bool any() const;
};

// The gateway's own, an estimate (docs/accounting.md §6).
struct GatewayHours {
  Nanos cpu{};
  Energy energy, energy_low, energy_high;
  Carbon carbon, carbon_low, carbon_high;
};

struct ReportRow {
  // Of the group; for By::hour the hour's beginning, "2026-11-23T09:00:00Z"; a team and a project with what they are
  // in, "acme/claims/intake".
  std::string name;
  Sums sums;
  // Beside the calls' figures, from the devices' windows. By::none, deployment, zone and hour only; zero else.
  energy::DeviceWindow::Share unattributed, foreign;
  PriorPeriod prior;  // beside `sums`, `unattributed` and `foreign`, not in them
  // Beside the calls' tokens and figures. By deployment, zone and model: those of the call that served the request;
  // no name where none did.
  AvoidedSums avoided;
  // By::none and hour, without conditions; zero else: it is nobody's.
  GatewayHours gateway;
};

struct Report {
  ReportQuery query;
  std::string currency = "EUR";
  bool simulated = false;       // some call in it was answered by a simulated engine
  std::vector<ReportRow> rows;  // by name; with By::none only the total
  size_t more = 0;  // groups that are in the last row, "(others)"; 0: there is none (ReportQuery::most_rows)
  ReportRow total;
};

struct CallView {
  energy::CallFacts facts;
  std::vector<energy::Settlement> settlements;  // by version
};

struct RequestView {
  energy::RequestFacts facts;
  bool open = false;            // still running: facts.end, outcome and http_status mean nothing yet
  std::vector<CallView> calls;  // by attempt; those closed
  std::vector<energy::Avoided> avoided;
  // Every call has a settlement of basis final.
  bool final() const;
};

class Reports {
 public:
  explicit Reports(std::filesystem::path dir) : dir_(std::move(dir)) {}
  // not_found when there is no ledger in the directory.
  Result<Report> query(const ReportQuery& query) const;
  // One report of the same period by each of these, in their order, of one state of the ledger. `query.by` says
  // nothing.
  Result<std::vector<Report>> query(const ReportQuery& query, std::initializer_list<By> groupings) const;
  // nullopt also for a request that began within the last minute and is not closed: Store::request() knows it.
  Result<std::optional<RequestView>> request(const RequestId& id) const;
  // Those closed, by attempt.
  Result<std::vector<CallView>> calls(const RequestId& id) const;
  // By begin: those that overlap [from, to) of the devices that serve `deployment`, alone or with others ("a+b").
  Result<std::vector<energy::DeviceWindow>> windows(const std::string& deployment, Wall from, Wall to) const;
  // Closed calls that ran within [from, to) on one of `deployments`, by start. Those settled within a day.
  Result<std::vector<energy::CallFacts>> calls_between(const std::vector<std::string>& deployments, Wall from,
                                                       Wall to) const;

 private:
  std::filesystem::path dir_;
};

// Energy as J, carbon as g, money as the currency's unit, each as a decimal number beside the exact integer
// (`energy_uj`, `carbon_ng`, `cost_neur`).
std::string to_json(const Report& report);
std::string to_json(const RequestView& view);

}  // namespace trine::ledger
