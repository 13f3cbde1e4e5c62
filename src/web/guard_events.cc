// The guard's page: what the audit log has of verdicts and of keys under watch.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "json/write.h"
#include "web/api.h"
#include "web/guard_audit.h"

namespace trine::web {
namespace {

constexpr size_t kMostEvents = 200, kMostRules = 50;
constexpr size_t kSteps = 48;  // of the chart, about

// Whole minutes, hours or days.
Nanos step_for(Nanos span) {
  for (const auto minutes : {1, 5, 15, 60, 6 * 60})
    if (span <= std::chrono::minutes(minutes) * kSteps) return std::chrono::minutes(minutes);
  return std::chrono::hours(24);
}

}  // namespace

Result<std::string> guard_events(const std::filesystem::path& audit, Wall since, Wall until) {
  protect::AuditSlice found;
  if (!audit.empty()) {
    auto read = protect::find_audit(
        audit, {.last = kMostAuditLines, .actions = {"guard.", "abuse.", "traffic."}, .since = since, .until = until});
    if (!read && read.error().code != Code::not_found) return tl::unexpected(read.error());
    if (read) found = std::move(*read);
  }
  auto& lines = found.lines;
  std::reverse(lines.begin(), lines.end());

  const Nanos step = step_for(until - std::max(since, Wall{}));
  const int64_t first = unix_ns(since) / step.count(), last = (unix_ns(until) - 1) / step.count();
  const size_t steps = std::min<size_t>(static_cast<size_t>(last - first + 1), 1000);
  std::map<std::string, std::vector<int64_t>> columns{{"guard.block", std::vector<int64_t>(steps)},
                                                      {"guard.flag", std::vector<int64_t>(steps)}};
  std::map<std::string, int64_t> reasons;
  for (const auto& l : lines) {
    const auto column = columns.find(l.entry.action);
    if (column == columns.end()) continue;
    const auto at = static_cast<size_t>(unix_ns(l.entry.at) / step.count() - first);
    if (at < steps) column->second[at] += count_of(l.entry);
    const std::string why = detail(l.entry, "first_because");
    reasons[why.empty() ? "(not said)" : why] += count_of(l.entry);
  }
  std::vector<std::pair<std::string, int64_t>> top(reasons.begin(), reasons.end());
  std::stable_sort(top.begin(), top.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  top.resize(std::min(top.size(), kMostRules));

  std::string out;
  json::Writer w(out);
  w.object().key("since").value(iso8601(since)).key("until").value(iso8601(until));
  w.key("step_s").value(std::chrono::duration_cast<std::chrono::seconds>(step).count());
  w.key("series").object().key("t").array();
  for (size_t i = 0; i < steps; ++i) w.value((first + static_cast<int64_t>(i)) * (step.count() / 1'000'000'000));
  w.end();
  for (const auto& [name, key] : {std::pair("guard.block", "block"), std::pair("guard.flag", "flag")}) {
    w.key(key).array();
    for (const int64_t n : columns.at(name)) w.value(n);
    w.end();
  }
  w.end().key("rules").array();
  for (const auto& [why, n] : top) w.object().key("rule").value(why).key("count").value(n).end();
  w.end().key("events").array();
  for (size_t i = 0; i < std::min(lines.size(), kMostEvents); ++i) {
    const protect::AuditEntry& e = lines[i].entry;
    const std::string why = detail(e, "first_because"), because = detail(e, "because");
    w.object().key("at").value(iso8601(e.at)).key("action").value(e.action).key("actor").value(e.actor);
    w.key("address").value(e.address).key("subject").value(e.subject).key("outcome").value(e.outcome);
    w.key("count").value(count_of(e)).key("why").value(why.empty() ? because : why).end();
  }
  w.end().key("more").value(found.more || lines.size() > kMostEvents).end();
  return out;
}

}  // namespace trine::web
