#include "score/rank.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace trine::score {
namespace {

// "41 % cleaner", "2.4x dearer". `ratio` = a's figure / b's, lower is better.
std::string difference(double ratio, const char* better, const char* worse) {
  if (std::abs(ratio - 1) < 0.005) return {};
  if (ratio < 1) return fmt::format("{:.0f} % {}", std::max(1.0, (1 - ratio) * 100), better);
  if (ratio >= 2) return fmt::format("{:.1f}x {}", ratio, worse);
  return fmt::format("{:.0f} % {}", std::max(1.0, (ratio - 1) * 100), worse);
}

std::string refused(const std::vector<Rejected>& rejected, std::span<const Option> options) {
  constexpr size_t kMost = 3;
  std::string text;
  for (size_t i = 0; i < std::min(kMost, rejected.size()); ++i)
    text += fmt::format("{}{}: {}", i ? "; " : "", options[rejected[i].index].id, rejected[i].message);
  if (rejected.size() > kMost) text += fmt::format("; and {} more", rejected.size() - kMost);
  return text;
}

std::string reason_of(const Verdict& v, std::span<const Option> options) {
  if (options.empty()) return "no deployment is configured for this model";
  if (!v.choice) return fmt::format("none may serve ({})", refused(v.rejected, options));
  const Option& winner = options[v.choice->index];
  std::string text = fmt::format("{}: score {:.2f}", winner.id, v.choice->score);
  if (v.ordered.size() == 1) {
    text += "; the only one that may serve";
    if (!v.rejected.empty()) text += fmt::format(" ({})", refused(v.rejected, options));
    return text;
  }
  const size_t other = v.ordered[0].index == v.choice->index ? v.ordered[1].index : v.ordered[0].index;
  text += "; " + compare(winner, options[other]);
  if (v.choice->by == Decider::hysteresis)
    text += fmt::format("; kept, {} is not enough better to move", options[other].id);
  if (v.choice->by == Decider::marginal)
    text += fmt::format("; a tie, {:.3g} J a token more against {:.3g}", winner.marginal_joules,
                        options[other].marginal_joules);
  return text;
}

}  // namespace

std::string compare(const Option& a, const Option& b) {
  // The strongest point first.
  struct Point {
    double strength;
    std::string text;
  };
  const auto ratio = [](double x, double y) { return y > 0 ? x / y : 1; };
  const double carbon = ratio(a.axes().g_per_mtok, b.axes().g_per_mtok);
  const double cost = ratio(a.axes().eur_per_mtok, b.axes().eur_per_mtok);
  const double control = ratio(b.axes().control, a.axes().control);  // inverted: lower is better
  std::vector<Point> points;
  const auto point = [&](double r, std::string text) {
    if (!text.empty()) points.push_back({r, std::move(text)});
  };
  point(carbon, difference(carbon, "cleaner", "dirtier"));
  point(cost, difference(cost, "cheaper", "dearer"));
  if (std::abs(control - 1) >= 0.005)
    point(control, control < 1 ? fmt::format("{:.0f} % more control", std::max(1.0, (1 / control - 1) * 100))
                               : fmt::format("{:.0f} % less control", std::max(1.0, (1 - 1 / control) * 100)));
  if (points.empty()) return fmt::format("as good as {}", b.id);
  std::stable_sort(points.begin(), points.end(),
                   [](const Point& x, const Point& y) { return x.strength < y.strength; });
  std::string text = fmt::format("{} than {}", points[0].text, b.id);
  for (size_t i = 1; i < points.size(); ++i) text += ", " + points[i].text;
  return text;
}

Verdict rank(std::span<const Option> options, const Policy& policy, const Need& need, std::string_view incumbent) {
  Verdict v;
  Axes best{0, 0, 0};
  for (size_t i = 0; i < options.size(); ++i) {
    const Option& o = options[i];
    if (const Unfit why = unfit(o, need); why != Unfit::no) {
      v.rejected.push_back({i, why, explain(why, o, need)});
      continue;
    }
    const bool first = v.ordered.empty();
    best.eur_per_mtok = first ? o.axes().eur_per_mtok : std::min(best.eur_per_mtok, o.axes().eur_per_mtok);
    best.g_per_mtok = first ? o.axes().g_per_mtok : std::min(best.g_per_mtok, o.axes().g_per_mtok);
    best.control = std::max(best.control, o.axes().control);
    v.ordered.push_back({i, log_score(o.figures, policy.weights) + ln_in_time(o.slo_miss), {}});
  }
  const auto higher = [](const Ranked& a, const Ranked& b) { return a.score > b.score; };
  std::stable_sort(v.ordered.begin(), v.ordered.end(), higher);
  // Those that tie with the first, as choose() breaks ties (where none is crowded).
  const auto tied_end = std::find_if(v.ordered.begin(), v.ordered.end(),
                                     [&](const Ranked& r) { return v.ordered.front().score - r.score > policy.tie; });
  std::stable_sort(v.ordered.begin(), tied_end, [&](const Ranked& a, const Ranked& b) {
    const Option &x = options[a.index], &y = options[b.index];
    return std::tie(x.marginal_joules, x.running, x.id) < std::tie(y.marginal_joules, y.running, y.id);
  });
  const double ideal = v.ordered.empty() ? 0 : log_score(best, policy.weights);
  for (Ranked& r : v.ordered) {
    r.score = std::min(1.0, std::exp(r.score - ideal));
    const Axes& a = options[r.index].axes();
    r.factors = {best.eur_per_mtok / a.eur_per_mtok, best.g_per_mtok / a.g_per_mtok, a.control / best.control};
  }
  Favour favour;
  for (size_t i = 0; i < options.size() && !incumbent.empty(); ++i)
    if (options[i].id == incumbent) favour.incumbent = i;
  v.choice = choose(options, policy, need, favour);
  v.reason = reason_of(v, options);
  return v;
}

}  // namespace trine::score
