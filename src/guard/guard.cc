#include "guard/guard.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <stdexcept>
#include <tuple>

#include "guard/plain_text.h"
#include "guard/secrets.h"
#include "json/escape.h"

namespace trine::guard {
namespace {

// A document or a tool's result has nobody to override and nothing to ask: whatever it tries, it tries from within.
Risk risk_of(RuleFamily family, Provenance provenance) {
  switch (family) {
    case RuleFamily::overriding:
    case RuleFamily::role_spoofing:
    case RuleFamily::chat_template:
      return is_untrusted(provenance) ? Risk::indirect : Risk::injection;
    case RuleFamily::extraction:
      return is_untrusted(provenance) ? Risk::indirect : Risk::extraction;
    case RuleFamily::persona:
    case RuleFamily::answer_prefix:
    case RuleFamily::refusal:
      return is_untrusted(provenance) ? Risk::indirect : Risk::jailbreak;
    case RuleFamily::data_instruction:
    case RuleFamily::exfiltration:
      return Risk::indirect;
    case RuleFamily::secret:
      return Risk::pii;
  }
  return Risk::injection;
}

// A text that was not looked at whole, or not decoded whole, could hide anything in the rest.
bool was_cut(const Signals& s) {
  return s.truncated_input || s.truncated_views;
}

std::vector<std::string_view> pii_names() {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < kPiiTypes; ++i) names.push_back(name(static_cast<PiiType>(i)));
  names.push_back("SECRET");
  return names;
}

Result<std::shared_ptr<const RuleSet>> rules_with(const std::string& folder) {
  if (folder.empty()) return RuleSet::shipped();
  auto packs = shipped_packs();
  if (!packs) return tl::unexpected(packs.error());
  auto more = load_packs(folder);
  if (!more) return tl::unexpected(more.error());
  for (RulePack& p : *more) packs->push_back(std::move(p));
  return RuleSet::compile(std::move(*packs));
}

double raised(double score, double by) {
  return std::max(score, by);
}

// JSON in a string of JSON, as tools give it.
constexpr int kMostEscaped = 2;

void note_rule(Finding& found, const Rule& rule, Provenance provenance) {
  const bool known =
      std::any_of(found.rules.begin(), found.rules.end(), [&](const auto& e) { return e.id == rule.id; });
  if (!known)
    found.rules.push_back({rule.id, risk_of(rule.family, provenance), rule.action == RuleAction::block, rule.says});
}

}  // namespace

Guard::Guard(PolicyFile policies, std::shared_ptr<const RuleSet> rules, std::shared_ptr<const Classifier> classifier)
    : policies_(std::move(policies)), rules_(std::move(rules)), classifier_(std::move(classifier)) {
  version_ = fmt::format("policy {} {}, rules {:.12}, weights {:.12}", policies_.name, policies_.fingerprint,
                         rules_->hash(), classifier_->recipe());
}

Result<std::shared_ptr<const Guard>> Guard::load(const Sources& sources) {
  const auto names = pii_names();
  PolicyFile policies;
  if (sources.policy.empty()) {
    policies = built_in_policy();
  } else {
    auto read = load_policy(sources.policy, names);
    if (!read) return tl::unexpected(read.error());
    policies = std::move(*read);
  }
  auto rules = rules_with(sources.rules);
  if (!rules) return tl::unexpected(rules.error());
  auto classifier = Classifier::shipped();
  if (!classifier) return tl::unexpected(classifier.error());
  return std::shared_ptr<const Guard>(new Guard(std::move(policies), std::move(*rules), std::move(*classifier)));
}

namespace {
std::atomic<bool> is_made{false};
}

const std::shared_ptr<const Guard>& Guard::shipped() {
  static const auto guard = [] {
    auto made = load({});
    if (!made) throw std::runtime_error("the built-in guard: " + made.error().message);
    is_made.store(true, std::memory_order_release);
    return *made;
  }();
  return guard;
}

bool Guard::shipped_is_made() {
  return is_made.load(std::memory_order_acquire);
}

std::vector<RuleEvidence> Guard::evidence_of(std::span<const RuleHit> hits) const {
  std::vector<RuleEvidence> out;
  for (const RuleHit& hit : hits) {
    const Rule& rule = rules_->rules()[hit.rule];
    out.push_back({rule.id, risk_of(rule.family, Provenance::assistant), rule.action == RuleAction::block, rule.says});
  }
  return out;
}

std::vector<Entity> Guard::data_in(std::string_view text, const Part& part, int depth, GuardScratch& scratch,
                                   Finding& found) const {
  std::vector<Entity> entities;
  scratch.hits_.clear();
  if (!rules_->scan(text, RuleInput::original, part.provenance, scratch.rules_, scratch.hits_))
    found.too_many_secrets = true;
  for (const RuleHit& hit : scratch.hits_) {
    const Rule& rule = rules_->rules()[hit.rule];
    if (depth == 0 || rule.family == RuleFamily::secret) note_rule(found, rule, part.provenance);
  }
  for (const ByteSpan& span : secrets_of(*rules_, text, scratch.hits_))
    entities.push_back({span.begin, span.end, "SECRET"});
  scratch.spans_.clear();
  scanner_.scan(text, scratch.spans_);
  for (const PiiSpan& span : scratch.spans_) {
    entities.push_back({span.begin, span.end, std::string(name(span.type))});
    found.scores[Risk::pii] = raised(found.scores[Risk::pii], static_cast<double>(span.confidence));
  }
  if (depth < kMostEscaped && has_escapes(text)) {
    std::string plain(text.size(), '\0');
    plain.resize(json::unescape_into(plain.data(), text));
    std::vector<Entity> inner = data_in(plain, part, depth + 1, scratch, found);
    to_escaped(text, inner);
    keep_escapes_whole(text, inner, entities);
    std::move(inner.begin(), inner.end(), std::back_inserter(entities));
  }
  std::sort(entities.begin(), entities.end(), [](const Entity& a, const Entity& b) {
    return std::tie(a.start, a.end, a.type) < std::tie(b.start, b.end, b.type);
  });
  entities.erase(std::unique(entities.begin(), entities.end()), entities.end());  // most is found both ways
  return entities;
}

Finding Guard::inspect(const Part& part, GuardScratch& scratch) const {
  Finding found;
  Normaliser().normalise(part.text, scratch.normalised_);
  const Normalised& n = scratch.normalised_;

  for (const View& view : n.views) {
    scratch.hits_.clear();
    rules_->scan(view.text, RuleInput::folded, part.provenance, scratch.rules_, scratch.hits_);
    for (const RuleHit& hit : scratch.hits_) note_rule(found, rules_->rules()[hit.rule], part.provenance);
  }
  found.entities = data_in(part.text, part, 0, scratch, found);

  // What the operator wrote is told what to do and not judged by it; what the model wrote is judged for harm alone.
  if (part.provenance != Provenance::system) {
    const Scores s = classifier_->score(n, part.provenance, scratch.classifier_);
    const HeadScore* worst = &s.heads.front();
    const auto take = [&](Risk risk, Head head) {
      const HeadScore& h = s.of(head);
      found.scores[risk] = static_cast<double>(h.value);
      if (h.value > worst->value) worst = &h;
    };
    // The other heads know what people write to a model: of documents one in twenty would be an alarm.
    if (is_untrusted(part.provenance)) {
      take(Risk::indirect, Head::indirect);
    } else {
      take(Risk::unsafe, Head::unsafe);
      if (part.provenance == Provenance::user) {
        take(Risk::jailbreak, Head::jailbreak);
        take(Risk::injection, Head::injection);
        take(Risk::extraction, Head::extraction);
      }
    }
    if (worst->value > 0 && worst->view < n.views.size()) {
      const ByteSpan at = original_span(n.views[worst->view], worst->window.begin, worst->window.end);
      found.worst = part.text.substr(at.begin, at.end - at.begin);
    }
    if (was_cut(n.signals))
      for (const Risk risk : {Risk::jailbreak, Risk::injection, Risk::extraction, Risk::unsafe, Risk::indirect})
        found.scores[risk] = 1;
  }

  return found;
}

Outcome decide_all(const Policy& policy, std::span<const Finding> findings, std::span<const RiskSet> judgeable,
                   std::span<const Judged> judged) {
  Outcome all;
  Decision& total = all.total;
  for (size_t i = 0; i < findings.size(); ++i) {
    Evidence e;
    e.scores = findings[i].scores;
    e.points = kOperatingPoints;
    e.rules = findings[i].rules;
    e.personal_data = findings[i].entities;
    e.too_many_secrets = findings[i].too_many_secrets;
    if (i < judgeable.size()) e.judgeable = judgeable[i];
    if (i < judged.size()) {
      e.judge_state = judged[i].state;
      e.judge = judged[i].verdict;
    }
    Decision d = decide(policy, e);
    if (d.verdict.action > total.verdict.action || i == 0) {
      total.verdict.action = d.verdict.action;
      total.verdict.tier = d.verdict.tier;
    } else if (d.verdict.action == total.verdict.action) {
      total.verdict.tier = std::max(total.verdict.tier, d.verdict.tier);
    }
    for (size_t r = 0; r < kRisks; ++r)
      total.verdict.scores.of[r] = std::max(total.verdict.scores.of[r], d.verdict.scores.of[r]);
    total.verdict.reasons.insert(total.verdict.reasons.end(), d.verdict.reasons.begin(), d.verdict.reasons.end());
    total.causes.insert(total.causes.end(), d.causes.begin(), d.causes.end());
    total.ask_judge |= d.ask_judge;
    total.policy = d.policy;
    all.parts.push_back(std::move(d));
  }
  std::stable_sort(total.causes.begin(), total.causes.end(),
                   [](const Cause& a, const Cause& b) { return a.action > b.action; });
  return all;
}

}  // namespace trine::guard
