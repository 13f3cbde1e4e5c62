#include "web/query.h"

#include "base/text.h"
#include "gateway/admin/identity_calls.h"

namespace trine::web {
namespace {

Result<Wall> point(const char* name, const std::string& text, Wall now) {
  if (const auto ago = parse_duration(text)) return *ago > now.time_since_epoch() ? Wall{} : now - *ago;
  if (const auto t = parse_iso8601(text)) return *t;
  return fail(Code::invalid_argument,
              "{}={} is neither a duration (15m, 1h, 7d) nor a time (2026-11-23, 2026-11-23T09:00:00Z)", name, text);
}

}  // namespace

Result<Query> Query::parse(std::string_view text) {
  Query out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    std::string part(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    for (char& c : part)
      if (c == '+') c = ' ';  // as forms and URLSearchParams write a blank
    const size_t is = std::min(part.find('='), part.size());
    const auto name = gateway::percent_decoded(std::string_view(part).substr(0, is));
    const auto value = gateway::percent_decoded(std::string_view(part).substr(std::min(is + 1, part.size())));
    if (!name || !value || name->size() > kMostBytes || value->size() > kMostBytes)
      return fail(Code::invalid_argument, "the query has a field that is too long or not percent-encoded");
    if (out.fields_.size() == kMostFields) return fail(Code::invalid_argument, "the query has too many fields");
    if (!out.fields_.emplace(*name, *value).second) return fail(Code::invalid_argument, "a field stands twice");
  }
  for (const auto& [name, value] : out.fields_)
    out.key_ += fmt::format("{}:{}={}:{};", name.size(), name, value.size(), value);
  return out;
}

std::string Query::text(const std::string& name) const {
  const auto it = fields_.find(name);
  return it == fields_.end() ? std::string() : it->second;
}

std::optional<std::string> Query::filter(const std::string& name) const {
  std::string value = text(name);
  return value.empty() ? std::nullopt : std::optional(std::move(value));
}

Result<int64_t> Query::count(const std::string& name, int64_t standard, int64_t most) const {
  const std::string value = text(name);
  if (value.empty()) return standard;
  const auto n = parse_int(value);
  if (!n || *n < 1 || *n > most) return fail(Code::invalid_argument, "{} is a number from 1 to {}", name, most);
  return *n;
}

Nanos step_of(Nanos span) {
  using std::chrono::hours;
  using std::chrono::minutes;
  if (span <= hours(3)) return minutes(1);
  if (span <= hours(26)) return minutes(10);
  return hours(1);
}

namespace {

// Where "the last 24 h" begin: where what is added up does. What lies between is read row by row, and ten minutes of a
// busy day are nearly as many lines.
Nanos full(Nanos span) {
  return span > std::chrono::hours(12) ? Nanos(std::chrono::hours(1)) : step_of(span);
}

}  // namespace

Result<ledger::ReportQuery> report_query(const Query& query, Wall now) {
  ledger::ReportQuery out;
  const std::string since = query.text("since"), until = query.text("until"), by = query.text("by");
  const auto from = point("since", since.empty() ? "24h" : since, now);
  if (!from) return tl::unexpected(from.error());
  const auto to = until.empty() ? Result<Wall>(now + Nanos(1)) : point("until", until, now);
  if (!to) return tl::unexpected(to.error());
  if (*from >= *to)
    return fail(Code::invalid_argument, "the period is empty: it begins at {} and ends at {}", iso8601(*from),
                iso8601(*to));
  out.since = *from;
  if (since.empty() || parse_duration(since)) out.since -= out.since.time_since_epoch() % full(*to - *from);
  out.until = *to;
  if (!by.empty()) {
    const auto known = ledger::parse_by(by);
    if (!known) return fail(Code::invalid_argument, "by={} is no grouping", by);
    out.by = *known;
  }
  out.workload = query.filter("workload");
  out.key = query.filter("key");
  out.deployment = query.filter("deployment");
  out.zone = query.filter("zone");
  return out;
}

}  // namespace trine::web
