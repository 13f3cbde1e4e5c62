#include "gateway/call/call.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/hash.h"
#include "base/text.h"
#include "gateway/call/outgoing.h"
#include "gateway/call/relay.h"
#include "gateway/reply.h"
#include "gateway/route/route.h"
#include "gateway/settle/settle.h"

namespace trine::gateway {
namespace {

using energy::Outcome;
using llm::ClientError;
using llm::ErrorCode;

constexpr size_t kMaxErrorBody = 256 << 10;
constexpr Nanos kErrorBodyTimeout = std::chrono::seconds(5);

// An error that an engine answered, kept until it is clear that nobody else will answer better.
struct EngineError {
  std::string head;
  std::string body;
  int status = 0;
};

// How long an engine asks to be left alone; what is no number of seconds (a date) counts as one second.
Nanos patience_of(const net::Head& answer) {
  const auto header = answer.find("retry-after");
  const auto s = header ? parse_number(trim(*header)) : std::nullopt;
  return s && *s >= 0 ? from_seconds(std::min(*s, seconds(Health::kLongest))) : std::chrono::seconds(1);
}

bool is_json(const net::Head& head) {
  const auto type = head.find("content-type");
  return type && type->find("json") != std::string_view::npos;
}

// Connects and sends, and reads the head of the answer. A kept connection that its engine has closed meanwhile is not
// the engine's fault: one more try, on a new one.
net::Task<Result<void>> send_upstream(Exchange& x, const Outgoing& outgoing) {
  const TimeoutsConfig& timeouts = x.snapshot->config->timeouts;
  const std::shared_ptr<net::Pool> pool = x.context.pool(x.call.deployment);
  for (bool fresh = false;; fresh = true) {
    auto connection = co_await pool->acquire(fresh);
    if (!connection) {
      x.call.upstream.reset();  // the kept one that was dead
      co_return tl::unexpected(connection.error());
    }
    x.call.upstream = std::move(*connection);
    net::UpstreamConnection& up = *x.call.upstream;
    if (nobody_waits(x)) co_return fail(Code::cancelled, "the client left");
    if (asks_for_head(x)) up.expect_no_body();
    up.deadline().arm(time_left(x, timeouts.first_byte));
    x.call.sent = true;
    const auto sent = co_await up.send(outgoing.slices());
    Result<void> head = sent.ok() ? Result<void>{} : fail(Code::unavailable, "the engine closed the connection");
    if (head) head = co_await up.read_head(time_left(x, timeouts.first_byte));
    if (head || nobody_waits(x) || fresh || !up.reused() || up.answered() || up.deadline().fired()) co_return head;
  }
}

// Reads an engine's error, so that it can be passed on.
net::Task<void> read_error(Exchange& x, EngineError& into) {
  net::UpstreamConnection& up = *x.call.upstream;
  into.status = up.head().status;
  into.head = head_from_upstream(x, up.head());
  into.body.clear();
  const bool json = is_json(up.head());
  const auto read = co_await up.read_body(into.body, kMaxErrorBody, 0, time_left(x, kErrorBodyTimeout));
  if (!read || !json || into.status < 400) {
    // A proxy's page, or half an error: said in our words.
    const ClientError e{ErrorCode::upstream_error, fmt::format("it answered with status {}", into.status), {}};
    into.status = llm::status(e);
    into.head = own_head(x, into.status, "application/json");
    into.body = llm::openai_error_body(e, x.id_view());
  }
  release_upstream(x);
}

// One call to one deployment. The call is recorded when this returns. `reached`: the engine had to do with it.
net::Task<Relayed> attempt(Exchange& x, IdempotencyClaim& claim, ClientError& error, EngineError& engine_error,
                           bool& reached) {
  DeploymentState& state = *x.call.deployment->state;
  reached = true;
  std::optional<Outgoing> outgoing(std::in_place, x, *x.call.deployment);
  const bool hides_usage = outgoing->hides_usage();
  const auto head = co_await send_upstream(x, *outgoing);
  outgoing.reset();  // a long stream need not hold it
  if (nobody_waits(x)) {
    abandon(x);
    co_return Relayed::answered;
  }
  if (!head) {
    error = upstream_error(head.error());
    reached = x.call.upstream != nullptr;
    x.call.upstream.reset();
    state.health.failure(x.now(), x.call.start, Health::Why::unreachable);
    close_call(x, Outcome::failed, 0);
    co_return Relayed::again;
  }
  const net::Head& answer = x.call.upstream->head();
  const int status = answer.status;
  if (status >= 300) {
    if (status >= 500)
      state.health.failure(x.now(), x.call.start);
    else if (status == 429)
      state.health.patience(x.now(), patience_of(answer));
    else
      state.health.success();
    co_await read_error(x, engine_error);
    close_call(x, Outcome::failed, status);
    co_return Relayed::again;
  }
  const auto type = answer.find("content-type");
  const bool events =
      !asks_for_head(x) && type && type->size() >= 17 && iequals(type->substr(0, 17), "text/event-stream");
  const Relayed relayed =
      events ? co_await relay_stream(x, hides_usage, claim, error) : co_await relay_whole(x, claim, error);
  if (relayed == Relayed::again) state.health.failure(x.now(), x.call.start);
  co_return relayed;
}

ClientError busy(Exchange& x, size_t waiting, Nanos least) {
  x.context.counters.turned_away.add();
  x.retry_after = static_cast<int64_t>(std::ceil(seconds(least)));
  std::string detail;
  if (waiting > 0) detail = fmt::format("{} {} already", waiting, waiting == 1 ? "waits" : "wait");
  return {ErrorCode::deployments_busy, std::move(detail), {}};
}

// The deployment to call; waits while all that could serve are busy. Null with `error` set where waiting is in vain, or
// with `why_not` where none could serve.
net::Task<std::shared_ptr<const Deployment>> find_place(Exchange& x, std::string& why_not, ClientError& error) {
  if (!x.route) co_return choose_deployment(x, why_not);
  WaitingRoom& room = x.context.room(x.route->model);
  // Who comes while others wait stands behind them.
  bool behind = !room.empty() && Router::prospect(x).any();
  Waiter w;
  for (bool again = false;; again = true, behind = false, why_not.clear()) {
    if (!behind) {
      if (auto chosen = choose_deployment(x, why_not)) {
        if (again) room.served();
        co_return chosen;
      }
    }
    const Router::Prospect prospect = Router::prospect(x);
    if (!prospect.later && !behind) {
      if (again) room.next();
      co_return nullptr;
    }
    const Mono now = x.now();
    if (!again) {
      w.until = std::min(now + x.route->queue.wait, x.must_end);
      w.tenant = hash64(x.tenant.team.empty() ? x.tenant.key : x.tenant.team, hash64(x.tenant.org));
      // It goes as well where nothing is left to wait for, to be told so.
      w.may_go = [&x, &w] {
        const Router::Prospect p = Router::prospect(x);
        return p.now || !p.later || x.now() + p.least > w.until;
      };
    }
    const Nanos least = std::max(prospect.least, again || prospect.now ? Nanos(0) : room.expected());
    const bool full = !again && room.size() >= static_cast<size_t>(x.route->queue.length);
    if (full || now >= w.until || now + least > w.until) {
      error = busy(x, again ? 0 : room.size(), least);
      if (again) room.next();
      co_return nullptr;
    }
    x.context.counters.waiting.add();
    x.leave_room = [&room, &w] { room.leave(w); };
    x.trail.enter(Phase::wait, x.now());
    const auto end = co_await room.wait(w, again);
    x.trail.enter(Phase::route, x.now());
    x.leave_room = nullptr;
    x.context.counters.waiting.add(-1);
    if (nobody_waits(x)) {
      if (end == Waiter::End::turn) room.next();  // another's turn
      co_return nullptr;
    }
    if (end == Waiter::End::timed_out) {
      error = busy(x, 0, std::max(Router::prospect(x).least, room.expected()));
      co_return nullptr;
    }
  }
}

}  // namespace

Nanos time_left(const Exchange& x, Nanos wanted) {
  return std::max<Nanos>(std::chrono::milliseconds(1), std::min<Nanos>(wanted, x.must_end - x.now()));
}

ClientError upstream_error(const Error& e) {
  switch (e.code) {
    case Code::deadline_exceeded:
      return {ErrorCode::upstream_timeout, {}, {}};
    case Code::unavailable:
      return {ErrorCode::upstream_unreachable, {}, {}};
    default:
      return {ErrorCode::upstream_error, e.message, {}};
  }
}

void abandon(Exchange& x) {
  if (x.call.upstream) x.call.upstream->abort();
  x.call.upstream.reset();
  x.status = 499;  // nginx's number for a client that closed the request
  close_request(x, Outcome::cancelled);
}

void release_upstream(Exchange& x) {
  if (x.call.upstream) x.context.pool(x.call.deployment)->release(std::move(x.call.upstream));
}

net::Task<void> call(Exchange& x, IdempotencyClaim& claim) {
  x.client.watch([&x] {
    x.client_gone = true;
    if (x.keeping && x.keeping->followed()) return;  // others wait for it as well
    if (x.call.upstream) x.call.upstream->abort();
    if (x.leave_room) x.leave_room();
  });
  ClientError error{ErrorCode::no_deployment_available, {}, {}};
  EngineError engine_error;
  x.context.retries.request();
  bool reached = false;  // by the call before
  const int attempts = x.route ? x.route->max_attempts : 1;
  for (int i = 0; i < attempts && x.now() < x.must_end; ++i) {
    if (reached && !x.context.retries.any(x.now())) {
      if (Router::prospect(x).any()) x.context.counters.retries_refused.add();
      break;
    }
    std::string why_not;
    x.trail.enter(Phase::route, x.now());
    auto chosen = co_await find_place(x, why_not, error);
    if (nobody_waits(x)) co_return abandon(x);
    if (!chosen) {
      if (i == 0 && error.code == ErrorCode::no_deployment_available) error.detail = why_not;
      break;
    }
    if (reached) x.context.retries.take();
    x.tried.push_back(chosen.get());
    if (i > 0) x.call.deployment->state->probe.of(x.context.worker).retries.add();
    const bool opened = open_call(x, std::move(chosen));
    if (x.route) x.context.room(x.route->model).next();  // now that this place is taken: there may be another one
    if (!opened) {
      error = {ErrorCode::ledger_full, {}, {}};
      engine_error = {};
      break;
    }
    engine_error.status = 0;
    x.trail.enter(Phase::call, x.now());
    const Relayed relayed = co_await attempt(x, claim, error, engine_error, reached);
    if (x.route) x.context.room(x.route->model).next();
    if (relayed == Relayed::answered) co_return;
    if (x.keeping) x.keeping->again();
    // What the request itself got wrong, another deployment would refuse as well.
    if (engine_error.status != 0 && !worth_another(engine_error.status)) break;
  }
  if (engine_error.status != 0) {
    x.status = engine_error.status;
    x.error = "upstream_status";
    close_request(x, Outcome::failed);
    co_await send_whole(x, std::move(engine_error.head), engine_error.body);
    co_return;
  }
  x.status = llm::status(error);
  x.error = llm::row(error.code).code;
  close_request(x, x.calls == 0 ? Outcome::refused : Outcome::failed);
  co_await send_error(x, error);
}

}  // namespace trine::gateway
