#include "gateway/guard/answer.h"

#include <algorithm>

#include "json/escape.h"

namespace trine::gateway {
namespace {

using guard::Action;
using guard::Risk;
using llm::TextPiece;
using net::EventVerdict;

constexpr std::string_view kSecret = "SECRET";

guard::PiiAction data_action(const guard::Policy& policy, std::string_view type) {
  switch (policy.of_personal_data(type)) {
    case Action::allow:
    case Action::flag:
      return guard::PiiAction::allow;
    case Action::redact:
      return guard::PiiAction::redact;
    case Action::block:
      return guard::PiiAction::block;
  }
  return guard::PiiAction::block;
}

guard::DataPolicy data_policy_of(const guard::Policy& policy) {
  guard::DataPolicy out;
  for (size_t i = 0; i < guard::kPiiTypes; ++i)
    out.personal.actions[i] = data_action(policy, name(static_cast<guard::PiiType>(i)));
  out.secrets = data_action(policy, kSecret);
  return out;
}

}  // namespace

struct AnswerGuard::Lane {
  Lane(AnswerGuard& owner, const TextPiece& piece)
      : message(piece.message),
        part(piece.part),
        kind(piece.kind),
        data(owner.g_.guards->guard()->rules(), owner.g_.guards->guard()->personal_data(), owner.data_policy_),
        restorer(owner.g_.vault) {
    if (!owner.g_.leaks) return;
    leak.emplace(*owner.g_.leaks);
    for (const std::string& said : owner.g_.said) leak->known(said);
  }
  bool is_of(const TextPiece& p) const { return p.message == message && p.part == part && p.kind == kind; }

  uint32_t message, part;
  llm::TextKind kind;
  std::optional<guard::LeakStream> leak;
  std::string held;  // read, and may be the beginning of a leak
  guard::DataStream data;
  guard::PiiRestorer restorer;
  std::optional<guard::RuleStream> rules;
  bool fed = false;       // by deltas
  bool changed = false;   // it is not byte for byte what the engine sends
  std::string template_;  // the last event of this lane, while something is held: what comes later goes out in its form
};

AnswerGuard::AnswerGuard(Exchange& x)
    : x_(x),
      g_(*x.guarding),
      data_policy_(data_policy_of(*g_.policy)),
      reads_data_(data_policy_.any()),
      stops_leaks_(g_.policy->of(Risk::leak).strictest() == Action::block) {}

AnswerGuard::~AnswerGuard() = default;

void AnswerGuard::find(Risk risk, Action action, std::string what) {
  if (action == Action::allow) return;
  action_ = std::max(action_, action);
  found_.push_back(fmt::format("{}: {} ({})", name(risk), what, name(action)));
  if (action == Action::block) stopped_ = true;
}

void AnswerGuard::found_leak(const guard::Leak& leak) {
  find(Risk::leak, g_.policy->of(Risk::leak).strictest(),
       leak.canary ? "its system prompt's canary" : fmt::format("its system prompt, {}", name(leak.form)));
}

void AnswerGuard::judge_hits() {
  const auto& rules = g_.guards->guard()->rules()->rules();
  for (const guard::RuleHit& hit : hits_) {
    if (std::find(rules_seen_.begin(), rules_seen_.end(), hit.rule) != rules_seen_.end()) continue;
    rules_seen_.push_back(hit.rule);
    const auto evidence = g_.guards->guard()->evidence_of({&hit, 1}).front();
    const Action most = g_.policy->of(evidence.risk).strictest();
    // A secret is what the policy says of it, as in requests; through() cuts it out.
    const Action action = rules[hit.rule].family == guard::RuleFamily::secret ? g_.policy->of_personal_data(kSecret)
                          : evidence.blocks                                   ? most
                                                                              : std::min(most, Action::flag);
    find(evidence.risk, action, std::string(rules[hit.rule].id));
  }
  hits_.clear();
}

AnswerGuard::Lane& AnswerGuard::lane_of(const TextPiece& piece) {
  for (Lane& l : lanes_)
    if (l.is_of(piece)) return l;
  return lanes_.emplace_back(*this, piece);
}

// What of `text`, behind what the lane holds, may go out now. `whole`: the lane ends here.
std::string AnswerGuard::through(Lane& lane, std::string_view text, bool whole) {
  std::string free;
  if (lane.leak) {
    lane.held += text;
    size_t release = 0;
    if (!text.empty()) {
      const auto step = lane.leak->feed(text);
      release = step.release;
      if (step.leaked) found_leak(*lane.leak->leak());
    }
    if (whole && !stopped_) {
      const auto step = lane.leak->finish();
      release += step.release;
      if (step.leaked) found_leak(*lane.leak->leak());
    }
    // A policy that only notes leaks holds nothing back.
    if (!stops_leaks_ && !stopped_) release = lane.held.size();
    if (lane.leak->leak()) lane.leak.reset();
    free = lane.held.substr(0, release);
    lane.held.erase(0, release);
  } else {
    free = lane.held + std::string(text);
    lane.held.clear();
  }
  if (stopped_) return {};
  if (reads_data_) {
    std::string kept;
    guard::RuleScratch& scratch = x_.context.guard_rules;
    lane.data.push(free, scratch, kept);
    if (whole) lane.data.finish(scratch, kept);
    if (lane.data.blocked()) {
      find(Risk::pii, Action::block, "personal data that must not go out");
      return {};
    }
    free = std::move(kept);
  }
  if (g_.vault.size() > 0) {
    std::string restored;
    lane.restorer.push(free, restored);
    if (whole) lane.restorer.finish(restored);
    free = std::move(restored);
  }
  return free;
}

// The lane's last event with another text.
std::string AnswerGuard::event_with(const Lane& lane, std::string_view text) {
  std::vector<TextPiece> pieces;
  const auto read = llm::read_event_texts(lane.template_, arena_, pieces);
  if (!read) return {};
  json::Splice splice(read->document);
  for (const TextPiece& p : pieces)
    if (!p.repeats) splice.replace(p.raw, lane.is_of(p) ? json::escaped(text) : std::string());
  for (std::string_view value : read->facts.logprobs) splice.replace(value, "null");
  return llm::event_of(lane.template_, *read, splice);
}

EventVerdict AnswerGuard::event(std::string_view bytes, bool ends) {
  const EventVerdict nothing{.action = EventVerdict::Action::drop, .before = {}, .text = {}};
  if (stopped_) return nothing;
  arena_.release();
  pieces_.clear();
  const auto read = llm::read_event_texts(bytes, arena_, pieces_);
  // What cannot be read cannot be judged; engines send none of it.
  if (!read) {
    find(Risk::leak, Action::block, "an event that cannot be read");
    return nothing;
  }
  // Where one choice ends, others go on: what is held of those may be the half of what must not go out.
  const std::vector<uint32_t>& named = read->facts.finished;
  const auto ended = [&](uint32_t choice) {
    return ends && (named.empty() || std::find(named.begin(), named.end(), choice) != named.end());
  };
  EventVerdict verdict;
  std::vector<std::pair<std::string_view, std::string>> edits;
  for (const TextPiece& p : pieces_) {
    Lane& lane = lane_of(p);
    if (p.repeats && lane.fed) {
      // The whole once more, as it went out; what is held of it goes before.
      if (!lane.template_.empty()) {
        const std::string held = through(lane, {}, true);
        if (stopped_) return nothing;
        if (!held.empty()) verdict.before += event_with(lane, held);
        lane.template_.clear();
      }
      if (!lane.changed) continue;
      Lane again(*this, p);
      again.leak.reset();
      std::string out = through(again, p.text, true);
      if (stopped_) return nothing;
      if (out != p.text) edits.emplace_back(p.raw, std::move(out));
      continue;
    }
    lane.fed = true;
    if (!lane.rules) lane.rules.emplace(g_.guards->guard()->rules(), guard::RuleInput::original);
    lane.rules->feed(p.text, x_.context.guard_rules, hits_);
    if (!hits_.empty()) judge_hits();
    const bool last = ended(p.message);
    std::string out = through(lane, p.text, last || p.repeats);
    if (stopped_) return nothing;
    if (out != p.text) {
      lane.changed = true;
      edits.emplace_back(p.raw, std::move(out));
    }
    // What cuts data out, or puts it back, may hold some too.
    if ((!lane.held.empty() || reads_data_ || g_.vault.size() > 0) && !last)
      lane.template_ = bytes;
    else
      lane.template_.clear();
  }
  if (ends) verdict.before += rest(ended);
  if (stopped_) return nothing;
  if (edits.empty()) return verdict;
  json::Splice splice(read->document);
  for (const auto& [raw, text] : edits) splice.replace(raw, json::escaped(text));
  for (std::string_view value : read->facts.logprobs) splice.replace(value, "null");
  verdict.action = EventVerdict::Action::replace;
  verdict.text = llm::event_of(bytes, *read, splice);
  return verdict;
}

// Events with what is still held of the choices that have ended.
std::string AnswerGuard::rest(FunctionRef<bool(uint32_t)> ended) {
  std::string out;
  for (Lane& lane : lanes_) {
    if (lane.template_.empty() || !ended(lane.message)) continue;
    const std::string text = through(lane, {}, true);
    if (stopped_) return {};
    if (!text.empty()) out += event_with(lane, text);
    lane.template_.clear();
  }
  return out;
}

std::optional<json::Splice> AnswerGuard::whole(std::string_view body) {
  const auto facts = llm::read_answer_texts(body, arena_, pieces_);
  if (!facts) {
    find(Risk::leak, Action::block, "an answer that cannot be read");
    return std::nullopt;
  }
  json::Splice splice(body);
  for (const TextPiece& p : pieces_) {
    Lane lane(*this, p);
    g_.guards->guard()->rules()->scan(p.text, guard::RuleInput::original, guard::Provenance::assistant,
                                      x_.context.guard_rules, hits_);
    judge_hits();
    std::string out = through(lane, p.text, true);
    if (stopped_) return std::nullopt;
    if (out != p.text) {
      splice.replace(p.raw, json::escaped(out));
      for (std::string_view value : facts->logprobs) splice.replace(value, "null");
    }
  }
  return splice;
}

void AnswerGuard::finish() {
  x_.context.counters.answers_guarded[static_cast<size_t>(action_)].add();
  if (found_.empty()) return;
  g_.action = std::max(g_.action, action_);
  g_.note += fmt::format("{}answer: {}", g_.note.empty() ? "" : "\n", fmt::join(found_, "; "));
}

}  // namespace trine::gateway
