#include "fleet/actuator.h"

#include <array>

#include "json/read.h"
#include "json/write.h"

namespace trine::fleet {
namespace {

constexpr std::array kKinds = {"start", "status", "drain", "stop"};
constexpr size_t kMostOrders = 10'000;
constexpr size_t kShortestHidden = 4;

std::optional<MachineReport::State> parse_state(std::string_view text) {
  using enum MachineReport::State;
  if (text == "provisioning") return provisioning;
  if (text == "ready") return ready;
  if (text == "gone") return gone;
  if (text == "failed") return failed;
  return {};
}

Result<void> take(MachineReport& report, std::string_view key, const json::Value& value) {
  const auto text = [&](std::string& into, size_t max) -> Result<void> {
    if (value.is_null()) return {};
    const auto s = value.as_string();
    if (!s) return fail(Code::invalid_argument, "{} {}", key, s.error().message);
    into = fit_text(*s, max);
    return {};
  };
  if (key == "id") return text(report.id, kMaxMachine);
  if (key == "url") return text(report.url, kMaxUrl);
  if (key == "reason") return text(report.reason, kMaxReason);
  if (key == "running" && !value.is_null()) {
    const auto n = value.as_int();
    if (!n || *n < 0) return fail(Code::invalid_argument, "running must be a whole number from 0");
    report.running = *n;
  }
  if (key == "state") {
    const auto state = parse_state(value.as_string().value_or(""));
    if (!state) return fail(Code::invalid_argument, "state must be provisioning, ready, gone or failed");
    report.state = *state;
  }
  return {};
}

}  // namespace

const char* name(Order::Kind kind) {
  return kKinds.at(static_cast<size_t>(kind));
}

bool is_final(const Error& e) {
  return e.code == Code::invalid_argument || e.code == Code::permission_denied || e.code == Code::failed_precondition ||
         e.code == Code::unimplemented;
}

void DryRun::begin(const Order& order, Done done) {
  using enum Order::Kind;
  using enum MachineReport::State;
  const auto& i = order.instance;
  MachineReport report{.state = ready, .id = i.machine, .url = i.url, .reason = {}, .running = 0};
  if (order.kind == start) report.id = "dry-run/" + i.id;
  if (order.kind == stop) report.state = gone;
  // A machine that another actuator started comes no further than it is.
  if (order.kind == status && i.state != Instance::State::ready) report.state = provisioning;
  if (order.kind != status) {
    if (orders_.size() < kMostOrders) orders_.push_back(order);
    if (tell_) tell_(order);
  }
  done(std::move(report));
}

std::string to_json(const Order& order) {
  const auto& i = order.instance;
  std::string out;
  json::Writer w(out);
  w.object().key("action").value(name(order.kind)).key("instance").value(i.id);
  w.key("idempotency_key").value(order.key).key("option").value(i.option);
  w.key("machine").value(i.machine).key("url").value(i.url);
  w.key("spec").raw(i.spec.empty() ? "{}" : i.spec);
  w.end();
  return out;
}

Result<MachineReport> read_report(std::string_view text) {
  if (text.size() > kMaxReport) return fail(Code::invalid_argument, "the answer is longer than {} bytes", kMaxReport);
  MachineReport report;
  bool has_state = false;
  Result<void> problem;
  const auto read = json::each_member(text, [&](std::string_view key, json::Value value) {
    has_state |= key == "state";
    problem = take(report, key, value);
    return problem.has_value();
  });
  if (!problem) return fail(Code::invalid_argument, "the answer's {}", problem.error().message);
  if (!read) return fail(Code::invalid_argument, "the answer is not a JSON object: {}", read.error().message);
  if (!has_state) return fail(Code::invalid_argument, "the answer has no \"state\"");
  return report;
}

std::string without_secrets(std::string text, const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets) {
    if (secret.size() < kShortestHidden) continue;
    for (size_t at = text.find(secret); at != text.npos; at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "***");
  }
  return text;
}

}  // namespace trine::fleet
