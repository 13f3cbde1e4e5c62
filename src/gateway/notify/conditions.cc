#include "gateway/notify/conditions.h"

#include "base/text.h"

namespace trine::gateway {
namespace {

using namespace std::chrono_literals;

constexpr Nanos kMeterSilence = 2min;
constexpr int kFailures = 3;

void meters(const GatewayView& v, Wall now, std::vector<Condition>& out) {
  for (const auto& d : v.snapshot.deployments) {
    if (!d->metered()) continue;
    const MeteredSet* set = v.metering.set_of(d->name);
    const MeterFeed* feed = v.metering.feed_of(d->name);
    if (!set || !feed) continue;
    std::string why = !feed->trouble().empty() ? feed->trouble() : set->trouble();
    if (why.empty() && set->frontier() && now - *set->frontier() > kMeterSilence)
      why = fmt::format("its last reading is {:.0f} minutes old", seconds(now - *set->frontier()) / 60);
    if (why.empty() && !set->frontier()) why = "it has not been read yet";
    if (why.empty()) continue;
    out.push_back(
        {NoticeKind::meter, Severity::warning, "meter of " + d->name,
         fmt::format("The meter of {} is silent ({}): its energy is an estimate until it speaks.", d->name, why),
         2min});
  }
}

void grid(const GatewayView& v, std::vector<Condition>& out) {
  for (const grid::SourceStatus& s : v.sources) {
    if (s.up || s.trouble.empty()) continue;
    out.push_back(
        {NoticeKind::grid, Severity::warning, fmt::format("{} for {}", s.source, s.zone),
         fmt::format("{} does not answer for {}: calls there are booked by its last values, then by the year's "
                     "mean.",
                     s.source, s.zone),
         15min});
  }
}

void deployments(const GatewayView& v, std::vector<Condition>& out) {
  for (const auto& d : v.snapshot.deployments) {
    const Health& h = d->state->health;
    if (!h.fails_checks() && h.failures() < kFailures) continue;
    out.push_back({NoticeKind::deployment, Severity::critical, "deployment " + d->name,
                   fmt::format("Deployment {} gets no requests: {}.", d->name,
                               h.fails_checks() ? "it does not answer its checks"
                                                : fmt::format("its last {} calls failed", h.failures())),
                   30s});
  }
}

std::string amount_text(int64_t amount, protect::Unit unit, const std::string& currency) {
  const double a = static_cast<double>(amount);
  switch (unit) {
    case protect::Unit::money:
      return fmt::format("{:.2f} {}", a * 1e-9, currency);
    case protect::Unit::energy:
      return fmt::format("{:.3g} kWh", a / 3.6e12);
    case protect::Unit::carbon:
      return fmt::format("{:.3g} g CO2e", a * 1e-9);
  }
  return {};
}

void budgets(const GatewayView& v, Wall now, std::vector<Condition>& out) {
  const std::string& currency = v.snapshot.config->ledger.currency;
  for (const protect::BudgetUse& b : v.snapshot.limits->budgets()) {
    const int64_t spent = b.account->view(now).spent;
    const bool gone = spent >= b.rule.limit;
    if (!gone && static_cast<double>(spent) < b.rule.soft * static_cast<double>(b.rule.limit)) continue;
    const std::string of = fmt::format("{} {}, {} per {}", protect::name(b.scope), b.subject,
                                       protect::name(b.rule.unit), text_of(b.rule.period));
    out.push_back({NoticeKind::budget, gone ? Severity::critical : Severity::warning, "budget of " + of,
                   fmt::format("{} of {} are spent ({}).{}", amount_text(spent, b.rule.unit, currency),
                               amount_text(b.rule.limit, b.rule.unit, currency), of,
                               gone && b.rule.hard ? " Requests are refused until the period ends." : ""),
                   0s});
  }
}

void ledger(const GatewayView& v, std::vector<Condition>& out) {
  if (v.ledger.full)
    out.push_back({NoticeKind::ledger, Severity::critical, "ledger",
                   "There is no room to record new work: make room on the ledger's disk.", 0s});
  if (!v.ledger.fold.last_error.empty())
    out.push_back({NoticeKind::ledger, Severity::warning, "ledger database",
                   "The database does not take records; they wait in the journal. The gateway's log says why.", 1min});
}

}  // namespace

std::vector<Condition> conditions_of(const GatewayView& view, Wall now) {
  std::vector<Condition> out;
  meters(view, now, out);
  grid(view, out);
  deployments(view, out);
  budgets(view, now, out);
  ledger(view, out);
  return out;
}

std::vector<Notice> ConditionWatch::look(const std::vector<Condition>& conditions, Wall now) {
  std::vector<Notice> notices;
  for (auto& [_, state] : states_) state.seen = false;
  for (const Condition& c : conditions) {
    std::string key = fmt::format("{} {} {}", name(c.kind), name(c.severity), c.subject);
    auto it = states_.find(key);
    if (it == states_.end()) {
      if (states_.size() >= kMost) continue;
      it = states_.emplace(std::move(key), State{c, now}).first;
    }
    State& s = it->second;
    s.seen = true;
    s.condition.sentence = c.sentence;
    if (s.told || now - s.since < c.hold) continue;
    s.told = true;
    notices.push_back({c.kind, NoticeState::begun, c.severity, c.subject, c.sentence, s.since});
  }
  for (auto it = states_.begin(); it != states_.end();) {
    if (it->second.seen) {
      ++it;
      continue;
    }
    const Condition& c = it->second.condition;
    if (it->second.told)
      notices.push_back({c.kind, NoticeState::over, c.severity, c.subject, "It is over. It was: " + c.sentence, now});
    it = states_.erase(it);
  }
  return notices;
}

}  // namespace trine::gateway
