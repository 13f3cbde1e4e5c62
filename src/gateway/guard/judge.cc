#include "gateway/call/side_call.h"
#include "gateway/guard/guard_in.h"
#include "gateway/guard/guarding.h"
#include "gateway/settle/settle.h"
#include "llm/response.h"
#include "llm/texts.h"

namespace trine::gateway {
namespace {

using guard::Judged;
using guard::JudgeState;

constexpr size_t kMostOfJudge = 64 << 10;

std::shared_ptr<const Deployment> deployment_of(const Exchange& x, const std::string& model) {
  const auto route = x.snapshot->routes.find(std::string_view(model));
  if (route == x.snapshot->routes.end()) return nullptr;
  for (const auto& d : route->second.deployments)
    if (d->state->health.available(x.now())) return d;
  return nullptr;
}

}  // namespace

net::Task<Judged> ask_judge(Exchange& x, const guard::JudgeQuestion& question, Mono until) {
  const auto& policies = x.guarding->guards->guard()->policies();
  const guard::JudgeSettings& judge = policies.judge;
  const auto d = deployment_of(x, judge.model);
  const Judged none{JudgeState::no_answer, {}};
  if (!d) co_return none;
  const auto key = x.context.judged.key(*judge.family, d->model, policies.fingerprint, question);
  if (auto known = x.context.judged.find(key, x.now())) co_return Judged{JudgeState::answered, std::move(known)};
  if (x.now() >= until || !open_call(x, d, true)) {
    x.call = Call{};
    co_return none;
  }
  const std::string body = guard::judge_request(*judge.family, d->model, question);
  const auto answer = co_await side_call(x, *d, "/chat/completions", body, kMostOfJudge, until);
  if (answer) {
    if (const auto scan = llm::scan_response(*answer)) x.call.usage = scan->usage;
    d->state->health.success();
  } else {
    d->state->health.failure(x.now(), x.call.start);
  }
  close_call(x, answer ? energy::Outcome::ok : energy::Outcome::failed, answer ? 200 : 0);
  // It serves nobody: a request that is blocked by it has had no answer, and no deployment of one.
  x.call = Call{};
  if (!answer) co_return none;
  auto verdict = guard::read_judge_response(*judge.family, question, *answer);
  if (!verdict) co_return none;
  // A model's words may say again what the text holds; records and the audit log must not.
  verdict->rationale.clear();
  x.context.judged.put(key, *verdict, x.now());
  co_return Judged{JudgeState::answered, std::move(verdict)};
}

}  // namespace trine::gateway
