#include "cli/decision.h"

#include <algorithm>
#include <cmath>

#include "base/human.h"
#include "cli/score_view.h"
#include "fleet/flips.h"

namespace trine::cli {
namespace {

using fleet::Figure;
using fleet::Scored;

constexpr size_t kAlternatives = 3;    // that a choice is compared with, unless it is said
constexpr double kNoticeable = 0.005;  // smaller differences are not worth a word
constexpr double kSure = 1.645;        // of 90 % two-sided

Result<size_t> option_named(const Choice& c, const fleet::Sheet& sheet, std::string_view option,
                            const std::string& name) {
  const size_t i = c.find(name);
  if (i == c.options.size()) {
    std::vector<std::string_view> names;
    for (const auto& o : c.options) names.push_back(o.name);
    return fail(Code::not_found, "{}: no option is called \"{}\"; there are {}.", option, name, fmt::join(names, ", "));
  }
  for (const auto& r : sheet.verdict.rejected)
    if (r.index == i)
      return fail(Code::failed_precondition,
                  "{}: {} may not serve: {}. A decision does not lift a constraint; change it where it stands.", option,
                  c.options[i].name, r.message);
  return i;
}

// "25 % cheaper", "12 % dearer", "2.3 times as dear"; empty under kNoticeable.
std::string by(double ratio, const char* less, const char* more, const char* many) {
  if (std::abs(ratio - 1) < kNoticeable) return {};
  if (ratio < 1) return fmt::format("{:.0f} % {}", (1 - ratio) * 100, less);
  if (ratio <= 2) return fmt::format("{:.0f} % {}", (ratio - 1) * 100, more);
  return fmt::format("{} times {}", human_number(ratio), many);
}

struct Sides {
  std::vector<std::string> pros, cons;
  void add(bool pro, std::string text) {
    if (!text.empty()) (pro ? pros : cons).push_back(std::move(text));
  }
};

Sides compared(const Scored& a, const Scored& b) {
  Sides s;
  const double cost = a.cost.value / b.cost.value, carbon = a.carbon.value / b.carbon.value;
  const double grid = a.g_per_kwh / b.g_per_kwh, joules = a.joules_per_token.value / b.joules_per_token.value;
  s.add(cost < 1, by(cost, "cheaper", "dearer", "as dear"));
  auto carbon_text = by(carbon, "less CO2e", "more CO2e", "the CO2e");
  std::vector<std::string> parts;
  if (auto t = by(grid, "cleaner grid", "dirtier grid", "the g/kWh"); !t.empty()) parts.push_back(std::move(t));
  if (auto t = by(joules, "fewer J/token", "more J/token", "the J/token"); !t.empty()) parts.push_back(std::move(t));
  if (!carbon_text.empty() && !parts.empty()) carbon_text += fmt::format(" ({})", fmt::join(parts, ", "));
  s.add(carbon < 1, std::move(carbon_text));
  const double control = a.control.value / b.control.value;
  s.add(control > 1, by(control, "less control", "more control", "the control"));
  return s;
}

std::string joined(const std::vector<std::string>& texts) {
  if (texts.size() < 2) return texts.empty() ? "" : texts.front();
  return fmt::format("{} and {}", fmt::join(texts.begin(), texts.end() - 1, ", "), texts.back());
}

Record month_of(const Scored& s, double tokens) {
  const auto put = [&](const char* name, const Figure& f, double per_token) {
    return Record{{name, f.value * tokens * per_token},
                  {std::string(name) + "_low", f.low * tokens * per_token},
                  {std::string(name) + "_high", f.high * tokens * per_token}};
  };
  Record j = put("cost", s.cost, 1e-6);
  j.update(put("energy_kwh", s.joules_per_token, 1 / 3.6e6));
  j.update(put("carbon_kg", s.carbon, 1e-9));
  return j;
}

Record flip_json(const fleet::Flip& f, const Choice& c) {
  const size_t of = c.find(f.of);
  const bool hourly = of < c.options.size() && c.options[of].machine && !c.options[of].token_price;
  std::string unit;
  if (f.input == fleet::Input::price) unit = c.currency + (hourly ? "/h" : "/Mtok");
  if (f.input == fleet::Input::intensity) unit = "g/kWh";
  if (f.input == fleet::Input::joules_per_token) unit = "J/token";
  Record j{{"input", fleet::name(f.input)}, {"of", f.of}, {"unit", unit}, {"now", f.now}};
  j["at"] = f.at ? Record(*f.at) : Record();
  j["to"] = f.at ? Record(f.to) : Record();
  return j;
}

struct Volume {
  double tokens;
  std::string from;
};

Volume volume(const Choice& c, const DecideOptions& o) {
  if (o.tokens_per_month) return {*o.tokens_per_month, "given"};
  if (c.workload.peak_tokens_per_min > 0)
    return {c.workload.peak_tokens_per_min * 60 * kHoursPerMonth * o.mean_share,
            fmt::format("peak of {} tokens a minute, {:.0f} % of it on average",
                        human_number(c.workload.peak_tokens_per_min), o.mean_share * 100)};
  if (c.tokens_per_month) return {*c.tokens_per_month, c.mix_from};
  return {1e6, "a million tokens: nobody said how many there are (--tokens-per-month)"};
}

}  // namespace

std::string decision_sentence(const Choice& c, const fleet::Sheet& sheet, size_t chosen,
                              const std::vector<size_t>& over, double lead, double sigma) {
  const std::string& name = c.options[chosen].name;
  if (over.empty()) return fmt::format("{}: the only one that may serve", name);
  std::string others;
  for (size_t i = 1; i < over.size(); ++i)
    others += fmt::format("{}{}", i == 1 ? " (and " : ", ", c.options[over[i]].name);
  if (!others.empty()) others += ")";
  const Sides s = compared(sheet.scored[chosen], sheet.scored[over.front()]);
  std::string text = fmt::format("{} over {}{}", name, c.options[over.front()].name, others);
  if (lead < 0)
    text += fmt::format(", against the score ({:.0f} % behind){}{}", (1 - std::exp(lead)) * 100,
                        s.pros.empty() ? "" : ": for " + joined(s.pros),
                        s.cons.empty() ? "" : ", although " + joined(s.cons));
  else if (s.pros.empty())
    text += ": they are alike";
  else if (s.cons.empty())
    text += fmt::format(": {}, and worse in nothing", joined(s.pros));
  else
    text += fmt::format(": {} {} {}", joined(s.pros), s.pros.size() == 1 ? "outweighs" : "outweigh", joined(s.cons));
  if (std::abs(lead) < kSure * sigma) text += "; within the uncertainty of the figures";
  const size_t first = sheet.verdict.ordered.front().index;
  if (first != chosen && std::find(over.begin(), over.end(), first) == over.end())
    text += fmt::format("; {} has the highest score", c.options[first].name);
  return text;
}

Result<Record> decision_record(const Choice& c, const fleet::Sheet& sheet, const DecideOptions& o, std::string id,
                               Wall now) {
  const auto& ordered = sheet.verdict.ordered;
  if (ordered.empty()) return fail(Code::failed_precondition, "None may serve; `trine score` says why.");
  size_t chosen = ordered.front().index;
  if (!o.best) {
    const auto named = option_named(c, sheet, "--choose", o.choose);
    if (!named) return tl::unexpected(named.error());
    chosen = *named;
  }
  std::vector<size_t> over;
  for (const std::string& name : o.over) {
    const auto i = option_named(c, sheet, "--over", name);
    if (!i) return tl::unexpected(i.error());
    if (*i == chosen) return fail(Code::invalid_argument, "--over: {} is what is chosen.", name);
    if (std::find(over.begin(), over.end(), *i) == over.end()) over.push_back(*i);
  }
  const bool said = !over.empty();
  std::vector<size_t> by_score;
  for (const auto& r : ordered) {
    const bool asked = std::find(over.begin(), over.end(), r.index) != over.end();
    if (r.index != chosen && (said ? asked : by_score.size() < kAlternatives)) by_score.push_back(r.index);
  }
  over = by_score;

  const fleet::Contest contest{c.options, c.intensities, c.workload, c.weights, chosen, over};
  const double lead = over.empty() ? 0 : fleet::lead(contest), sigma = over.empty() ? 0 : fleet::lead_sigma(contest);
  const Volume month = volume(c, o);
  Record j{{"id", std::move(id)},
           {"at", iso8601(now)},
           {"sentence", decision_sentence(c, sheet, chosen, over, lead, sigma)},
           {"because", o.because},
           {"by", o.by},
           {"chosen", c.options[chosen].name},
           {"highest_score", ordered.front().index == chosen},
           {"over", Record::array()}};
  for (const size_t i : over) j["over"].push_back(c.options[i].name);
  j["weights"] = {
      {"cost", c.weights.cost}, {"control", c.weights.control}, {"carbon", c.weights.carbon}, {"from", c.weights_from}};
  j["scored_at"] = iso8601(c.at);
  j["for_s"] = seconds(c.span);
  j["options_from"] = c.from;
  j["currency"] = c.currency;
  j["workload"] = workload_json(c);
  j["month"] = {{"tokens", month.tokens}, {"from", month.from}};
  j["lead"] = {{"ln", lead}, {"sigma", sigma}, {"sure", std::abs(lead) >= kSure * sigma}};
  j["options"] = Record::array();
  std::vector<size_t> shown = {chosen};
  shown.insert(shown.end(), over.begin(), over.end());
  for (const size_t i : shown) {
    Record one = option_json(c, sheet, i);
    one["month"] = month_of(sheet.scored[i], month.tokens);
    one["inputs_text"] = inputs_text(c, sheet, i);
    j["options"].push_back(std::move(one));
  }
  j["removed"] = rejected_json(c, sheet);
  j["flips"] = Record::array();
  if (!over.empty())
    for (const auto& f : fleet::flips(contest)) j["flips"].push_back(flip_json(f, c));
  j["swap_per_kg"] = nullptr;
  if (!over.empty())
    if (const auto l = score::swap_eur_per_kg(axes_of(sheet.scored[chosen]), axes_of(sheet.scored[over.front()])))
      j["swap_per_kg"] = *l;
  return j;
}

}  // namespace trine::cli
