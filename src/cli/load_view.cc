#include "cli/load_view.h"

#include <fmt/format.h>

#include "base/human.h"
#include "cli/table.h"

namespace trine::cli {
namespace {

using load::Latencies;
using load::Times;

// "812 ms", "1.23 s", "80 us".
std::string human_time(Nanos d) {
  const double s = seconds(d);
  if (s < 1e-3) return fmt::format("{} us", human_number(s * 1e6));
  if (s < 1) return fmt::format("{} ms", human_number(s * 1e3));
  return fmt::format("{} s", human_number(s));
}

void row(Table& table, const std::string& name, const Latencies& l) {
  if (l.count() == 0) return;
  const auto at = [&](double q) { return human_time(l.quantile(q)); };
  table.row({name, fmt::format("{}", l.count()), at(0.5), at(0.9), at(0.95), at(0.99), human_time(l.max())});
}

void rows(Table& table, const std::string& of, const Times& times) {
  row(table, of + "first token", times.first_token);
  row(table, of + "whole answer", times.total);
  row(table, of + "per output token", times.per_token);
}

std::string failures_text(const load::Tally& t) {
  Table table({{"failed with", false}, {"requests", true}, {"for example", false}});
  for (const auto& [what, failure] : t.failures) {
    const std::string status = what.first == 0 ? std::string() : fmt::format("{} ", what.first);
    const std::string code = what.second.empty() ? std::string("(no code)") : what.second;
    table.row({printable(status + code), fmt::format("{}", failure.count), printable(failure.example)});
  }
  return table.text();
}

std::string figures_text(const load::FigureSums& f) {
  std::string text = fmt::format("the gateway says: {}, {} CO2e", human(f.energy), human(f.carbon));
  if (!f.mixed_currencies && !f.currency.empty()) text += fmt::format(", {}", human(f.cost, f.currency));
  text += fmt::format(" for {} answers (quality", f.answers);
  for (size_t i = 0; i < f.quality.size(); ++i)
    if (f.quality[i] > 0) text += fmt::format(" {}: {}", static_cast<char>('A' + i), f.quality[i]);
  text += ")\n";
  return text;
}

}  // namespace

std::string load_text(const load::Tally& t, const load::Facts& facts) {
  const double span = seconds(facts.elapsed);
  const auto rate = [&](auto n) { return span > 0 ? human_number(static_cast<double>(n) / span) : std::string("-"); };
  std::string text = fmt::format("{} at {}{}, {}, seed {}\n", printable(facts.model), printable(facts.url),
                                 facts.interrupted ? " (interrupted)" : "", printable(facts.arrivals), facts.seed);
  text += fmt::format("{:.1f} s: {} due, {} sent, {} answered, {} failed", span, t.scheduled, t.sent(), t.answered,
                      t.failed);
  if (t.unfinished > 0) text += fmt::format(", {} cut at the end", t.unfinished);
  if (t.unsent > 0) text += fmt::format(", {} not sent: as many were open as may be", t.unsent);
  text += "\n\n";

  Table times({{"from the scheduled instant", false},
               {"answers", true},
               {"p50", true},
               {"p90", true},
               {"p95", true},
               {"p99", true},
               {"max", true}});
  const bool both = t.documents.total.count() > 0;
  rows(times, both ? "text: " : "", t.text);
  rows(times, "with a document: ", t.documents);
  if (t.answered > 0) text += times.text() + "\n";
  if (!t.failures.empty()) text += failures_text(t) + "\n";

  text += fmt::format("tokens in {} ({}/s, {} of them cached), out {} ({}/s)", t.usage.in, rate(t.usage.in),
                      t.usage.cached, t.usage.out, rate(t.usage.out));
  if (t.without_usage > 0) text += fmt::format("; {} answers did not say theirs", t.without_usage);
  text += '\n';
  if (t.figures.answers > 0) text += figures_text(t.figures);
  text += fmt::format("this program sent them {} late (p50), {} (p99), {} at most\n", human_time(t.late.quantile(0.5)),
                      human_time(t.late.quantile(0.99)), human_time(t.late.max()));
  return text;
}

std::string load_too_slow(const load::Tally& t) {
  if (t.kept_up()) return {};
  std::string why;
  if (t.late_share() > load::Tally::kMaxLateShare)
    why = fmt::format("{:.1f} % of the requests were sent over {} late: this machine cannot keep up with the rate",
                      100 * t.late_share(), human_time(load::Tally::kLate));
  if (t.unsent > 0) {
    if (!why.empty()) why += ", and ";
    why += fmt::format("{} requests were not sent, since --concurrency-limit was reached", t.unsent);
  }
  return why + ". Answers are slower or fewer than the server is to blame for: take a lower rate, or more machines.";
}

}  // namespace trine::cli
