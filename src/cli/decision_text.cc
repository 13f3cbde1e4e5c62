// A decision and its reviews for people, and how a review comes about.
#include <algorithm>
#include <cmath>

#include "base/human.h"
#include "cli/decision.h"
#include "cli/score_view.h"
#include "cli/table.h"

namespace trine::cli {
namespace {

// Records come from a file that anybody may have written to: what is missing is empty.
double number(const Record& j, const char* key) {
  const auto it = j.find(key);
  return it != j.end() && it->is_number() ? it->get<double>() : 0;
}
Record member_of(const Record& j, const char* key) {
  const auto it = j.find(key);
  return it != j.end() ? *it : Record::object();
}
std::string word_of(const Record& j, const char* key) {
  return printable(text_of(j, key));
}

std::string unit(const Record& d) {
  const auto currency = word_of(d, "currency");
  return currency == "EUR" ? "€" : currency + " ";
}

std::string ranged(const Record& f) {
  return fmt::format("{} ({} to {}, {})", human_number(number(f, "value")), human_number(number(f, "low")),
                     human_number(number(f, "high")), word_of(f, "quality"));
}
std::string ranged(const Record& month, const std::string& key) {
  return fmt::format("{} ({} to {})", human_number(number(month, key.c_str())),
                     human_number(number(month, (key + "_low").c_str())),
                     human_number(number(month, (key + "_high").c_str())));
}

std::string flip_text(const Record& f) {
  const auto what =
      word_of(f, "of").empty() ? word_of(f, "input") : fmt::format("{} of {}", word_of(f, "input"), word_of(f, "of"));
  const auto with_unit = [&](double v) {
    return word_of(f, "unit").empty() ? human_number(v) : fmt::format("{} {}", human_number(v), word_of(f, "unit"));
  };
  const double now = number(f, "now"), at = number(f, "at");
  if (!member_of(f, "at").is_number()) return fmt::format("{}, now {}: no value of it does", what, with_unit(now));
  return fmt::format("{}, now {}: at {} ({:+.0f} %) it would be {}", what, with_unit(now), with_unit(at),
                     now > 0 ? (at / now - 1) * 100 : 0.0, word_of(f, "to"));
}

// The nearest first, those that change nothing last.
std::vector<Record> by_distance(const Record& d) {
  std::vector<Record> flips;
  for (const auto& f : member_of(d, "flips")) flips.push_back(f);
  const auto distance = [](const Record& f) {
    const double now = number(f, "now"), at = number(f, "at");
    return member_of(f, "at").is_number() && now > 0 && at > 0 ? std::abs(std::log(at / now)) : HUGE_VAL;
  };
  std::stable_sort(flips.begin(), flips.end(),
                   [&](const Record& a, const Record& b) { return distance(a) < distance(b); });
  return flips;
}

std::vector<std::string> rows_of(const Record& o) {
  const auto month = member_of(o, "month");
  return {word_of(o, "name"),
          word_of(o, "zone"),
          ranged(member_of(o, "joules_per_token")),
          human_number(number(o, "g_per_kwh")),
          ranged(member_of(o, "cost_per_mtok")),
          ranged(member_of(o, "carbon_g_per_mtok")),
          fmt::format("{:.2f}", number(member_of(o, "control"), "value")),
          fmt::format("{:.3f}", number(o, "score")),
          ranged(month, "cost"),
          ranged(month, "energy_kwh"),
          ranged(month, "carbon_kg")};
}

std::vector<std::string> titles(const std::string& money) {
  return {"option",  "zone",  "J/token",          "g/kWh",       money + "/Mtok", "gCO2e/Mtok",
          "control", "score", money + " a month", "kWh a month", "kg a month"};
}

std::string weights_of(const Record& d) {
  const auto w = member_of(d, "weights");
  return fmt::format("{} ({}{})", weights_text({number(w, "cost"), number(w, "control"), number(w, "carbon")}),
                     word_of(w, "from"), word_of(d, "by").empty() ? "" : ", by " + word_of(d, "by"));
}

std::string swap_line(const Record& d) {
  if (!member_of(d, "swap_per_kg").is_number() || member_of(d, "options").size() < 2) return {};
  return fmt::format("It and {} cost the same where a kg of CO2e is worth {}{}.",
                     word_of(member_of(d, "options").at(1), "name"), unit(d), human_number(number(d, "swap_per_kg")));
}

// One axis of a review: measured against expected.
struct Compared {
  double expected, low, high, measured, measured_low, measured_high;
};

Record compared_json(const Compared& c) {
  const char* verdict = c.measured < c.low ? "better" : c.measured > c.high ? "worse" : "as expected";
  return {{"expected", c.expected},
          {"expected_low", c.low},
          {"expected_high", c.high},
          {"measured", c.measured},
          {"measured_low", c.measured_low},
          {"measured_high", c.measured_high},
          {"change", c.expected > 0 ? c.measured / c.expected - 1 : 0},
          {"verdict", verdict}};
}

std::string compared_text(const Record& c, const std::string& unit_text) {
  const double change = number(c, "change");
  std::string said =
      fmt::format("{} {}, {:.0f} % {} than the {} expected ({} to {})", human_number(number(c, "measured")), unit_text,
                  std::abs(change) * 100, change > 0 ? "more" : "less", human_number(number(c, "expected")),
                  human_number(number(c, "expected_low")), human_number(number(c, "expected_high")));
  return said + ": " + word_of(c, "verdict");
}

// Money, joules and grams per token of `sums`, with what is added (idle energy of devices), against what was expected.
Record axes_json(const Record& expected, const Record& option, const ledger::Sums& s,
                 const energy::DeviceWindow::Share& idle, double tokens) {
  const auto ranged_of = [&](const char* full, const char* key, double measured, double low, double high) {
    const auto f = member_of(option, full);
    const double value = number(expected, key), ratio_low = number(f, "low") / number(f, "value"),
                 ratio_high = number(f, "high") / number(f, "value");
    return compared_json({value, value * ratio_low, value * ratio_high, measured, low, high});
  };
  const Carbon idle_carbon = idle.operational + idle.embodied;
  const double mtok = tokens / 1e6;
  const double cost = to_euros(s.cost + idle.cost) / mtok;
  return {
      {"cost_per_mtok", ranged_of("cost_per_mtok", "cost_per_mtok", cost, cost, cost)},
      {"joules_per_token",
       ranged_of("joules_per_token", "joules_per_token", to_joules(s.energy + idle.energy) / tokens,
                 to_joules(s.energy_low + idle.energy) / tokens, to_joules(s.energy_high + idle.energy) / tokens)},
      {"carbon_g_per_mtok",
       ranged_of("carbon_g_per_mtok", "carbon_g_per_mtok", to_grams(s.operational + s.embodied + idle_carbon) / mtok,
                 to_grams(s.carbon_low + idle_carbon) / mtok, to_grams(s.carbon_high + idle_carbon) / mtok)}};
}

struct ReviewLine {
  const char* of;  // "attributed", "with_idle"
  const char* axis;
  const char* unit;  // behind the currency where it is money
};
constexpr ReviewLine kReviewLines[] = {
    {"attributed", "cost_per_mtok", "/Mtok"},      {"attributed", "joules_per_token", "J/token"},
    {"attributed", "carbon_g_per_mtok", "g/Mtok"}, {"with_idle", "cost_per_mtok", "/Mtok"},
    {"with_idle", "joules_per_token", "J/token"},  {"with_idle", "carbon_g_per_mtok", "g/Mtok"},
};

std::vector<std::string> review_lines(const Record& r, const std::string& money) {
  std::vector<std::string> lines = {fmt::format("{}: {}, {} days, {} Mtok, quality {}", word_of(r, "decision"),
                                                word_of(r, "where"), human_number(number(r, "days")),
                                                human_number(number(r, "tokens") / 1e6), word_of(r, "quality"))};
  for (const ReviewLine& l : kReviewLines) {
    const auto axes = member_of(r, l.of);
    if (axes.empty()) continue;
    const std::string unit_text = *l.unit == '/' ? money + l.unit : l.unit;
    lines.push_back(fmt::format("{} {}", *l.of == 'a' ? "attributed" : "with idle",
                                compared_text(member_of(axes, l.axis), unit_text)));
  }
  if (member_of(r, "utilisation").is_number())
    lines.push_back(fmt::format("{:.1f} % of one machine used, {:.0f} % expected", number(r, "utilisation") * 100,
                                number(r, "utilisation_expected") * 100));
  return lines;
}

}  // namespace

std::string text_of(const Record& j, const char* key) {
  const auto it = j.find(key);
  return it != j.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Record review_record(const Record& d, const ledger::Report& measured, const std::string& where, Wall now) {
  const ledger::Sums& s = measured.total.sums;
  Record option = Record::object();
  for (const auto& o : member_of(d, "options"))
    if (text_of(o, "name") == text_of(d, "chosen")) option = o;
  const double settled = 1 - static_cast<double>(s.unsettled_calls) / static_cast<double>(s.calls);
  const double tokens = static_cast<double>(s.in + s.out) * settled;
  const double took_s = std::max(1.0, seconds(measured.query.until - measured.query.since));
  Record r{{"decision", text_of(d, "id")},
           {"at", iso8601(now)},
           {"since", iso8601(measured.query.since)},
           {"where", where},
           {"days", took_s / 86'400},
           {"calls", s.calls},
           {"unsettled_calls", s.unsettled_calls},
           {"tokens", tokens},
           {"cost", to_euros(s.cost)},
           {"energy_kwh", to_kwh(s.energy)},
           {"carbon_kg", to_grams(s.operational + s.embodied) / 1000}};
  const auto letter = s.letter();
  r["quality"] = letter ? std::string(1, static_cast<char>(*letter)) : "-";
  r["attributed"] = axes_json(member_of(option, "attributed"), option, s, {}, tokens);
  const auto& idle = measured.total.unattributed;
  if (idle != energy::DeviceWindow::Share{}) {
    Record full = Record::object();
    for (const char* key : {"cost_per_mtok", "joules_per_token", "carbon_g_per_mtok"})
      full[key] = number(member_of(option, key), "value");
    r["with_idle"] = axes_json(full, option, s, idle, tokens);
  }
  const auto capacity = member_of(option, "capacity");
  const auto load = member_of(d, "workload");
  r["utilisation"] = nullptr;
  if (const double can = number(capacity, "requests_per_s") * (number(load, "in") + number(load, "out")); can > 0) {
    r["utilisation"] = static_cast<double>(s.in + s.out) / took_s / can;
    r["utilisation_expected"] = number(load, "utilisation");
  }
  r["sentence"] = fmt::format("{}.", fmt::join(review_lines(r, unit(d)), "; "));
  return r;
}

std::string review_text(const Record& d, const Record& r) {
  return fmt::format("{}\n", fmt::join(review_lines(r, unit(d)), "\n  "));
}

std::string decision_text(const Record& d, const std::vector<Record>& reviews) {
  std::string out = fmt::format("{}\n{}\n", word_of(d, "id"), word_of(d, "sentence"));
  if (!word_of(d, "because").empty()) out += fmt::format("Because: {}\n", word_of(d, "because"));
  out += fmt::format(
      "\ndecided {}, scored at {} for {:.0f} h, {}\nweights: {}\na month: {} million tokens ({})\n\n", word_of(d, "at"),
      word_of(d, "scored_at"), std::max(1.0, number(d, "for_s") / 3600), word_of(d, "options_from"), weights_of(d),
      human_number(number(member_of(d, "month"), "tokens") / 1e6), word_of(member_of(d, "month"), "from"));
  std::vector<Table::Column> columns;
  for (const auto& title : titles(unit(d))) columns.push_back({title, columns.size() > 1});
  Table table(columns);
  for (const auto& o : member_of(d, "options")) table.row(rows_of(o));
  out += table.text() + "\nInputs:\n";
  for (const auto& o : member_of(d, "options"))
    out += fmt::format("  {}: {}\n", word_of(o, "name"), word_of(o, "inputs_text"));
  if (!member_of(d, "flips").empty()) out += "\nWhat would change it, nearest first:\n";
  for (const auto& f : by_distance(d)) out += fmt::format("  {}\n", flip_text(f));
  if (const auto swap = swap_line(d); !swap.empty()) out += fmt::format("  {}\n", swap);
  if (!member_of(d, "removed").empty()) out += "\nRemoved by constraints:\n";
  for (const auto& r : member_of(d, "removed"))
    out += fmt::format("  {}: {}\n", word_of(r, "name"), word_of(r, "reason"));
  if (!reviews.empty()) out += "\nHow it turned out:\n";
  for (const auto& r : reviews) out += fmt::format("  {} {}\n", word_of(r, "at"), word_of(r, "sentence"));
  return out;
}

std::string decision_markdown(const Record& d, const std::vector<Record>& reviews) {
  std::string out = fmt::format("# {}\n\n`{}`, {}", word_of(d, "sentence"), word_of(d, "id"), word_of(d, "at"));
  if (!word_of(d, "by").empty()) out += fmt::format(", by {}", word_of(d, "by"));
  out += ".\n";
  if (!word_of(d, "because").empty()) out += fmt::format("\n**Because** {}\n", word_of(d, "because"));
  out +=
      fmt::format("\nWeights: {}. Scored at {} for {:.0f} h, {}. A month: {} million tokens ({}).\n\n", weights_of(d),
                  word_of(d, "scored_at"), std::max(1.0, number(d, "for_s") / 3600), word_of(d, "options_from"),
                  human_number(number(member_of(d, "month"), "tokens") / 1e6), word_of(member_of(d, "month"), "from"));
  const auto head = titles(unit(d));
  out += fmt::format("| {} |\n", fmt::join(head, " | "));
  for (size_t i = 0; i < head.size(); ++i) out += i == 0 ? "|---|" : "---|";
  out += "\n";
  for (const auto& o : member_of(d, "options")) out += fmt::format("| {} |\n", fmt::join(rows_of(o), " | "));
  out += "\n## Inputs\n\n";
  for (const auto& o : member_of(d, "options"))
    out += fmt::format("- {}: {}\n", word_of(o, "name"), word_of(o, "inputs_text"));
  if (!member_of(d, "flips").empty()) out += "\n## What would change it\n\n";
  for (const auto& f : by_distance(d)) out += fmt::format("- {}\n", flip_text(f));
  if (const auto swap = swap_line(d); !swap.empty()) out += fmt::format("- {}\n", swap);
  if (!member_of(d, "removed").empty()) out += "\n## Removed by constraints\n\n";
  for (const auto& r : member_of(d, "removed"))
    out += fmt::format("- {}: {}\n", word_of(r, "name"), word_of(r, "reason"));
  if (!reviews.empty()) out += "\n## How it turned out\n\n";
  for (const auto& r : reviews) out += fmt::format("- {}: {}\n", word_of(r, "at"), word_of(r, "sentence"));
  return out;
}

}  // namespace trine::cli
