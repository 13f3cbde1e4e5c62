// limits, orgs, teams and budgets of the configuration file.
#include <array>

#include "base/text.h"
#include "gateway/config/draft.h"
#include "gateway/config/forms.h"

namespace trine::gateway {
namespace {

using namespace std::chrono_literals;
using protect::Limits;
using protect::Period;
using protect::Scope;
using yaml::Fields;
using yaml::required;

constexpr int64_t kMostTokens = 100'000'000;

template <class I>
void count_field(Fields& f, const yaml::Field& field, I& out, I most) {
  std::optional<I> given;
  if (out != 0) given = out;
  f.integer(field, given, 1, most);
  if (given) out = *given;
}

std::optional<Period> parse_period(std::string_view s) {
  if (s == "day") return Period{.kind = Period::Kind::day};
  if (s == "month") return Period{.kind = Period::Kind::month};
  if (!s.starts_with("rolling ")) return {};
  const auto length = parse_duration(s.substr(8));
  if (!length || *length < 1min || *length > 24h * 400) return {};
  return Period{.kind = Period::Kind::rolling, .length = *length};
}

void declare_subject(Fields& f, BudgetConfig& b) {
  std::array<std::string, 6> names;
  constexpr std::array<Scope, 5> kScopes = {Scope::key, Scope::project, Scope::team, Scope::org, Scope::workload};
  label_field(f, {"key", "The id of a key,"}, names[0]);
  label_field(f, {"project", "or a project,"}, names[1]);
  label_field(f, {"team", "or a team,"}, names[2]);
  label_field(f, {"org", "or an organisation; `\"*\"`: each one has this budget for itself;"}, names[3]);
  label_field(f, {"workload", "or a class of traffic."}, names[4]);
  int given = 0;
  for (size_t i = 0; i < kScopes.size(); ++i) {
    if (names[i].empty()) continue;
    ++given;
    b.scope = kScopes[i];
    b.subject = names[i];
  }
  f.check([&f, given, &b] {
    if (given != 1) f.complain(f.where(), "budgets.for: give one of key, project, team, org and workload.");
    if (b.scope == Scope::workload && b.subject == "*")
      f.complain(f.where(),
                 "budgets.for: requests name their workload themselves, so there is no budget for each; name one.");
  });
}

void declare_budget(Fields& f, BudgetConfig& b) {
  f.object(required("for", "Whose spending it bounds."), b, declare_subject);
  f.number({"eur", "Money, in the ledger's currency."}, b.eur, 0, 1e9);
  f.number({"kwh", "Energy of the facility."}, b.kwh, 0, 1e6);
  f.number({"gco2e", "Grams of CO2e, operational and embodied."}, b.gco2e, 0, 1e9);
  f.parsed({"period", "day, month, or the time that has just gone by: rolling 7d."}, b.period,
           form("period", "day|month|rolling [0-9]+(\\.[0-9]+)?(ms|s|m|h|d)"), "month",
           "is not day, month or rolling DURATION (1m to 400d), such as rolling 7d.", parse_period);
  Nanos offset{};
  offset_field(f,
               {"time_zone",
                "Of the midnight at which a day or month begins, as an offset from UTC; daylight saving is not "
                "followed."},
               offset);
  b.period.offset_from_utc = offset;
  f.number({"soft", "Share of it from which answers carry a warning and the log says so."}, b.soft, 0, 1);
  f.choice({"prefer", "What the choice of a deployment weighs from there on, where there is one."}, b.prefer,
           {{"as_routed", protect::Prefer::as_routed},
            {"cheaper", protect::Prefer::cheaper},
            {"cleaner", protect::Prefer::cleaner}});
  f.boolean({"hard", "Refuse at the limit; false only warns."}, b.hard);
  label_field(f, {"contact", "Whom a refused client should ask."}, b.contact);
  b.where = f.at(f.where());
  f.check([&f, &b] {
    if (!b.eur && !b.kwh && !b.gco2e) f.complain(f.where(), "budgets: give eur, kwh or gco2e, or several of them.");
    if (f.has("time_zone") && b.period.kind == Period::Kind::rolling)
      f.complain("time_zone", "a rolling period has no midnight; leave it out.");
  });
}

void declare_group(Fields& f, GroupConfig& g) {
  label_field(f, required("name", "As keys name it."), g.name);
  f.object({"limits", "Of all its keys together."}, g.limits, declare_limits);
}

}  // namespace

void declare_limits(Fields& f, Limits& l) {
  count_field(f, {"rpm", "Requests per minute."}, l.rpm, protect::kMostPerMinute);
  count_field(f, {"tpm", "Tokens per minute, prompt and answer."}, l.tpm, kMostTokens);
  count_field(f, {"tpm_in", "Prompt tokens per minute."}, l.tpm_in, kMostTokens);
  count_field(f, {"tpm_out", "Generated tokens per minute."}, l.tpm_out, kMostTokens);
  count_field(f, {"concurrency", "Requests at a time."}, l.concurrency, 1'000'000);
  count_field(f, {"request_bytes", "Bytes of a request's body."}, l.request_bytes, int64_t{4} << 30);
  count_field(f, {"max_tokens", "Tokens of one answer; a request that asks for more, or for no number, gets this."},
              l.max_tokens, kMostTokens);
  f.duration({"burst", "What has not been used for so long may be used at once."}, l.burst, 1s, 1h);
}

void declare_protection(Fields& f, Config& c) {
  f.objects({"orgs", "Organisations with limits of their own."}, c.orgs, declare_group);
  f.objects({"teams",
             "Teams with limits of their own; of a key's organisation, team, project and own limits the "
             "tightest counts."},
            c.teams, [](Fields& t, TeamConfig& team) {
              label_field(t, required("name", "As keys name it."), team.name);
              label_field(t, {"org", "Organisation of its keys, where they do not say."}, team.org);
              t.object({"limits", "Of all its keys together."}, team.limits, declare_limits);
              t.objects({"projects", "Its projects; a key that names one belongs to this team."}, team.projects,
                        declare_group);
            });
  f.objects({"budgets", "What may be spent, in money, energy and carbon."}, c.budgets, declare_budget);
}

std::string text_of(const Period& p) {
  if (p.kind == Period::Kind::rolling) return "rolling " + yaml::duration_text(p.length);
  std::string text = p.kind == Period::Kind::day ? "day" : "month";
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(p.offset_from_utc).count();
  if (minutes != 0)
    text += fmt::format(" UTC{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60);
  return text;
}

// What follows from one part for another: a project's team, a team's organisation.
void inherit(Config& c) {
  for (KeyConfig& key : c.keys) {
    for (const TeamConfig& team : c.teams) {
      if (key.team.empty() && !key.project.empty() &&
          std::any_of(team.projects.begin(), team.projects.end(), [&](const auto& p) { return p.name == key.project; }))
        key.team = team.name;
      if (key.org.empty() && !key.team.empty() && key.team == team.name) key.org = team.org;
    }
  }
}

// What is allowed and probably not meant.
void note_doubts(Config& c) {
  const auto belongs = [&](Scope scope, const std::string& who) {
    return scope == Scope::workload || who == "*" || (scope == Scope::key && who == "anonymous" && c.anonymous) ||
           std::any_of(c.keys.begin(), c.keys.end(), [&](const KeyConfig& k) {
             return who == (scope == Scope::key       ? k.id
                            : scope == Scope::project ? k.project
                            : scope == Scope::team    ? k.team
                                                      : k.org);
           });
  };
  for (const BudgetConfig& b : c.budgets) {
    if (!belongs(b.scope, b.subject))
      c.notes.push_back(fmt::format("{}: budgets: no key has the {} \"{}\", so nothing is counted.", b.where,
                                    protect::name(b.scope), b.subject));
    for (const auto& amount : {b.eur, b.kwh, b.gco2e})
      if (amount && *amount == 0 && b.hard)
        c.notes.push_back(fmt::format("{}: budgets: 0 for {} \"{}\" refuses every request.", b.where,
                                      protect::name(b.scope), b.subject));
  }
}

}  // namespace trine::gateway
