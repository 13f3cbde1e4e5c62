#include "fleet/plan_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace trine::fleet {
namespace {

bool amount(double v) {
  return std::isfinite(v) && v >= 0;
}

Result<void> check_series(const PlanOption& o, const char* what, const std::vector<double>& v, size_t hours) {
  if (v.size() != hours)
    return fail(Code::invalid_argument, "Option \"{}\" has {} for {} hours, and the plan has {}.", o.name, what,
                v.size(), hours);
  const auto bad = std::find_if_not(v.begin(), v.end(), amount);
  if (bad == v.end()) return {};
  return fail(Code::invalid_argument, "Option \"{}\": {} of hour {} is {}, which is no amount.", o.name, what,
              bad - v.begin(), *bad);
}

Result<void> check_option(const PlanOption& o, size_t hours) {
  if (auto ok = check_series(o, "the price of a request", o.eur_per_request, hours); !ok) return ok;
  if (auto ok = check_series(o, "the carbon of a request", o.kg_per_request, hours); !ok) return ok;
  if (!amount(o.requests_per_machine_hour) || !amount(o.startup_hours) || !amount(o.eur_per_start) ||
      !amount(o.kg_per_start) || o.startup_hours > static_cast<double>(kMostPlanHours) || o.running < 0 || o.min < 0)
    return fail(Code::invalid_argument, "Option \"{}\": capacity, start-up and machines must be 0 or more.", o.name);
  if (o.requests_per_machine_hour == 0) return {};
  if (auto ok = check_series(o, "the price of an hour", o.eur_per_machine_hour, hours); !ok) return ok;
  if (auto ok = check_series(o, "the carbon of an hour", o.kg_per_machine_hour, hours); !ok) return ok;
  if (o.min > o.max)
    return fail(Code::failed_precondition, "Option \"{}\" must keep {} machines and may have {} at most.", o.name,
                o.min, o.max);
  return {};
}

Result<void> check(const PlanProblem& p) {
  if (p.requests.empty() || p.hours() > kMostPlanHours || p.options.size() * p.hours() > kMostPlanCells)
    return fail(Code::invalid_argument, "A plan has 1 to {} hours, and at most {} options x hours.", kMostPlanHours,
                kMostPlanCells);
  if (p.options.empty()) return fail(Code::failed_precondition, "There is no option that could serve.");
  for (const auto* v : {&p.requests, &p.waiting})
    if (!std::all_of(v->begin(), v->end(), amount))
      return fail(Code::invalid_argument, "Requests of an hour must be a number, 0 or more.");
  if (p.waiting.size() > p.hours())
    return fail(Code::invalid_argument, "Requests wait for {} hours, and the plan has {}.", p.waiting.size(),
                p.hours());
  if (!(p.deferrable >= 0 && p.deferrable <= 1) || p.defer_hours < 0)
    return fail(Code::invalid_argument, "The deferrable share must be from 0 to 1, and its hours 0 or more.");
  for (const auto& o : p.options)
    if (auto ok = check_option(o, p.hours()); !ok) return ok;
  return {};
}

// What starting a machine that serves from hour h on costs: the hours before it in which it is on already. Before the
// plan begins, hour 0's price stands.
Amount2 start_of(const PlanModel& m, const PlanOption& po, size_t h, size_t o) {
  Amount2 sum{po.eur_per_start, po.kg_per_start};
  double left = po.startup_hours;
  for (size_t t = h; left > 0; left -= 1) {
    if (t > 0) --t;
    sum += std::min(1.0, left) * m.on(t, o);
  }
  return sum;
}

void price(PlanModel& m) {
  for (size_t o = 0; o < m.options; ++o) {
    const PlanOption& po = m.problem->options[o];
    for (size_t h = 0; h < m.hours; ++h) {
      m.request(h, o) = {po.eur_per_request[h], po.kg_per_request[h]};
      if (m.api(o)) continue;
      m.on(h, o) = {po.eur_per_machine_hour[h], po.kg_per_machine_hour[h]};
      const bool ready = static_cast<int64_t>(h) >= po.ready_hour;
      m.hi(h, o) = ready ? po.max : std::min(po.max, po.running);
      m.lo(h, o) = ready ? po.min : std::min(po.min, po.running);
    }
    if (m.api(o)) continue;
    for (size_t h = 0; h < m.hours; ++h) m.start(h, o) = start_of(m, po, h, o);
  }
}

void defer(PlanModel& m) {
  const PlanProblem& p = *m.problem;
  const size_t last = m.hours - 1;
  m.demand = p.requests;
  m.most_waiting.assign(m.hours, 0);
  std::vector<double> due(m.hours, 0);
  double waiting = 0;
  for (size_t d = 0; d < p.waiting.size(); ++d) due[d] += p.waiting[d], waiting += p.waiting[d];
  m.demand[0] += waiting;
  const auto wait = static_cast<size_t>(p.defer_hours);
  for (size_t h = 0; h < m.hours; ++h) due[std::min(last, h + wait)] += p.deferrable * p.requests[h];
  for (size_t h = 0; h < m.hours; ++h) {
    waiting += p.deferrable * p.requests[h] - due[h];
    m.most_waiting[h] = h == last || waiting < 1e-9 ? 0 : waiting;
    m.defers = m.defers || m.most_waiting[h] > 0;
  }
}

// Requests that all machines together can serve in an hour, caps kept; the largest machines first is the most.
double most_served(const PlanModel& m, size_t h) {
  std::vector<size_t> order(m.options);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return m.capacity[a] > m.capacity[b]; });
  std::vector<int> left = m.zone_cap;
  for (size_t o = 0; o < m.options; ++o)  // minimum replicas take their place first
    if (m.zone[o] >= 0) left[static_cast<size_t>(m.zone[o])] -= m.lo(h, o);
  double sum = 0;
  for (const size_t o : order) {
    if (m.api(o)) return kNoLimit;
    int n = m.hi(h, o);
    if (m.zone[o] >= 0) {
      int& zone = left[static_cast<size_t>(m.zone[o])];
      n = std::min(n, m.lo(h, o) + std::max(0, zone));
      zone -= n - m.lo(h, o);
    }
    sum += n * m.capacity[o];
  }
  return sum;
}

Result<void> check_zones(const PlanModel& m) {
  for (size_t z = 0; z < m.zone_cap.size(); ++z) {
    int least = 0;
    std::string zone;
    for (size_t o = 0; o < m.options; ++o)
      if (m.zone[o] == static_cast<int>(z)) least += m.problem->options[o].min, zone = m.problem->options[o].zone;
    if (least > m.zone_cap[z])
      return fail(Code::failed_precondition, "Zone {} may have {} machines, and its options must keep {}.", zone,
                  m.zone_cap[z], least);
  }
  return {};
}

std::string why_full(const PlanModel& m, size_t h) {
  std::string text;
  for (size_t o = 0; o < m.options && o < 6; ++o) {
    const PlanOption& po = m.problem->options[o];
    text += fmt::format("{}{} {}{}", o ? ", " : "", m.hi(h, o), po.name,
                        m.hi(h, o) < po.max ? fmt::format(" (more are ready from hour {} on)", po.ready_hour) : "");
  }
  if (m.options > 6) text += ", ...";
  for (const auto& [zone, cap] : m.problem->zone_caps) text += fmt::format("; zone {} has {} at most", zone, cap);
  return text;
}

// Every stretch of hours must have room for what has to be served within it.
Result<void> check_room(const PlanModel& m) {
  std::vector<double> room(m.hours);
  for (size_t h = 0; h < m.hours; ++h) room[h] = most_served(m, h);
  // What waits at the end of h is at least what room has left over, and at most most_waiting.
  double waiting = 0;
  for (size_t h = 0; h < m.hours; ++h) {
    waiting = std::max(0.0, waiting + m.demand[h] - room[h]);
    if (waiting <= m.most_waiting[h] * (1 + 1e-9) + 1e-6) continue;
    return fail(Code::failed_precondition,
                "Hour {} ({}) has {:.0f} requests that cannot wait longer, {:.0f} more than all options together can "
                "serve ({:.0f}: {}). Raise max or the zone's cap, or add an API or another option.",
                h, iso8601(m.problem->start + std::chrono::hours(h)), waiting - m.most_waiting[h] + room[h],
                waiting - m.most_waiting[h], room[h], why_full(m, h));
  }
  return {};
}

bool no_more(Amount2 a, Amount2 b) {
  return a.eur <= b.eur && a.kg <= b.kg;
}

// b does all that a does for no more, and is never short: any plan with a can have b in its place (exact).
bool replaces(const PlanModel& m, size_t b, size_t a, double peak) {
  const PlanOption &pa = m.problem->options[a], &pb = m.problem->options[b];
  if (pa.min > 0 || pa.running > 0) return false;
  for (size_t h = 0; h < m.hours; ++h)
    if (!no_more(m.request(h, b), m.request(h, a)) && !m.api(b)) return false;
  if (m.api(b)) {  // even a machine that is full costs more
    for (size_t h = 0; h < m.hours; ++h) {
      Amount2 full = m.request(h, a);
      if (!m.api(a)) full += (1 / m.capacity[a]) * m.on(h, a);
      if (!no_more(m.request(h, b), full)) return false;
    }
    return true;
  }
  if (m.api(a) || m.zone[b] >= 0 || m.capacity[b] < m.capacity[a] || pb.ready_hour > pa.ready_hour ||
      pb.max < std::ceil(peak / m.capacity[b]) + pb.min)
    return false;
  for (size_t h = 0; h < m.hours; ++h)
    if (!no_more(m.on(h, b), m.on(h, a)) || !no_more(m.start(h, b), m.start(h, a))) return false;
  return true;
}

void find_dominated(PlanModel& m) {
  double peak = 0, waiting = 0;
  for (size_t h = 0; h < m.hours; ++h) {
    peak = std::max(peak, m.demand[h] + waiting);
    waiting = m.most_waiting[h];
  }
  for (size_t a = 0; a < m.options; ++a)
    for (size_t b = 0; b < m.options && !m.dominated[a]; ++b)
      if (a != b && !m.dominated[b] && replaces(m, b, a, peak)) m.dominated[a] = true;
  for (size_t a = 0; a < m.options; ++a)
    if (m.dominated[a])
      for (size_t h = 0; h < m.hours; ++h) m.hi(h, a) = 0;
}

}  // namespace

Result<PlanModel> compile(const PlanProblem& p) {
  if (auto ok = check(p); !ok) return tl::unexpected(ok.error());
  PlanModel m;
  m.problem = &p;
  m.hours = p.hours(), m.options = p.options.size();
  m.lo = m.hi = Grid2<int>(m.hours, m.options);
  m.on = m.request = m.start = Grid2<Amount2>(m.hours, m.options);
  m.dominated.assign(m.options, false);
  std::map<std::string, int> zones;
  for (const auto& [zone, cap] : p.zone_caps) {
    zones.emplace(zone, static_cast<int>(m.zone_cap.size()));
    m.zone_cap.push_back(std::max(0, cap));
  }
  for (const auto& o : p.options) {
    m.capacity.push_back(o.requests_per_machine_hour);
    const auto zone = zones.find(o.zone);
    m.zone.push_back(zone == zones.end() || o.requests_per_machine_hour == 0 ? -1 : zone->second);
    m.running.push_back(o.running);
  }
  price(m);
  defer(m);
  if (auto ok = check_zones(m); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_room(m); !ok) return tl::unexpected(ok.error());
  find_dominated(m);
  return m;
}

}  // namespace trine::fleet
