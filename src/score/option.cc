#include "score/option.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "score/control.h"

namespace trine::score {
namespace {

bool over_zero(double v) {
  return v > 0 && std::isfinite(v);
}
bool usable(const Axes& a) {
  return over_zero(a.eur_per_mtok) && over_zero(a.g_per_mtok) && a.control >= kControlFloor && a.control <= 1;
}

}  // namespace

Result<void> check(const Axes& a) {
  if (!over_zero(a.eur_per_mtok))
    return fail(Code::invalid_argument, "cost must be over 0 EUR/Mtok, got {}: its price is missing", a.eur_per_mtok);
  if (!over_zero(a.g_per_mtok))
    return fail(Code::invalid_argument, "carbon must be over 0 g/Mtok, got {}: its energy or its grid is missing",
                a.g_per_mtok);
  if (!usable(a)) return fail(Code::invalid_argument, "control must be from {} to 1, got {}", kControlFloor, a.control);
  return {};
}

Figures::Figures(const Axes& axes)
    : axes_(axes),
      ln_{std::log(axes.eur_per_mtok), std::log(axes.g_per_mtok), std::log(axes.control)},
      usable_(::trine::score::usable(axes)),
      control_usable_(axes.control >= kControlFloor && axes.control <= 1) {}

std::string explain(Unfit reason, const Option& o, const Need& n) {
  switch (reason) {
    case Unfit::no:
      return "may serve";
    case Unfit::banned:
      return "banned";
    case Unfit::unhealthy:
      return "unhealthy";
    case Unfit::endpoint:
      return "does not serve this endpoint";
    case Unfit::zone:
      return fmt::format("zone {} is not allowed", o.zone);
    case Unfit::jurisdiction:
      return fmt::format("jurisdiction {} is not allowed", o.jurisdiction);
    case Unfit::licence:
      return "licence does not allow this use";
    case Unfit::memory:
      return "model does not fit its memory";
    case Unfit::context:
      return fmt::format("context of {} tokens is under the {} asked for", o.context_limit, n.context);
    case Unfit::control:
      return fmt::format("control {:.2f} is under the {:.2f} asked for", o.axes().control, n.min_control);
    case Unfit::slo:
      if (n.max_ttft_s > 0 && o.ttft_p95_s > n.max_ttft_s)
        return fmt::format("p95 time to first token {:.2f} s is over {:.2f} s", o.ttft_p95_s, n.max_ttft_s);
      if (n.max_tpot_s > 0 && o.tpot_p95_s > n.max_tpot_s)
        return fmt::format("p95 time per token {:.0f} ms is over {:.0f} ms", o.tpot_p95_s * 1e3, n.max_tpot_s * 1e3);
      return fmt::format(
          "{:.0f} % of such requests would miss the SLO; the time expected is {:.1f} times what it allows",
          o.slo_miss * 100, o.slo_over);
    case Unfit::quota:
      return "quota used up";
    case Unfit::busy:
      return fmt::format("busy: {} of {} running", o.running, o.max_running);
    case Unfit::figures:
      break;
  }
  const auto ok = check(o.axes());
  return ok ? "figures are unusable" : ok.error().message;
}

Result<Weights> make_weights(double cost, double control, double carbon) {
  for (const double w : {cost, control, carbon}) {
    if (!(w >= 0) || !std::isfinite(w)) return fail(Code::invalid_argument, "a weight must be 0 or more, got {}", w);
  }
  const double sum = cost + control + carbon;
  if (!over_zero(sum)) return fail(Code::invalid_argument, "at least one weight must be over 0");
  return Weights{cost / sum, control / sum, carbon / sum};
}

Result<Weights> parse_weights(std::string_view text) {
  constexpr std::string_view kForm = "the form is cost=0.4,control=0.2,carbon=0.4";
  double sum = 0;
  std::array<double, 3> w{};
  std::array<bool, 3> given{};
  for (bool last = false; !last;) {
    const size_t comma = text.find(',');
    last = comma == std::string_view::npos;
    const std::string_view part = trim(text.substr(0, comma));
    if (!last) text.remove_prefix(comma + 1);
    const size_t equals = part.find('=');
    const std::string_view axis = trim(part.substr(0, equals));
    const size_t i = axis == "cost" ? 0 : axis == "control" ? 1 : axis == "carbon" ? 2 : 3;
    if (i == 3 || equals == std::string_view::npos)
      return fail(Code::invalid_argument, "each part must be cost, control or carbon, = and a number; {}", kForm);
    if (std::exchange(given[i], true)) return fail(Code::invalid_argument, "{} is there twice; {}", axis, kForm);
    const auto number = parse_number(trim(part.substr(equals + 1)));
    if (!number || !(*number >= 0 && *number <= 1))
      return fail(Code::invalid_argument, "{} must be a number from 0 to 1; {}", axis, kForm);
    w[i] = *number;
    sum += w[i];
  }
  if (std::abs(sum - 1) > 1e-6) return fail(Code::invalid_argument, "the weights sum to {:.6g}, not to 1", sum);
  return make_weights(w[0], w[1], w[2]);
}

}  // namespace trine::score
