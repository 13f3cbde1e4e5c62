#include "gateway/guard/check_api.h"

#include <algorithm>
#include <memory_resource>

#include "base/text.h"
#include "gateway/guard/guarding.h"
#include "gateway/guard/inspection.h"
#include "gateway/limit/limit.h"
#include "gateway/reply.h"
#include "gateway/settle/settle.h"
#include "gateway/watch/refusals.h"
#include "guard/leak.h"
#include "json/escape.h"
#include "json/read.h"
#include "json/write.h"
#include "llm/texts.h"

namespace trine::gateway {
namespace {

using guard::Provenance;
using guard::Risk;
using json::Value;
using llm::ClientError;
using llm::ErrorCode;

constexpr std::string_view kCheck = "/v1/guard/check", kModerations = "/v1/moderations";
constexpr size_t kMostTexts = 10'000;

// What is asked about.
struct Question {
  std::vector<std::string> kept;  // texts of strings, in `parts`; reserved: it never grows
  std::string chat;               // `messages` alone
  std::pmr::monotonic_buffer_resource arena;
  std::vector<guard::Part> parts;
  std::vector<std::string> where;  // "input", "messages[2]": for entities, as the parts
  std::string_view system;         // the prompt that `output` must not give away
  std::string_view output;
};

ClientError wrong_part(std::string detail, std::string param) {
  return {ErrorCode::invalid_request, std::move(detail), std::move(param)};
}

std::string unescaped(const Value& v) {
  std::string out(v.escaped().size(), '\0');
  out.resize(json::unescape_into(out.data(), v.escaped()));
  return out;
}

void add(Question& q, Provenance provenance, std::string text, std::string where) {
  q.kept.push_back(std::move(text));
  q.parts.push_back({provenance, q.kept.back()});
  q.where.push_back(std::move(where));
}

// A string, or a list of strings or of {"type":"text","text":...}.
std::optional<ClientError> add_strings(Question& q, Provenance provenance, const Value& v, const std::string& name) {
  if (v.is_string()) {
    add(q, provenance, unescaped(v), name);
    return {};
  }
  std::optional<ClientError> problem;
  const auto bad = [&] { problem = wrong_part(fmt::format("`{}` must be a string or a list of strings", name), name); };
  if (!v.is_array()) {
    bad();
    return problem;
  }
  size_t i = 0;
  const auto walked = json::each_element(v.raw, [&](Value e) {
    const std::string where = fmt::format("{}[{}]", name, i++);
    if (q.kept.size() >= kMostTexts) {
      problem = wrong_part(fmt::format("`{}` has more than {} texts", name, kMostTexts), name);
      return false;
    }
    if (e.is_string()) {
      add(q, provenance, unescaped(e), where);
      return true;
    }
    const auto text = e.is_object() ? json::member(e.raw, "text") : Result<std::optional<Value>>(std::nullopt);
    if (text && *text && (*text)->is_string())
      add(q, provenance, unescaped(**text), where);
    else if (!e.is_object())
      bad();
    return !problem.has_value();
  });
  if (!walked) return wrong_part(walked.error().message, name);
  return problem;
}

std::optional<ClientError> read_question(std::string_view body, Question& q) {
  q.kept.reserve(kMostTexts + 8);
  std::optional<ClientError> problem;
  bool asked = false;
  std::string_view messages;
  const auto walked = json::each_member(body, [&](std::string_view key, Value v) {
    if (problem) return true;
    if (key == "input" || key == "documents" || key == "output" || key == "system" || key == "messages") asked = true;
    if (key == "messages") messages = v.raw;
    if (key == "input") problem = add_strings(q, Provenance::user, v, "input");
    if (key == "documents") problem = add_strings(q, Provenance::document, v, "documents");
    if (key == "output" || key == "system") {
      if (!v.is_string()) {
        problem = wrong_part(fmt::format("`{}` must be a string", key), std::string(key));
        return true;
      }
      add(q, key == "output" ? Provenance::assistant : Provenance::system, unescaped(v), std::string(key));
      (key == "output" ? q.output : q.system) = q.kept.back();
    }
    return true;
  });
  if (!walked) return ClientError{ErrorCode::invalid_json, walked.error().message, {}};
  if (problem) return problem;
  if (!asked) return wrong_part("give `input`, `messages`, `documents`, or `output` and `system`", "input");
  if (messages.empty()) return {};
  // As a chat has them, and nothing else of the body.
  q.chat = fmt::format("{{\"messages\":{}}}", messages);
  std::vector<llm::TextPiece> pieces;
  if (const auto read = llm::read_texts(llm::Endpoint::chat, q.chat, q.arena, pieces); !read)
    return wrong_part(read.error().message, "messages");
  for (const llm::TextPiece& p : pieces) {
    q.parts.push_back({provenance_of(p.role), p.text});
    q.where.push_back(fmt::format("messages[{}]", p.message));
  }
  return {};
}

std::string check_json(const Question& q, const guard::Outcome& outcome, double latency_us,
                       const std::string& version) {
  const guard::Verdict& v = outcome.total.verdict;
  std::string out;
  json::Writer w(out);
  w.object().key("scores").object();
  for (size_t r = 0; r < guard::kRisks; ++r) w.key(name(guard::risk_at(r))).value(v.scores.of[r]);
  w.end().key("action").value(name(v.action)).key("entities").array();
  for (size_t i = 0; i < outcome.parts.size(); ++i) {
    // Spans go out in characters (Unicode code points), as every language but ours counts.
    std::vector<guard::Entity> entities = outcome.parts[i].verdict.entities;
    guard::count_in_characters(q.parts[i].text, entities);
    for (const guard::Entity& e : entities) {
      w.object().key("start").value(e.start).key("end").value(e.end).key("type").value(e.type);
      if (q.parts.size() > 1) w.key("in").value(q.where[i]);
      w.end();
    }
  }
  w.end().key("tier").value(v.tier).key("reasons").array();
  for (const std::string& reason : v.reasons) w.value(reason);
  w.end().key("latency_us").value(latency_us).key("version").value(version).end();
  return out;
}

// Of OpenAI's categories only what the scores tell: without a judge all harm is "illicit".
std::string moderation_json(const Exchange& x, const std::vector<guard::Outcome>& outcomes) {
  constexpr std::array<std::string_view, 13> kTheirs = {"harassment",
                                                        "harassment/threatening",
                                                        "hate",
                                                        "hate/threatening",
                                                        "illicit",
                                                        "illicit/violent",
                                                        "self-harm",
                                                        "self-harm/intent",
                                                        "self-harm/instructions",
                                                        "sexual",
                                                        "sexual/minors",
                                                        "violence",
                                                        "violence/graphic"};
  std::string out;
  json::Writer w(out);
  w.object()
      .key("id")
      .value("modr-" + std::string(x.id_view()))
      .key("model")
      .value("trine-guard")
      .key("results")
      .array();
  for (const guard::Outcome& o : outcomes) {
    const guard::Verdict& v = o.total.verdict;
    const auto found = [&](Risk r) {
      return std::any_of(o.total.causes.begin(), o.total.causes.end(),
                         [&](const guard::Cause& c) { return c.risk == r; });
    };
    w.object().key("flagged").value(v.action != guard::Action::allow).key("categories").object();
    for (const std::string_view c : kTheirs) w.key(c).value(c == "illicit" && found(Risk::unsafe));
    for (size_t r = 0; r < guard::kRisks; ++r) w.key(name(guard::risk_at(r))).value(found(guard::risk_at(r)));
    w.end().key("category_scores").object();
    for (const std::string_view c : kTheirs) w.key(c).value(c == "illicit" ? v.scores[Risk::unsafe] : 0.0);
    for (size_t r = 0; r < guard::kRisks; ++r) w.key(name(guard::risk_at(r))).value(v.scores.of[r]);
    w.end().end();
  }
  w.end().end();
  return out;
}

// A leak is a finding like others, of the output.
void look_for_leak(Question& q, const guard::Policy& policy, guard::Outcome& outcome) {
  if (q.output.empty() || q.system.empty()) return;
  const guard::LeakIndex index(q.system);
  std::vector<std::string_view> said;
  for (const guard::Part& p : q.parts)
    if (p.provenance == Provenance::user) said.push_back(p.text);
  const auto leak = guard::find_leak(index, q.output, said);
  if (!leak) return;
  guard::Verdict& v = outcome.total.verdict;
  v.scores[Risk::leak] = 1;
  const guard::Action action = policy.of(Risk::leak).strictest();
  v.action = std::max(v.action, action);
  v.tier = std::max(v.tier, 1);
  v.reasons.push_back(
      fmt::format("leak: the output gives the system prompt away, {} ({})", name(leak->form), name(action)));
}

}  // namespace

bool is_guard_api(const Exchange& x) {
  const std::string_view path = x.client.head().path();
  return path == kCheck || path == kModerations;
}

net::Task<void> serve_guard_api(Exchange& x) {
  const bool moderation = x.client.head().path() == kModerations;
  if (x.client.head().method != "POST") {
    const ClientError error{ErrorCode::method_not_allowed, {}, {}};
    co_return co_await refuse(x, error);
  }
  const net::BodyError read = co_await x.client.read_body(x.body, body_limit(x));
  if (read == net::BodyError::gone) co_return;
  if (read != net::BodyError::none) {
    x.client.close_after();
    const ClientError error{
        read == net::BodyError::too_large ? ErrorCode::body_too_large : ErrorCode::request_timeout, {}, {}};
    co_return co_await refuse(x, error);
  }
  if (const auto error = limit(x)) co_return co_await refuse(x, *error);
  Question q;
  if (const auto error = read_question(x.body.view(), q)) co_return co_await refuse(x, *error);

  const auto& guards = x.snapshot->guards;
  if (!guards->is_made() && x.context.executor) {
    // Named, and nothing but a reference in it: gcc 12 destroys what a temporary lambda in a co_await holds twice. What
    // it refers to is in the request's snapshot, which the request keeps.
    const auto make = [&guards] { return guards->guard() != nullptr; };
    co_await x.context.executor->run(x.context.loop, make);
  }
  const guard::Policy* policy = guards->policy({}, x.key->guard);
  x.guarding = std::make_unique<Guarding>();
  x.guarding->guards = guards;
  x.guarding->policy = policy ? policy : &guards->standard();
  const Mono begin = x.now();
  std::string answer;
  if (moderation) {
    std::vector<guard::Outcome> outcomes;
    for (const guard::Part& part : q.parts) {  // one result for each input
      Inspection one;
      one.parts = {part};
      co_await inspect(x, one);
      outcomes.push_back(std::move(one.outcome));
    }
    answer = moderation_json(x, outcomes);
  } else {
    Inspection all;
    all.parts = q.parts;
    co_await inspect(x, all);
    look_for_leak(q, *x.guarding->policy, all.outcome);
    answer =
        check_json(q, all.outcome, static_cast<double>((x.now() - begin).count()) / 1000, guards->guard()->version());
  }
  x.status = 200;
  if (x.calls > 0)
    close_request(x, energy::Outcome::ok);
  else
    x.reservation.finish();
  co_await send_json(x, 200, answer);
}

}  // namespace trine::gateway
