#include "gateway/guard/inspection.h"

#include <algorithm>

#include "gateway/guard/guard_in.h"
#include "gateway/guard/guarding.h"

namespace trine::gateway {
namespace {

using guard::Finding;
using guard::Provenance;

// More than this is not looked at on the worker's thread: at 50 MB/s it is a millisecond.
constexpr size_t kHere = 64 << 10;
// A passage of fewer bytes says too little by itself.
constexpr size_t kLeastPassage = 80;

net::Task<std::vector<Finding>> look(Exchange& x, const std::vector<guard::Part>& parts) {
  const guard::Guard& guard = *x.guarding->guards->guard();
  const auto all = [&](guard::GuardScratch& scratch) {
    std::vector<Finding> findings;
    findings.reserve(parts.size());
    for (const guard::Part& p : parts) findings.push_back(guard.inspect(p, scratch));
    return findings;
  };
  size_t bytes = 0;
  for (const guard::Part& p : parts) bytes += p.text.size();
  if (bytes > kHere && x.context.executor) {
    auto elsewhere = [&all] {
      guard::GuardScratch scratch;
      return all(scratch);
    };
    auto found = co_await x.context.executor->run(x.context.loop, std::move(elsewhere));
    if (found) co_return std::move(*found);
  }
  co_return all(x.context.guard_scratch);
}

// A text that is only to become numbers gives no orders.
void keep_data_only(Finding& f) {
  const double pii = f.scores[guard::Risk::pii];
  f.scores = {};
  f.scores[guard::Risk::pii] = pii;
  std::erase_if(f.rules, [](const guard::RuleEvidence& e) { return e.risk != guard::Risk::pii; });
}

net::Task<std::vector<guard::Judged>> judge(Exchange& x, const Inspection& i, const std::vector<Finding>& findings) {
  using guard::JudgeState;
  const Nanos timeout = x.guarding->guards->judge().timeout;
  std::vector<guard::Judged> judged(i.parts.size());
  for (size_t p = 0; p < i.parts.size(); ++p) {
    const Mono until = std::min(x.now() + timeout, x.must_end);  // for all questions about one text
    guard::Judged& all = judged[p];
    for (size_t r = 0; r < guard::kRisks; ++r) {
      // Most judges answer about all risks at once, some about one at a time.
      if (!i.outcome.parts[p].ask_judge.test(r) || (all.verdict && all.verdict->judged.test(r))) continue;
      const std::string_view worst = findings[p].worst;
      const guard::JudgeQuestion question{.risk = guard::risk_at(r),
                                          .provenance = i.parts[p].provenance,
                                          .text = worst.size() >= kLeastPassage ? worst : i.parts[p].text,
                                          .asked = {}};
      const guard::Judged one = co_await ask_judge(x, question, until);
      if (one.verdict) all.verdict = all.verdict ? both(std::move(*all.verdict), *one.verdict) : one.verdict;
      all.state = all.verdict ? JudgeState::answered : JudgeState::no_answer;
    }
  }
  co_return judged;
}

}  // namespace

guard::Provenance provenance_of(llm::TextRole role) {
  switch (role) {
    case llm::TextRole::user:
      return Provenance::user;
    case llm::TextRole::system:
    case llm::TextRole::definition:
      return Provenance::system;
    case llm::TextRole::assistant:
      return Provenance::assistant;
    case llm::TextRole::tool:
      return Provenance::tool;
    case llm::TextRole::document:
      return Provenance::document;
  }
  return Provenance::user;
}

net::Task<void> inspect(Exchange& x, Inspection& i) {
  const guard::Policy& policy = *x.guarding->policy;
  auto findings = co_await look(x, i.parts);
  if (i.only_data)
    for (Finding& f : findings) keep_data_only(f);
  std::vector<guard::RiskSet> judgeable;
  if (const auto family = x.guarding->guards->judge().family)
    for (const guard::Part& p : i.parts) judgeable.push_back(guard::judgeable(*family, p.provenance));
  i.outcome = guard::decide_all(policy, findings, judgeable, {});
  if (i.outcome.total.verdict.action == guard::Action::block || i.outcome.total.ask_judge.none()) co_return;
  const auto judged = co_await judge(x, i, findings);
  i.outcome = guard::decide_all(policy, findings, judgeable, judged);
}

}  // namespace trine::gateway
