#include "score/choose.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trine::score {

std::optional<Choice> choose(std::span<const Option> options, const Policy& policy, const Need& need,
                             std::string_view incumbent) {
  constexpr double kNone = -std::numeric_limits<double>::infinity();
  constexpr size_t kNobody = std::numeric_limits<size_t>::max();
  Axes best{std::numeric_limits<double>::max(), std::numeric_limits<double>::max(), 0};
  Choice choice;
  double top = kNone, seated = kNone;
  size_t first = kNobody, seat = kNobody;
  double runner_up = kNone;
  for (size_t i = 0; i < options.size(); ++i) {
    const Option& o = options[i];
    if (unfit(o, need) != Unfit::no) continue;
    ++choice.candidates;
    best.eur_per_mtok = std::min(best.eur_per_mtok, o.axes().eur_per_mtok);
    best.g_per_mtok = std::min(best.g_per_mtok, o.axes().g_per_mtok);
    best.control = std::max(best.control, o.axes().control);
    const double score = log_score(o.figures, policy.weights);
    if (!incumbent.empty() && o.id == incumbent) seat = i, seated = score;
    if (score > top) {
      runner_up = top;
      top = score;
      first = i;
    } else {
      runner_up = std::max(runner_up, score);
    }
  }
  if (first == kNobody) return std::nullopt;

  choice.index = first;
  double chosen = top;
  if (seat != kNobody && top - seated <= std::log1p(policy.hysteresis)) {
    choice.index = seat;
    choice.kept = seated < top - policy.tie;
    chosen = seated;
  } else if (top - runner_up <= policy.tie) {  // rare: look at all that tie with the best
    for (size_t i = 0; i < options.size(); ++i) {
      const Option& o = options[i];
      const Option& now = options[choice.index];
      if (i == choice.index || unfit(o, need) != Unfit::no) continue;
      if (top - log_score(o.figures, policy.weights) > policy.tie) continue;
      const bool fewer = o.marginal_joules < now.marginal_joules;
      if (fewer || (o.marginal_joules == now.marginal_joules && o.id < now.id)) choice.index = i;
      if (o.marginal_joules != now.marginal_joules) choice.by_marginal = true;
    }
    chosen = log_score(options[choice.index].figures, policy.weights);
  }
  choice.score = std::min(1.0, std::exp(chosen - log_score(best, policy.weights)));
  return choice;
}

}  // namespace trine::score
