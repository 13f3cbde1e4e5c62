// COIN-OR's CLP and CBC. Both are silent, bounded by seconds, and free what they made.
#include <coin/Cbc_C_Interface.h>
#include <coin/Clp_C_Interface.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "fleet/plan_lp.h"

namespace trine::fleet {
namespace {

constexpr int kOptimal = 0, kInfeasible = 1, kStopped = 3;  // Clp_status
constexpr double kWholeEnough = 1e-5;

struct FreeClp {
  void operator()(Clp_Simplex* m) const { Clp_deleteModel(m); }
};
struct FreeCbc {
  void operator()(void* m) const { Cbc_deleteModel(static_cast<Cbc_Model*>(m)); }
};

double finite(double v) {
  return std::isfinite(v) ? v : std::copysign(1e30, v);  // COIN's infinity is 1e30 or more
}

struct RowBounds {
  std::vector<double> low, high;
  explicit RowBounds(const PlanLp& lp) {
    for (const auto& r : lp.rows) low.push_back(finite(r.low)), high.push_back(finite(r.high));
  }
};

std::vector<double> finite(std::vector<double> v) {
  for (double& x : v) x = finite(x);
  return v;
}

void read_columns(const PlanModel& m, const PlanLp& lp, const double* at, LpAnswer& a) {
  a.requests = a.machines = Grid2<double>(m.hours, m.options);
  a.waiting.assign(m.hours, 0);
  for (size_t h = 0; h < m.hours; ++h) {
    if (lp.w[h] >= 0) a.waiting[h] = std::clamp(at[lp.w[h]] * lp.unit, 0.0, m.most_waiting[h]);
    for (size_t o = 0; o < m.options; ++o) {
      if (lp.x(h, o) < 0) continue;
      a.requests(h, o) = std::max(0.0, at[lp.x(h, o)] * lp.unit);
      if (m.api(o)) continue;
      a.machines(h, o) = lp.n(h, o) >= 0 ? at[lp.n(h, o)] : a.requests(h, o) / m.capacity[o];
    }
  }
}

void read_rows(const PlanModel& m, const PlanLp& lp, const double* price, LpAnswer& a) {
  const auto most = [&](int row) { return row < 0 ? 0 : std::max(0.0, -price[row]); };
  a.start = Grid2<double>(m.hours, m.options);
  for (const int row : lp.demand_row) a.demand.push_back(price[row] / lp.unit);
  for (const int row : lp.zone_row) a.zone.push_back(most(row));
  for (size_t h = 0; h < m.hours; ++h)
    for (size_t o = 0; o < m.options; ++o) a.start(h, o) = most(lp.start_row(h, o));
  a.budget = most(lp.budget_row);
}

}  // namespace

Result<LpAnswer> solve_lp(const PlanModel& model, const PlanLp& lp, double seconds) {
  const std::unique_ptr<Clp_Simplex, FreeClp> clp(Clp_newModel());
  Clp_setLogLevel(clp.get(), 0);
  const RowBounds rows(lp);
  const auto high = finite(lp.high);
  Clp_loadProblem(clp.get(), static_cast<int>(lp.cost.size()), static_cast<int>(lp.rows.size()), lp.begin.data(),
                  lp.row.data(), lp.element.data(), lp.low.data(), high.data(), lp.cost.data(), rows.low.data(),
                  rows.high.data());
  Clp_setMaximumSeconds(clp.get(), std::max(0.1, seconds));
  Clp_initialSolve(clp.get());
  const int status = Clp_status(clp.get());
  if (status == kInfeasible) return fail(Code::failed_precondition, "The linear programme has no solution.");
  if (status == kStopped)
    return fail(
        Code::deadline_exceeded,
        "The linear programme took more than {:.0f} s; give it longer (--seconds) or ask for fewer hours (--hours).",
        seconds);
  if (status != kOptimal) return fail(Code::internal, "The solver gave up (status {}).", status);
  LpAnswer a;
  a.value = Clp_objectiveValue(clp.get());
  read_columns(model, lp, Clp_primalColumnSolution(clp.get()), a);
  read_rows(model, lp, Clp_dualRowSolution(clp.get()), a);
  return a;
}

Result<MipAnswer> solve_mip(const PlanModel& model, const PlanLp& lp, const Machines& first, double gap,
                            double seconds) {
  std::unique_ptr<void, FreeCbc> owner(Cbc_newModel());
  auto* cbc = static_cast<Cbc_Model*>(owner.get());
  Cbc_setLogLevel(cbc, 0);
  Cbc_setParameter(cbc, "log", "0");
  Cbc_setParameter(cbc, "ratioGap", fmt::format("{}", gap).c_str());
  Cbc_setParameter(cbc, "timeMode", "elapsed");
  Cbc_setParameter(cbc, "seconds", fmt::format("{:.1f}", std::max(0.1, seconds)).c_str());
  const RowBounds rows(lp);
  const auto high = finite(lp.high);
  Cbc_loadProblem(cbc, static_cast<int>(lp.cost.size()), static_cast<int>(lp.rows.size()), lp.begin.data(),
                  lp.row.data(), lp.element.data(), lp.low.data(), high.data(), lp.cost.data(), rows.low.data(),
                  rows.high.data());
  std::vector<int> columns;
  std::vector<double> values;
  for (size_t h = 0; h < model.hours; ++h)
    for (size_t o = 0; o < model.options; ++o)
      if (lp.n(h, o) >= 0) {
        Cbc_setInteger(cbc, lp.n(h, o));
        columns.push_back(lp.n(h, o)), values.push_back(first(h, o));
      }
  Cbc_setMIPStartI(cbc, static_cast<int>(columns.size()), columns.data(), values.data());
  Cbc_solve(cbc);
  MipAnswer a;
  a.bound = Cbc_isProvenOptimal(cbc) && gap == 0 ? Cbc_getObjValue(cbc) : Cbc_getBestPossibleObjValue(cbc);
  const double* solution = Cbc_bestSolution(cbc);
  if (!solution) return a;
  Machines n(model.hours, model.options);
  for (size_t h = 0; h < model.hours; ++h)
    for (size_t o = 0; o < model.options; ++o)
      if (lp.n(h, o) >= 0) n(h, o) = static_cast<int>(std::ceil(solution[lp.n(h, o)] - kWholeEnough));
  a.machines = std::move(n);
  return a;
}

}  // namespace trine::fleet
