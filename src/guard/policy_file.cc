#include "guard/policy_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/text.h"
#include "guard/embedded_policy.h"
#include "yaml/reader.h"
#include "yaml/schema.h"

namespace trine::guard {

namespace {

using namespace std::chrono_literals;
using yaml::Fields;
using PiiTypes = std::span<const std::string_view>;

constexpr std::array<std::string_view, kRisks> kRiskDocs = {
    "Attempts to talk the model out of its rules.",
    "Attempts to override the instructions that the model was given.",
    "Attempts to make the model give its instructions away.",
    "Requests for harmful content.",
    "Instructions in documents and in what tools return.",
    "Personal data, of every type that `personal_data` does not name.",
    "Answers that give the system prompt away."};

// A policy as its file says it: an action for each risk, and from which score on.
struct PolicyDraft {
  std::array<Action, kRisks> actions{};
  Threshold at = Threshold::at(Level::normal);
  std::array<std::optional<Threshold>, kRisks> own_at;
  std::array<Action, kHazards> hazards{};
  std::map<std::string, Action, std::less<>> personal_data;
  Threshold judge_from;
  bool judge_fails_closed = false;
  bool delimit = false, datamark = false, reversible = false;

  Policy policy(std::string name) const {
    Policy out;
    out.names = {std::move(name)};
    for (size_t i = 0; i < kRisks; ++i) out.risks[i] = Reaction::of(actions[i], own_at[i].value_or(at));
    out.hazards = hazards;
    out.personal_data = personal_data;
    out.judge_from = judge_from;
    out.judge_fails_closed = judge_fails_closed;
    out.delimit = delimit;
    out.datamark = datamark;
    out.reversible = reversible;
    return out;
  }
};

struct FileDraft {
  PolicyFile file;
  PolicyDraft standard;
  std::map<std::string, PolicyDraft> named;
};

using ActionWords = std::vector<std::pair<std::string_view, Action>>;
const ActionWords kActions = {{"allow", Action::allow}, {"flag", Action::flag}, {"block", Action::block}};
const ActionWords kDataActions = {
    {"allow", Action::allow}, {"flag", Action::flag}, {"redact", Action::redact}, {"block", Action::block}};

std::optional<Threshold> parse_threshold(std::string_view text) {
  if (text == "strict") return Threshold::at(Level::strict);
  if (text == "normal") return Threshold::at(Level::normal);
  if (text == "lenient") return Threshold::at(Level::lenient);
  const auto number = parse_number(text);
  if (!number || !(*number > 0 && *number <= 1)) return {};
  return Threshold::at(*number);
}
std::optional<Threshold> parse_judge_from(std::string_view text) {
  return text == "never" ? std::optional(Threshold{}) : parse_threshold(text);
}

yaml::Type threshold_type(std::string_view words) {
  yaml::Type type;
  type.says = "threshold";
  type.pattern = fmt::format("{}|0?\\.[0-9]+|1(\\.0*)?", words);
  return type;
}
constexpr std::string_view kWrongThreshold = "is not strict, normal, lenient or a score above 0 and up to 1.";

void declare_thresholds(Fields& f, PolicyDraft& p) {
  f.parsed({"at",
            "From which score of the classifier on the actions are taken: strict (1 harmless text in 100 is taken for "
            "an attack), normal (1 in 1000), lenient, or a score."},
           p.at, threshold_type("strict|normal|lenient"), in_words(p.at), kWrongThreshold, parse_threshold);
  f.object({"thresholds", "The same for single risks."}, p, [](Fields& t, PolicyDraft& draft) {
    for (size_t i = 0; i < kRisks; ++i) {
      const Risk risk = risk_at(i);
      if (risk == Risk::pii || risk == Risk::leak) continue;  // their detectors are sure or silent
      t.parsed({name(risk), kRiskDocs[i]}, draft.own_at[i], threshold_type("strict|normal|lenient"), "",
               kWrongThreshold, parse_threshold);
    }
  });
}

void declare_judge(Fields& f, PolicyDraft& p) {
  f.parsed({"from", "From which score on it is asked, up to where the policy acts by itself; never: it is not asked."},
           p.judge_from, threshold_type("strict|normal|lenient|never"), in_words(p.judge_from),
           "is not strict, normal, lenient, never or a score above 0 and up to 1.", parse_judge_from);
  f.choice({"fail", "Without its answer in time, doubtful texts go on (open) or are treated as attacks (closed)."},
           p.judge_fails_closed, {{"open", false}, {"closed", true}});
}

void declare_policy(Fields& f, PolicyDraft& p, PiiTypes types) {
  for (size_t i = 0; i < kRisks; ++i) {
    f.choice({name(risk_at(i)), kRiskDocs[i]}, p.actions[i], risk_at(i) == Risk::pii ? kDataActions : kActions);
  }
  declare_thresholds(f, p);
  f.object({"personal_data", "Actions by type, such as IBAN: redact."}, p, [types](Fields& d, PolicyDraft& draft) {
    for (const std::string_view type : types) {
      Action action = draft.actions[index(Risk::pii)];
      d.choice({type, "What is done about it."}, action, kDataActions);
      if (d.has(type)) draft.personal_data[std::string(type)] = action;
    }
  });
  f.boolean(
      {"placeholders", "What is cut out of a request leaves a placeholder (<IBAN_1>) that its answer turns back."},
      p.reversible);
  f.object({"categories", "What is done about harm that the judge finds, by MLCommons' categories."}, p,
           [](Fields& c, PolicyDraft& draft) {
             for (size_t i = 0; i < kHazards; ++i) {
               c.choice({name(hazard_at(i)), says(hazard_at(i))}, draft.hazards[i], kActions);
             }
           });
  f.object({"judge", "When the second model is asked."}, p, declare_judge);
  f.object({"documents", "How documents and tools' results reach the model."}, p, [](Fields& d, PolicyDraft& draft) {
    d.boolean({"delimit", "Between marks that their authors cannot know."}, draft.delimit);
    d.boolean({"datamark", "With a mark in place of each blank: stronger, but code and tables suffer."},
              draft.datamark);
  });
}

void declare_judge_settings(Fields& f, JudgeSettings& judge) {
  JudgeFamily family = judge.family.value_or(JudgeFamily::llama_guard);
  std::vector<std::pair<std::string_view, JudgeFamily>> families;
  for (const auto each : {JudgeFamily::llama_guard, JudgeFamily::qwen3guard, JudgeFamily::granite_guardian,
                          JudgeFamily::gpt_oss_safeguard}) {
    families.emplace_back(name(each), each);
  }
  f.choice(yaml::required("family", "What its questions and answers look like."), family, families);
  judge.family = family;
  f.text(yaml::required("model", "The model's name, as a route of this gateway has it."), judge.model);
  f.duration({"timeout", "How long its answer is waited for."}, judge.timeout, 10ms, 60s);
}

bool is_language(std::string_view tag) {
  return !tag.empty() && tag.size() <= 35 && tag.front() != '-' && tag.back() != '-' &&
         std::all_of(tag.begin(), tag.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
         });
}

void declare_file(Fields& f, FileDraft& draft, PiiTypes types) {
  PolicyFile& file = draft.file;
  f.integer(yaml::required("version", "Counts up with each change, so that decisions can be traced to their policy."),
            file.version, 1, 1'000'000'000);
  f.text(yaml::required("name", "What people call it."), file.name);
  f.text(yaml::required("owner", "Whom to ask about it."), file.owner);
  std::optional<JudgeSettings> judge;
  f.object({"judge", "A self-hosted model that is asked about doubtful texts."}, judge, declare_judge_settings);
  if (judge) file.judge = *std::move(judge);
  std::map<std::string, std::string> messages;
  f.text_map({"messages",
              "What the caller of a blocked request is told, by language (en, de, de-AT). It is the same whatever was "
              "found, so that attackers learn nothing from it."},
             messages);
  for (auto& [language, text] : messages) file.messages[language] = std::move(text);
  f.object({"default", "The policy of routes and keys that choose none."}, draft.standard,
           [types](Fields& inner, PolicyDraft& p) { declare_policy(inner, p, types); });
  f.named({"policies", "Policies that routes and keys may choose; what one leaves out is as in `default`."},
          draft.named, [&draft, types](Fields& inner, PolicyDraft& p, const std::string&) {
            p = draft.standard;
            declare_policy(inner, p, types);
          });
  f.check([&f, &draft] {
    for (const auto& [language, text] : draft.file.messages) {
      if (!is_language(language))
        f.complain("messages",
                   fmt::format("\"{}\" is not a language such as en, de or pt-BR.", language.substr(0, 40)));
      if (text.size() > 1000)
        f.complain("messages", fmt::format("the one for {} is longer than 1000 bytes.", language));
    }
    if (draft.named.contains("default"))
      f.complain("policies", "\"default\" is the name of the policy above; call this one otherwise.");
    bool asks = !draft.standard.judge_from.never();
    for (const auto& [name, policy] : draft.named) asks |= !policy.judge_from.never();
    if (asks && !draft.file.judge.family)
      f.complain(f.where(), "a policy asks a judge (judge.from), but the file names none: give judge at the top.");
  });
}

Result<FileDraft> read_draft(const std::string& file, std::string_view text, PiiTypes types, FileDraft draft) {
  const auto read = yaml::read_text(file, text, [&](Fields& f) { declare_file(f, draft, types); });
  if (!read) return tl::unexpected(read.error());
  draft.file.standard = draft.standard.policy("default");
  for (const auto& [name, policy] : draft.named) draft.file.named[name] = policy.policy(name);
  draft.file.fingerprint = fmt::format("{:016x}", hash64(text));
  return draft;
}

FileDraft built_in_draft() {
  auto draft = read_draft("models/guard/policy.yaml", kEmbeddedPolicy, {}, {});
  if (!draft) throw_error(draft.error());
  return *std::move(draft);
}

}  // namespace

PolicyFile built_in_policy() {
  return built_in_draft().file;
}

Result<PolicyFile> read_policy(const std::string& file, std::string_view text, PiiTypes types) {
  FileDraft base = built_in_draft();
  base.file.named.clear();
  base.named.clear();
  auto draft = read_draft(file, text, types, std::move(base));
  if (!draft) return tl::unexpected(std::move(draft.error()));
  return std::move(draft->file);
}

Result<PolicyFile> load_policy(const std::string& path, PiiTypes types) {
  const auto text = yaml::file_contents(path, yaml::kMaxFileBytes);
  if (!text) return tl::unexpected(text.error());
  return read_policy(path, *text, types);
}

std::string policy_reference(PiiTypes types) {
  return yaml::markdown_reference([types](Fields& f) {
    FileDraft draft;
    draft.standard = built_in_draft().standard;
    declare_file(f, draft, types);
  });
}

Result<Policy> PolicyFile::chosen(std::string_view by_route, std::string_view by_key) const {
  std::optional<Policy> out;
  for (const std::string_view choice : {by_route, by_key}) {
    if (choice.empty()) continue;
    const auto found = named.find(choice);
    if (found == named.end() && choice != "default") {
      std::vector<std::string_view> names = {"default"};
      for (const auto& each : named) names.emplace_back(each.first);
      const std::string_view near = nearest(choice, names);
      return fail(Code::not_found, "there is no guard policy \"{}\" in \"{}\"{}", choice, name,
                  near.empty() ? std::string(".") : fmt::format("; did you mean \"{}\"?", near));
    }
    const Policy& policy = found == named.end() ? standard : found->second;
    out = out ? combined(*out, policy) : policy;
  }
  return out.value_or(standard);
}

std::vector<std::string> describe(const PolicyFile& file) {
  std::vector<std::string> out = {
      fmt::format("\"{}\", version {}. Questions about it go to {}.", file.name, file.version, file.owner)};
  const auto standard = describe(file.standard);
  out.insert(out.end(), standard.begin(), standard.end());
  for (const auto& [name, policy] : file.named) {
    out.push_back(fmt::format("Where \"{}\" is chosen, this is different:", name));
    const size_t before = out.size();
    for (auto& line : describe(policy)) {
      if (std::find(standard.begin(), standard.end(), line) == standard.end()) out.push_back(std::move(line));
    }
    if (out.size() == before) out.back() = fmt::format("\"{}\" is as the default.", name);
  }
  out.emplace_back("Where a route and a key choose differently, the stricter one counts, item by item.");
  out.emplace_back("Whoever is blocked is told that, and not why; the operator sees every reason.");
  return out;
}

}  // namespace trine::guard
