#include "fleet/plan.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "fleet/plan_search.h"

namespace trine::fleet {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double kTie = 1e-7;    // weight of the other axis where one alone decides
constexpr double kMeets = 1e-9;  // relative: of a budget
constexpr int kBisections = 9;
constexpr int kGrowths = 60;
constexpr int kWaitingRounds = 4;
constexpr size_t kMipCells = 20'000;  // beyond these hours x options branch and cut proves nothing in time

double left(Deadline until) {
  return std::max(0.0, std::chrono::duration<double>(until - SteadyClock::now()).count());
}

struct Found {
  Draft draft;
  Amount2 amount;
  Weights weights;  // by which it was decided who serves what
  double value = kNoLimit, bound = 0;
  bool by_mip = false;
};

Weights budget_weights(bool of_eur, double t) {
  return of_eur ? Weights{std::max(t, kTie), 1} : Weights{1, std::max(t, kTie)};
}

class Planner {
 public:
  Planner(const PlanModel& m, const PlanLimits& limits)
      : m_(m),
        limits_(limits),
        until_(SteadyClock::now() +
               std::chrono::nanoseconds(static_cast<int64_t>(std::clamp(limits.seconds, 0.01, 3600.0) * 1e9))) {}

  // Without a proof: the search from each hour alone, from `hint` or from the plan before.
  Result<Found> search(Weights w, const Draft* hint = nullptr) const {
    Draft draft;
    draft.waiting.assign(m_.hours, 0);
    if (m_.defers) {
      const auto lp = solve_lp(m_, build_lp(m_, w, {}), left(until_) + 1);
      if (!lp) return tl::unexpected(lp.error());
      draft.waiting = lp->waiting;
    }
    Hours alone = hours_alone(m_, w, draft.waiting);
    draft.machines = std::move(alone.machines);
    Found best = judged(w, improve(m_, w, std::move(draft), until_));
    if (best.value == kNoLimit) return fail(Code::internal, "The search found no plan where there is one.");
    if (!m_.defers) best.bound = alone.bound;
    for (const auto& start : {hint ? std::optional<Draft>(*hint) : std::nullopt, before()}) {
      if (!start || !settle(m_, w, *start).possible) continue;
      take(best, judged(w, improve(m_, w, *start, until_)));
    }
    if (m_.defers) rearrange(w, best);
    return best;
  }

  // With a bound, and the mixed-integer solver where the two are too far apart. `budget`: w is the Lagrangian's, and
  // the solver keeps the budget itself.
  Result<Found> certified(Weights w) const {
    auto found = search(w);
    if (!found) return found;
    if (!limits_.certify || near(found->value, found->bound)) return found;
    const auto lp = solve_lp(m_, build_lp(m_, w, {}), left(until_));
    if (lp) {
      found->bound = std::max(found->bound, lp->value);
      // Where zones or work that may wait tie the hours together, its machines are no plan.
      const auto visit = [&](const Machines& machines) {
        if (m_.defers || !m_.zone_cap.empty()) return;
        take(*found, judged(w, improve(m_, w, {machines, found->draft.waiting}, until_)));
      };
      if (!near(found->value, found->bound)) raise(w, *lp, *found, visit);
    }
    if (near(found->value, found->bound) || !branch()) return found;
    const auto mip =
        solve_mip(m_, build_lp(m_, w, {.all_columns = true}), found->draft.machines, limits_.gap / 2, left(until_));
    if (!mip) return tl::unexpected(mip.error());
    if (mip->bound > found->bound) found->bound = std::min(mip->bound, found->value), found->by_mip = true;
    if (mip->machines)
      if (auto draft = with_waiting(w, *mip->machines); draft && take(*found, judged(w, std::move(*draft))))
        found->by_mip = true;
    return found;
  }

  // The least of one axis with the other within `most`.
  struct Budgeted {
    Found found;
    double multiplier = 0;  // of the budget's axis beside 1 of the other
  };
  Result<Budgeted> within(bool of_eur, double most, const Found* known = nullptr) const {
    const auto weights = [&](double t) {
      return of_eur ? Weights{std::max(t, kTie), 1} : Weights{1, std::max(t, kTie)};
    };
    const auto spent = [&](const Found& f) { return of_eur ? f.amount.eur : f.amount.kg; };
    const Weights pure = of_eur ? Weights{0, 1} : Weights{1, 0};
    const auto lp = solve_lp(m_, build_lp(m_, pure, {.budget = Budget{of_eur, most}}), left(until_) + 1);
    if (!lp) return tl::unexpected(lp.error().code == Code::failed_precondition ? too_small(of_eur, most) : lp.error());
    const auto meets = [&](const Found& f) { return spent(f) <= most * (1 + kMeets); };
    double high = lp->budget, low = 0;
    std::optional<Found> under, over;
    for (int i = 0; i < kGrowths && !under; ++i) {
      const Draft* hint = over ? &over->draft : nullptr;
      auto f = search(weights(high), hint);
      if (!f) return tl::unexpected(f.error());
      if (meets(*f)) {
        under = std::move(*f);
        break;
      }
      over = std::move(*f), low = high;
      high = high > 0 ? high * (i < 4 ? 1.25 : 2.5) : 1e-3 * std::max(lp->value, 1e-9) / std::max(most, 1e-9);
    }
    if (!under) {  // the budget's axis alone
      auto f = search(of_eur ? Weights{1, kTie} : Weights{kTie, 1});
      if (!f) return tl::unexpected(f.error());
      if (!meets(*f)) return tl::unexpected(just_too_small(of_eur, most, spent(*f)));
      under = std::move(*f);
    }
    if (high > 0 && (over || lp->budget > 0)) bisect(weights, meets, pure, low, high, *under, over);
    if (known && meets(*known) && pure(known->amount) < pure(under->amount)) under = *known;
    if (over) repair(pure, of_eur, most, *over, *under);
    Budgeted out{std::move(*under), high};
    out.found.value = pure(out.found.amount);
    out.found.bound = lp->value;
    if (limits_.certify && !near(out.found.value, out.found.bound)) certify(pure, of_eur, most, *lp, out.found);
    return out;
  }

 private:
  static Error too_small_text(bool of_eur, double most, double least, const char* how) {
    return {Code::failed_precondition,
            of_eur ? fmt::format("A cost budget of {:.2f} is under the least possible, {:.2f} ({}).", most, least, how)
                   : fmt::format("A carbon budget of {:.6g} kg is under the least possible, {:.6g} kg ({}).", most,
                                 least, how)};
  }
  Error too_small(bool of_eur, double most) const {
    const auto least = solve_lp(m_, build_lp(m_, of_eur ? Weights{1, 0} : Weights{0, 1}, {}), left(until_) + 1);
    return least ? too_small_text(of_eur, most, least->value, "even with fractions of machines") : least.error();
  }
  static Error just_too_small(bool of_eur, double most, double found) {
    return too_small_text(of_eur, most, found, "with whole machines, as far as was found");
  }

  bool near(double value, double bound) const { return value - bound <= limits_.gap * std::abs(value); }
  bool branch() const { return limits_.mip && m_.hours * m_.options <= kMipCells && left(until_) > 0.1; }

  // The bound, by the Lagrangian. Leaves the mixed-integer solver its share of the time.
  template <class Visit>
  void raise(Weights w, const LpAnswer& lp, Found& found, const Visit& visit) const {
    const auto share = std::chrono::duration_cast<SteadyClock::duration>((until_ - SteadyClock::now()) * 2 / 3);
    const double enough = found.value - limits_.gap * std::abs(found.value);
    found.bound = std::max(found.bound, ascend(m_, w, lp, found.value, enough, SteadyClock::now() + share, visit));
  }

  Found judged(Weights w, Draft draft) const {
    Found f;
    const Settled s = settle(m_, w, draft);
    f.draft = std::move(draft);
    f.amount = s.amount, f.weights = w;
    if (s.possible) f.value = w(s.amount);
    return f;
  }

  static bool take(Found& best, Found&& other) {
    if (!(other.value < best.value)) return false;
    other.bound = best.bound;
    best = std::move(other);
    return true;
  }

  // The plan that is replaced, its hours by time and its last one kept; hours that it has too few in are not possible
  // and then it is no start.
  std::optional<Draft> before() const {
    const Plan* p = limits_.previous;
    if (!p || p->machines.empty() || m_.defers) return std::nullopt;
    Draft draft{Machines(m_.hours, m_.options), std::vector<double>(m_.hours, 0)};
    for (size_t o = 0; o < m_.options; ++o) {
      const auto name = std::find(p->options.begin(), p->options.end(), m_.problem->options[o].name);
      if (name == p->options.end()) continue;
      const auto from = static_cast<size_t>(name - p->options.begin());
      for (size_t h = 0; h < m_.hours; ++h) {
        const auto at = (m_.problem->start + std::chrono::hours(h) - p->start) / std::chrono::hours(1);
        const auto last = static_cast<int64_t>(p->machines.size()) - 1;
        const auto row = static_cast<size_t>(std::clamp<int64_t>(at, 0, last));
        draft.machines(h, o) = std::clamp(p->machines[row][from], m_.lo(h, o), m_.hi(h, o));
      }
    }
    for (size_t h = 0; h < m_.hours; ++h) {  // caps may have become smaller
      std::vector<int> room = m_.zone_cap;
      for (size_t o = 0; o < m_.options; ++o)
        if (m_.zone[o] >= 0 && (room[static_cast<size_t>(m_.zone[o])] -= draft.machines(h, o)) < 0) return std::nullopt;
    }
    return draft;
  }

  // Which work waits, for these machines or fewer.
  std::optional<Draft> with_waiting(Weights w, const Machines& machines, bool fixed = true) const {
    Draft draft{machines, std::vector<double>(m_.hours, 0)};
    if (!m_.defers) return draft;
    const auto lp = solve_lp(m_, build_lp(m_, w, {.most = &machines, .fixed = fixed}), left(until_) + 1);
    if (!lp) return std::nullopt;
    draft.waiting = lp->waiting;
    return draft;
  }

  // Work that may wait is put where fewer machines would do, and the search goes on from there.
  void rearrange(Weights w, Found& best) const {
    for (int i = 0; i < kWaitingRounds && left(until_) > 0; ++i) {
      auto draft = with_waiting(w, best.draft.machines, false);
      if (!draft || !take(best, judged(w, improve(m_, w, std::move(*draft), until_)))) break;
    }
    if (auto draft = with_waiting(w, best.draft.machines)) take(best, judged(w, std::move(*draft)));
  }

  template <class WeightsOf, class Meets>
  void bisect(const WeightsOf& weights, const Meets& meets, Weights pure, double& low, double& high, Found& under,
              std::optional<Found>& over) const {
    for (int i = 0; i < kBisections && left(until_) > 0; ++i) {
      const double middle = low > 0 ? std::sqrt(low * high) : high / 2;
      if (low > 0 && high / low < 1.0005) break;
      auto f = search(weights(middle), &under.draft);
      if (!f) break;
      if (meets(*f)) {
        high = middle;
        if (pure(f->amount) <= pure(under.amount)) under = std::move(*f);
      } else {
        low = middle;
        over = std::move(*f);
      }
    }
  }

  // Stretches of hours in which the two plans differ are taken from the one over the budget, the most gain per spent
  // unit first, as far as the budget goes.
  void repair(Weights pure, bool of_eur, double most, const Found& over, Found& under) const {
    if (m_.defers) return;
    const Weights axis = of_eur ? Weights{1, 0} : Weights{0, 1};
    const auto differs = [&](size_t h) {
      return !std::equal(over.draft.machines.row(h), over.draft.machines.row(h) + m_.options,
                         under.draft.machines.row(h));
    };
    bool again = true;
    while (again && left(until_) > 0) {
      again = false;
      std::optional<Found> best;
      double best_rate = 0;
      for (size_t h = 0; h < m_.hours; ++h) {
        Draft draft = under.draft;
        for (size_t end = h; end < m_.hours && differs(end) && end < h + 24; ++end) {
          std::copy_n(over.draft.machines.row(end), m_.options, draft.machines.row(end));
          if (end + 1 < m_.hours && differs(end + 1) && (end - h) % 4 != 0) continue;
          Found f = judged(pure, draft);
          const double gain = pure(under.amount) - pure(f.amount), spent = axis(f.amount) - axis(under.amount);
          if (f.value == kNoLimit || axis(f.amount) > most || gain <= 1e-12 * pure(under.amount)) continue;
          const double rate = spent > 0 ? gain / spent : kNoLimit;
          if (best && rate <= best_rate) continue;
          best = std::move(f), best_rate = rate;
        }
      }
      if (best) under = std::move(*best), again = true;
    }
  }

  void certify(Weights pure, bool of_eur, double most, const LpAnswer& lp, Found& found) const {
    const Weights w = of_eur ? Weights{lp.budget, 1} : Weights{1, lp.budget};
    Found lagrange = found;  // with the budget at its price
    lagrange.value = w(found.amount), lagrange.bound = 0;
    raise(w, lp, lagrange, [](const Machines&) {});
    found.bound = std::max(found.bound, lagrange.bound - lp.budget * most);
    if (near(found.value, found.bound) || !branch()) return;
    const auto with_row = build_lp(m_, pure, {.all_columns = true, .budget = Budget{of_eur, most}});
    const auto mip = solve_mip(m_, with_row, found.draft.machines, limits_.gap / 2, left(until_));
    if (!mip) return;
    if (mip->bound > found.bound) found.bound = std::min(mip->bound, found.value), found.by_mip = true;
    if (!mip->machines) return;
    // Who serves what: as the multiplier has it, or more and more as the budget's axis does, until it is kept.
    for (const double more : {1.0, 2.0, 8.0, 64.0, 1e6}) {
      const Weights by = budget_weights(of_eur, std::max(lp.budget, kTie) * more);
      auto draft = with_waiting(by, *mip->machines);
      if (!draft) return;
      Found f = judged(by, std::move(*draft));
      if (f.value == kNoLimit || (of_eur ? f.amount.eur : f.amount.kg) > most * (1 + kMeets)) continue;
      f.value = pure(f.amount);
      if (take(found, std::move(f))) found.by_mip = true;
      return;
    }
  }

  const PlanModel& m_;
  const PlanLimits& limits_;
  Deadline until_;
};

Plan finished(const PlanModel& m, Found&& f) {
  Plan p;
  p.start = m.problem->start;
  for (const auto& o : m.problem->options) p.options.push_back(o.name);
  const Settled s = settle(m, f.weights, f.draft);
  for (size_t h = 0; h < m.hours; ++h) {
    const int* n = f.draft.machines.row(h);
    p.machines.emplace_back(n, n + m.options);
    p.requests.emplace_back(s.requests.row(h), s.requests.row(h) + m.options);
    auto& starts = p.starts.emplace_back(m.options, 0);
    for (size_t o = 0; o < m.options; ++o)
      starts[o] = std::max(0, n[o] - (h > 0 ? f.draft.machines(h - 1, o) : m.running[o]));
  }
  p.postponed = std::move(f.draft.waiting);
  p.eur = s.amount.eur, p.kg = s.amount.kg;
  p.value = f.value, p.bound = std::min(f.bound, f.value);
  p.gap = p.value > 0 ? (p.value - p.bound) / p.value : 0;
  p.by_mip = f.by_mip;
  return p;
}

Result<void> check(const Goal& goal) {
  if (std::isfinite(goal.value) && goal.value >= 0) return {};
  return fail(Code::invalid_argument, "What a plan is to reach must be a number, 0 or more.");
}

Weights lambda_weights(double lambda) {
  return {1, std::max(lambda, kTie)};
}

// By the budget's multiplier: eur per kg.
double lambda_of(bool of_eur, double multiplier) {
  if (!of_eur) return multiplier;
  return multiplier > 0 ? 1 / multiplier : kNoLimit;
}

}  // namespace

Result<Plan> plan(const PlanProblem& problem, const Goal& goal, const PlanLimits& limits) {
  if (auto ok = check(goal); !ok) return tl::unexpected(ok.error());
  const auto model = compile(problem);
  if (!model) return tl::unexpected(model.error());
  const Planner planner(*model, limits);
  if (goal.kind == Goal::Kind::lambda) {
    const Weights w = lambda_weights(goal.value);
    auto found = planner.certified(w);
    if (!found) return tl::unexpected(found.error());
    Plan p = finished(*model, std::move(*found));
    p.lambda = goal.value;
    p.value = p.eur + goal.value * p.kg;  // without the tie-break
    p.bound = std::min(p.bound, p.value);
    return p;
  }
  const bool of_eur = goal.kind != Goal::Kind::carbon_budget;
  double most = goal.value;
  std::optional<Found> known;
  if (goal.kind == Goal::Kind::cost_slack) {
    auto cheapest = planner.search(lambda_weights(0));
    if (!cheapest) return tl::unexpected(cheapest.error());
    most = (1 + goal.value) * cheapest->amount.eur;
    known = std::move(*cheapest);
  }
  auto found = planner.within(of_eur, most, known ? &*known : nullptr);
  if (!found) return tl::unexpected(found.error());
  Plan p = finished(*model, std::move(found->found));
  p.lambda = lambda_of(of_eur, found->multiplier);
  return p;
}

Result<std::vector<Plan>> pareto_front(const PlanProblem& problem, size_t points, const PlanLimits& limits) {
  const auto model = compile(problem);
  if (!model) return tl::unexpected(model.error());
  const Planner planner(*model, limits);
  struct Point {
    Found found;
    double lambda;
  };
  std::vector<Point> front;
  for (const bool clean : {false, true}) {
    auto f = planner.search(clean ? Weights{kTie, 1} : lambda_weights(0));
    if (!f) return tl::unexpected(f.error());
    front.push_back({std::move(*f), clean ? kNoLimit : 0});
  }
  const auto eur = [&](size_t i) { return front[i].found.amount.eur; };
  const auto kg = [&](size_t i) { return front[i].found.amount.kg; };
  // Between two neighbours, the slope of the line that joins them asks for what lies furthest under it. The widest
  // gap of the hull first.
  std::vector<bool> closed(1, false);
  const double eur_range = std::max(1e-12, eur(1) - eur(0)), kg_range = std::max(1e-12, kg(0) - kg(1));
  while (front.size() < points) {
    size_t at = front.size();
    double widest = 1e-4;
    for (size_t i = 0; i + 1 < front.size(); ++i) {
      if (closed[i] || !(kg(i) > kg(i + 1))) continue;
      const double width = (eur(i + 1) - eur(i)) / eur_range * ((kg(i) - kg(i + 1)) / kg_range);
      if (width > widest) widest = width, at = i;
    }
    if (at == front.size()) break;
    const double lambda = (eur(at + 1) - eur(at)) / (kg(at) - kg(at + 1));
    auto f = planner.search(lambda_weights(lambda), &front[at].found.draft);
    if (!f) break;
    const bool inside =
        f->amount.eur > eur(at) && f->amount.eur < eur(at + 1) && f->amount.kg < kg(at) && f->amount.kg > kg(at + 1);
    if (!inside) {
      closed[at] = true;
      continue;
    }
    front.insert(front.begin() + static_cast<std::ptrdiff_t>(at) + 1, {std::move(*f), lambda});
    closed.insert(closed.begin() + static_cast<std::ptrdiff_t>(at) + 1, false);
  }
  std::vector<Plan> plans;
  for (auto& point : front) {
    Plan p = finished(*model, std::move(point.found));
    p.lambda = point.lambda;
    if (!plans.empty() && !(p.kg < plans.back().kg)) continue;
    plans.push_back(std::move(p));
  }
  return plans;
}

}  // namespace trine::fleet
