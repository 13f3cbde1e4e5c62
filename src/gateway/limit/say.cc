#include "gateway/limit/say.h"

#include <algorithm>

#include "base/human.h"
#include "base/text.h"

namespace trine::gateway {
namespace {

using protect::Refused;
using protect::Scope;
using protect::Unit;

const std::string& subject_of(const Exchange& x, Scope scope) {
  switch (scope) {
    case Scope::key:
      return x.tenant.key;
    case Scope::project:
      return x.tenant.project;
    case Scope::team:
      return x.tenant.team;
    case Scope::org:
      return x.tenant.org;
    case Scope::workload:
      return x.workload;
    case Scope::model:
      break;
  }
  return x.scan.model;
}

std::string_view what(Refused r) {
  switch (r) {
    case Refused::rpm:
      return "requests per minute (rpm)";
    case Refused::tpm:
      return "tokens per minute (tpm)";
    case Refused::tpm_in:
      return "prompt tokens per minute (tpm_in)";
    case Refused::tpm_out:
      return "generated tokens per minute (tpm_out)";
    case Refused::concurrency:
      return "requests at a time (concurrency)";
    default:
      return {};
  }
}

std::string asking(const std::string& contact) {
  return contact.empty() ? std::string{} : fmt::format("; ask {}", contact);
}

void count_headers(std::string& head, std::string_view kind, const protect::Standing& s) {
  if (s.limit == 0) return;
  fmt::format_to(std::back_inserter(head),
                 "x-ratelimit-limit-{0}: {1}\r\nx-ratelimit-remaining-{0}: {2}\r\nx-ratelimit-reset-{0}: {3}\r\n", kind,
                 s.limit, s.left, reset_text(s.until_full));
}

// A header's value: what is not printable ASCII is percent-encoded.
std::string header_safe(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7f)
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::string reset_text(Nanos d) {
  const int64_t ms = std::max<int64_t>(0, (d.count() + 999'999) / 1'000'000);
  if (ms < 1000) return fmt::format("{}ms", ms);
  const int64_t s = (ms + 999) / 1000;
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{}s", s / 60, s % 60);
  return fmt::format("{}h{}m{}s", s / 3600, s / 60 % 60, s % 60);
}

std::string amount_text(int64_t amount, Unit unit) {
  const double a = unit == Unit::money    ? to_euros(Money::raw(amount))
                   : unit == Unit::energy ? to_kwh(Energy::raw(amount))
                                          : to_grams(Carbon::raw(amount));
  return human_number(a);
}

std::string unit_text(Unit unit, std::string_view currency) {
  return unit == Unit::money ? std::string(currency) : unit == Unit::energy ? "kWh" : "gCO2e";
}

std::string budget_text(const protect::BudgetUse& b, const protect::BudgetView& v, std::string_view currency) {
  return fmt::format("{} {}: {} of {} {} of the {} spent, {} reserved by requests under way, resets {}",
                     protect::name(b.scope), b.subject, amount_text(v.spent, b.rule.unit),
                     amount_text(b.rule.limit, b.rule.unit), unit_text(b.rule.unit, currency), text_of(b.rule.period),
                     amount_text(v.reserved, b.rule.unit), iso8601(std::chrono::floor<std::chrono::seconds>(v.reset)));
}

llm::ClientError refusal(Exchange& x, const protect::Policy& policy, const protect::Verdict& v) {
  const Config& config = *x.snapshot->config;
  x.retry_after = std::max<int64_t>(1, (v.wait.count() + 999'999'999) / 1'000'000'000);
  if (v.refused == Refused::budget) {
    const protect::BudgetUse& b = *policy.budgets[v.which];
    std::string text = budget_text(b, v.budget, config.ledger.currency);
    if (v.never)
      text += fmt::format("; this request alone may take {} {}", amount_text(v.asked, b.rule.unit),
                          unit_text(b.rule.unit, config.ledger.currency));
    return {v.never ? llm::ErrorCode::over_limit : llm::ErrorCode::budget_exhausted, text + asking(b.rule.contact), {}};
  }
  const Scope scope = policy.levels[v.which].scope;
  std::string text = fmt::format("{} {}: {} {}", protect::name(scope), subject_of(x, scope), v.limit, what(v.refused));
  if (v.never)
    text += fmt::format("; this request may take {}", v.asked);
  else if (v.refused != Refused::concurrency)
    text += fmt::format("; it passes in {}", reset_text(v.wait));
  return {
      v.never ? llm::ErrorCode::over_limit : llm::ErrorCode::rate_limited, text + asking(config.limits.contact), {}};
}

std::string limit_head(const protect::Verdict& v, std::string_view currency) {
  std::string head;
  count_headers(head, "requests", v.requests);
  count_headers(head, "tokens", v.tokens);
  if (!v.soft) return head;
  const auto& b = *v.soft;
  fmt::format_to(std::back_inserter(head), "x-trine-budget-warning: {}\r\n",
                 header_safe(budget_text(b, v.soft_view, currency)));
  for (const auto& [what, amount] : {std::pair{"limit", b.rule.limit}, std::pair{"used", v.soft_view.spent}})
    fmt::format_to(std::back_inserter(head), "x-trine-budget-{}: {} {}\r\n", what, amount_text(amount, b.rule.unit),
                   unit_text(b.rule.unit, currency));
  return head;
}

}  // namespace trine::gateway
