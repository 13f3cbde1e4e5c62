#include "protect/forecast.h"

namespace trine::protect {

Forecast forecast(const BudgetView& v, const BudgetRule& rule, Wall now) {
  if (v.spent >= rule.limit) return {.runs_out = now, .known = true};
  if (rule.period.kind == Period::Kind::rolling) return {};
  const double elapsed = seconds(now - v.begin), whole = seconds(v.reset - v.begin);
  if (elapsed < whole / 50) return {};
  if (v.spent <= 0) return {.runs_out = {}, .known = true};
  const double left = static_cast<double>(rule.limit - v.spent) * elapsed / static_cast<double>(v.spent);
  if (left >= seconds(v.reset - now)) return {.runs_out = {}, .known = true};
  return {.runs_out = now + from_seconds(left), .known = true};
}

}  // namespace trine::protect
