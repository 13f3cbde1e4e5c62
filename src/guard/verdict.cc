#include "guard/verdict.h"

#include <algorithm>

#include "json/write.h"

namespace trine::guard {

std::string_view name(Risk risk) {
  switch (risk) {
    case Risk::jailbreak:
      return "jailbreak";
    case Risk::injection:
      return "injection";
    case Risk::extraction:
      return "extraction";
    case Risk::unsafe:
      return "unsafe";
    case Risk::indirect:
      return "indirect";
    case Risk::pii:
      return "pii";
    case Risk::leak:
      return "leak";
  }
  return "";
}

std::optional<Risk> parse_risk(std::string_view text) {
  for (size_t i = 0; i < kRisks; ++i) {
    if (name(risk_at(i)) == text) return risk_at(i);
  }
  return std::nullopt;
}

std::string_view name(Action action) {
  switch (action) {
    case Action::allow:
      return "allow";
    case Action::flag:
      return "flag";
    case Action::redact:
      return "redact";
    case Action::block:
      return "block";
  }
  return "";
}

void count_in_characters(std::string_view text, std::vector<Entity>& entities) {
  std::vector<size_t*> places;
  places.reserve(2 * entities.size());
  for (Entity& e : entities) {
    places.push_back(&e.start);
    places.push_back(&e.end);
  }
  std::sort(places.begin(), places.end(), [](const size_t* a, const size_t* b) { return *a < *b; });
  size_t byte = 0, count = 0;
  for (size_t* place : places) {
    for (; byte < *place && byte < text.size(); ++byte)
      if ((static_cast<unsigned char>(text[byte]) & 0xC0) != 0x80) ++count;
    *place = count;
  }
}

void append_json(std::string& out, const Verdict& verdict) {
  json::Writer w(out);
  w.object().key("scores").object();
  for (size_t i = 0; i < kRisks; ++i) w.key(name(risk_at(i))).value(verdict.scores.of[i]);
  w.end().key("action").value(name(verdict.action)).key("entities").array();
  for (const auto& entity : verdict.entities) {
    w.object().key("start").value(entity.start).key("end").value(entity.end).key("type").value(entity.type).end();
  }
  w.end().key("tier").value(verdict.tier).key("reasons").array();
  for (const auto& reason : verdict.reasons) w.value(reason);
  w.end().key("latency_us").value(verdict.latency_us).end();
}

}  // namespace trine::guard
