#include "fleet/instance.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "json/read.h"
#include "json/write.h"

namespace trine::fleet {
namespace {

constexpr std::array kStates = {"requested", "provisioning", "ready", "draining", "stopped", "failed"};
constexpr std::array kEvents = {"request", "accepted", "became_ready", "failed",  "drain",
                                "drained", "stop",     "stopped",      "timeout", "forget"};
constexpr std::string_view kPrefix = "ins_";

std::optional<RequestId> parse_id(std::string_view text) {
  if (!text.starts_with(kPrefix)) return {};
  return RequestId::parse("req_" + std::string(text.substr(kPrefix.size())));
}

std::string id_text(const RequestId& id) {
  return std::string(kPrefix) + id.text().substr(4);
}

bool plain(std::string_view text, size_t max) {
  return text.size() <= max &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<void> well_formed(const InstanceEvent& e) {
  if (!is_instance_id(e.instance))
    return fail(Code::invalid_argument, "'{}' is no instance's id", fit_text(e.instance, 64));
  if (e.sequence == 0) return fail(Code::invalid_argument, "{}: events are numbered from 1", e.instance);
  if (!plain(e.option, kMaxOption) || !plain(e.actuator, kMaxOption) || !plain(e.machine, kMaxMachine) ||
      !plain(e.url, kMaxUrl) || !plain(e.reason, kMaxReason) || e.spec.size() > kMaxSpec) {
    return fail(Code::invalid_argument, "{}: the texts of '{}' are too long or hold control characters", e.instance,
                name(e.kind));
  }
  if (e.kind == InstanceEvent::Kind::request && (e.option.empty() || e.actuator.empty()))
    return fail(Code::invalid_argument, "{}: a request names its option and its actuator", e.instance);
  if (e.kind == InstanceEvent::Kind::accepted && e.machine.empty())
    return fail(Code::invalid_argument, "{}: the actuator gave its machine no id", e.instance);
  return {};
}

// Why `kind` cannot follow in the state of `i`; empty where it can.
std::string_view refusal(const Instance& i, InstanceEvent::Kind kind) {
  using enum InstanceEvent::Kind;
  const bool starting = i.state == Instance::State::requested || i.state == Instance::State::provisioning;
  if (i.state == Instance::State::stopped && kind != forget)
    return "it is stopped, and stays so: request a new instance instead";
  switch (kind) {
    case request:
      return "it exists already: a new machine has an id of its own";
    case accepted:
      return i.state == Instance::State::requested ? "" : "only what is requested can be accepted";
    case became_ready:
      return i.state == Instance::State::provisioning ? "" : "only what is provisioning becomes ready";
    case failed:
      if (i.stopping) return "it is being stopped, and that goes on";
      return starting || i.state == Instance::State::ready || i.state == Instance::State::draining
                 ? ""
                 : "it has failed already";
    case drain:
      return i.state == Instance::State::ready ? "" : "only what is ready can drain";
    case drained:
      return i.state == Instance::State::draining && !i.drained
                 ? ""
                 : "only what drains, and still has requests, becomes drained";
    case stop:
      if (i.stopping) return "it is being stopped already";
      if (i.state == Instance::State::ready) return "it serves: drain it first";
      return i.state != Instance::State::draining || i.drained ? ""
                                                               : "it has requests in flight: wait until it is drained";
    case stopped:
      return i.stopping ? "" : "nobody intended a stop";
    case timeout:
      return starting || (i.state == Instance::State::draining && !i.drained) ? "" : "it waits for nothing";
    case forget:
      return i.state == Instance::State::stopped ? "" : "only what is stopped can be forgotten";
  }
  return "there is no such event";
}

Instance created(const InstanceEvent& e) {
  Instance i;
  i.id = e.instance;
  i.option = e.option;
  i.actuator = e.actuator;
  i.spec = e.spec;
  i.sequence = e.sequence;
  i.requested_at = i.changed_at = e.at;
  return i;
}

void become(Instance& i, const InstanceEvent& e) {
  using enum InstanceEvent::Kind;
  i.sequence = e.sequence;
  i.changed_at = e.at;
  if (!e.reason.empty()) i.reason = e.reason;
  switch (e.kind) {
    case accepted:
      i.state = Instance::State::provisioning;
      i.machine = e.machine;
      break;
    case became_ready:
      i.state = Instance::State::ready;
      i.url = e.url;
      i.ready_at = e.at;
      break;
    case drain:
      i.state = Instance::State::draining;
      i.draining_at = e.at;
      break;
    case drained:
      i.drained = true;
      break;
    case timeout:
      if (i.state == Instance::State::draining)
        i.drained = true;
      else
        i.state = Instance::State::failed;
      break;
    case failed:
      i.state = Instance::State::failed;
      break;
    case stop:
      if (i.state != Instance::State::failed) {
        i.state = Instance::State::draining;
        if (i.draining_at == Wall{}) i.draining_at = e.at;
        i.drained = true;
      }
      i.stopping = true;
      i.stop_sequence = e.sequence;
      break;
    case stopped:
      i.state = Instance::State::stopped;
      i.stopping = false;
      break;
    case request:
    case forget:
      break;
  }
}

bool steady(const Instance& i, Wall since, Wall until) {
  return i.was_ready() && i.ready_at >= since && until - i.ready_at >= kSteady;
}

}  // namespace

const char* name(Instance::State state) {
  return kStates.at(static_cast<size_t>(state));
}
const char* name(InstanceEvent::Kind kind) {
  return kEvents.at(static_cast<size_t>(kind));
}

std::optional<InstanceEvent::Kind> parse_event_kind(std::string_view text) {
  const auto it = std::find(kEvents.begin(), kEvents.end(), text);
  if (it == kEvents.end()) return {};
  return static_cast<InstanceEvent::Kind>(it - kEvents.begin());
}

Result<std::optional<Instance>> transition(const Instance* before, const InstanceEvent& event) {
  if (auto good = well_formed(event); !good) return tl::unexpected(good.error());
  if (!before) {
    if (event.kind == InstanceEvent::Kind::request) return created(event);
    return fail(Code::failed_precondition, "{}: '{}' cannot come first: there is no such instance", event.instance,
                name(event.kind));
  }
  if (const auto why = refusal(*before, event.kind); !why.empty())
    return fail(Code::failed_precondition, "{}: '{}' cannot follow: {}", event.instance, name(event.kind), why);
  if (event.kind == InstanceEvent::Kind::forget) return std::optional<Instance>();
  Instance after = *before;
  become(after, event);
  return after;
}

const Instance* Instances::find(std::string_view id) const {
  const auto it = instances_.find(std::string(id));
  return it == instances_.end() ? nullptr : &it->second;
}

Result<bool> Instances::check(const InstanceEvent& event) const {
  const auto* before = find(event.instance);
  if (event.sequence > 0 && before && event.sequence <= before->sequence) return false;
  // Ids rise, so one that is not higher than the last belongs to an instance that is forgotten.
  if (!before && is_instance_id(event.instance) && event.instance <= last_id_) return false;
  if (event.sequence != (before ? before->sequence : 0) + 1 && event.sequence > 0) {
    return fail(Code::data_loss, "{}: event {} ('{}') came after event {}: those between are missing", event.instance,
                event.sequence, name(event.kind), before ? before->sequence : 0);
  }
  auto after = transition(before, event);
  if (!after) return tl::unexpected(after.error());
  return true;
}

Result<bool> Instances::apply(const InstanceEvent& event) {
  const auto taken = check(event);
  if (!taken || !*taken) return taken;
  const auto* before = find(event.instance);
  auto after = transition(before, event);
  if (!after) return tl::unexpected(after.error());
  if (!before) last_id_ = event.instance;
  const bool failing =
      *after && (*after)->state == Instance::State::failed && before && before->state != Instance::State::failed;
  if (before && (failing || event.kind == InstanceEvent::Kind::drain)) {
    auto known = failures(before->option, event.at);
    if (failing) {
      ++known.in_row;
      known.last = event.at;
      known.reason = event.reason;
    }
    if (known.in_row > 0)
      failures_[before->option] = known;
    else
      failures_.erase(before->option);
  }
  if (*after)
    instances_.insert_or_assign(event.instance, std::move(**after));
  else
    instances_.erase(event.instance);
  return true;
}

Instances::Failures Instances::failures(const std::string& option, Wall now) const {
  const auto it = failures_.find(option);
  if (it == failures_.end()) return {};
  for (const auto& [id, i] : instances_) {
    if (i.option == option && i.state == Instance::State::ready && steady(i, it->second.last, now)) return {};
  }
  return it->second;
}

std::string next_instance_id(IdGenerator& ids, Wall now, const std::string& last_id) {
  auto id = id_text(ids.next(now));
  if (id > last_id) return id;
  // Two within a millisecond, or a clock that was set back: behind the last one's millisecond.
  const auto last = parse_id(last_id);
  const auto ms = last ? static_cast<int64_t>(last->hi >> 16) + 1 : 0;
  return id_text(ids.next(from_unix_ns(ms * 1'000'000)));
}

bool is_instance_id(std::string_view text) {
  return parse_id(text).has_value();
}

std::string fit_text(std::string_view text, size_t max) {
  const auto quoted =
      json::quoted(text.substr(0, 4 * max));  // as JSON will have it: bytes that are no UTF-8 are replaced
  std::string out = json::unescape(std::string_view(quoted).substr(1, quoted.size() - 2)).value_or("");
  for (auto& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  size_t end = std::min(out.size(), max);
  while (end > 0 && end < out.size() && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
  return std::string(trim(std::string_view(out).substr(0, end)));
}

}  // namespace trine::fleet
