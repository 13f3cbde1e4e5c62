#include "fleet/instance_json.h"

#include "json/read.h"
#include "json/write.h"

namespace trine::fleet {
namespace {

struct Text {
  std::string_view key;
  std::string InstanceEvent::*field;
};
constexpr Text kTexts[] = {{"option", &InstanceEvent::option},
                           {"actuator", &InstanceEvent::actuator},
                           {"machine", &InstanceEvent::machine},
                           {"url", &InstanceEvent::url},
                           {"reason", &InstanceEvent::reason}};

void write_fields(json::Writer& w, const InstanceEvent& e) {
  w.key("instance").value(e.instance).key("n").value(e.sequence).key("event").value(name(e.kind));
  for (const auto& [key, field] : kTexts) {
    if (!(e.*field).empty()) w.key(key).value(e.*field);
  }
  if (!e.spec.empty()) w.key("spec").raw(e.spec);
}

void text(json::Writer& w, std::string_view key, const std::string& value) {
  if (!value.empty()) w.key(key).value(value);
}

void time(json::Writer& w, std::string_view key, Wall at) {
  if (at != Wall{}) w.key(key).value(iso8601(at));
}

}  // namespace

ledger::Event to_record(const InstanceEvent& event) {
  ledger::Event record{.kind = kEventRecord, .at = event.at, .key = {}, .user = {}, .json = {}};
  json::Writer w(record.json);
  write_fields(w.object(), event);
  w.end();
  return record;
}

Result<InstanceEvent> from_record(const ledger::Event& record) {
  InstanceEvent e;
  e.at = record.at;
  bool known = true, has_kind = false;
  const auto take = [](Result<std::string> from, std::string& into) {
    if (from) into = std::move(*from);
    return from.has_value();
  };
  const auto read = json::each_member(record.json, [&](std::string_view key, json::Value value) {
    bool good = false;
    if (key == "instance") {
      good = take(value.as_string(), e.instance);
    } else if (key == "n") {
      const auto n = value.as_int();
      good = n && *n > 0 && *n <= UINT32_MAX;
      if (good) e.sequence = static_cast<uint32_t>(*n);
    } else if (key == "event") {
      const auto kind = parse_event_kind(value.as_string().value_or(""));
      good = has_kind = kind.has_value();
      if (good) e.kind = *kind;
    } else if (key == "spec") {
      good = value.is_object();
      e.spec = value.raw;
    } else {
      for (const auto& [known_key, field] : kTexts) {
        if (key == known_key) good = take(value.as_string(), e.*field);
      }
    }
    known &= good;
    return known;
  });
  if (!read || !known || !has_kind || e.sequence == 0 || !is_instance_id(e.instance))
    return fail(Code::data_loss, "the store holds an event that this program did not write: {}",
                fit_text(record.json, 120));
  return e;
}

std::string to_json(const InstanceEvent& event, Wall at) {
  std::string out;
  json::Writer w(out);
  w.object().key("at").value(iso8601(at));
  write_fields(w, event);
  w.end();
  return out;
}

std::string to_json(const Instance& i) {
  std::string out;
  json::Writer w(out);
  w.object().key("instance").value(i.id).key("option").value(i.option).key("state").value(name(i.state));
  w.key("actuator").value(i.actuator).key("events").value(i.sequence).key("stopping").value(i.stopping);
  text(w, "machine", i.machine);
  text(w, "url", i.url);
  text(w, "reason", i.reason);
  time(w, "requested_at", i.requested_at);
  time(w, "ready_at", i.ready_at);
  time(w, "draining_at", i.draining_at);
  time(w, "changed_at", i.changed_at);
  w.end();
  return out;
}

}  // namespace trine::fleet
