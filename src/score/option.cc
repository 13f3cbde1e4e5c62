#include "score/option.h"

#include <algorithm>
#include <cmath>

#include "score/control.h"

namespace trine::score {
namespace {

bool over_zero(double v) {
  return v > 0 && std::isfinite(v);
}
bool usable(const Axes& a) {
  return over_zero(a.eur_per_mtok) && over_zero(a.g_per_mtok) && a.control >= kControlFloor && a.control <= 1;
}
bool listed(std::string_view word, std::span<const std::string_view> list) {
  return list.empty() || std::find(list.begin(), list.end(), word) != list.end();
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
      usable_(::trine::score::usable(axes)) {}

Unfit unfit(const Option& o, const Need& n) {
  if (o.banned) return Unfit::banned;
  if (!o.healthy) return Unfit::unhealthy;
  if ((o.endpoints & bit(n.endpoint)) == 0) return Unfit::endpoint;
  if (!listed(o.zone, n.zones)) return Unfit::zone;
  if (!listed(o.jurisdiction, n.jurisdictions)) return Unfit::jurisdiction;
  if (!o.licensed) return Unfit::licence;
  if (!o.fits_memory) return Unfit::memory;
  if (o.context_limit > 0 && n.context > o.context_limit) return Unfit::context;
  if (!o.figures.usable()) return Unfit::figures;
  if (o.axes().control < n.min_control) return Unfit::control;
  if ((n.max_ttft_s > 0 && o.ttft_p95_s > n.max_ttft_s) || (n.max_tpot_s > 0 && o.tpot_p95_s > n.max_tpot_s))
    return Unfit::slo;
  if (!o.quota_left) return Unfit::quota;
  if (o.max_running > 0 && o.running >= o.max_running) return Unfit::busy;
  return Unfit::no;
}

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
      return fmt::format("p95 time per token {:.0f} ms is over {:.0f} ms", o.tpot_p95_s * 1e3, n.max_tpot_s * 1e3);
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

}  // namespace trine::score
