#include "sim/fault.h"

#include <nlohmann/json.hpp>

#include "sim/api.h"

namespace trine::sim {

namespace {

using Json = nlohmann::ordered_json;

}  // namespace

Result<Fault> parse_fault(std::string_view text) {
  const Json json = nested_too_deep(text) ? Json(nullptr) : Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(Code::invalid_argument, "The fault must be a JSON object.");
  Fault f;
  int64_t status = 0, delay_ms = 0;
  struct Field {
    const char* name;
    int64_t least, most;
    int64_t* into;
  };
  const Field fields[] = {{"fail_after", 0, INT32_MAX, &f.after},
                          {"count", -1, INT32_MAX, &f.count},
                          {"status", 400, 599, &status},
                          {"die_after_tokens", 0, INT32_MAX, &f.die_after_tokens},
                          {"delay_ms", 0, 3'600'000, &delay_ms}};
  for (const auto& item : json.items()) {
    const std::string& name = item.key();
    const Json& value = item.value();
    const auto field = std::ranges::find_if(fields, [&](const Field& x) { return name == x.name; });
    if (field == std::end(fields)) return fail(Code::invalid_argument, "Unknown fault field {}.", name);
    if (!value.is_number_integer() || value.get<int64_t>() < field->least || value.get<int64_t>() > field->most) {
      return fail(Code::invalid_argument, "{} must be an integer from {} to {}.", name, field->least, field->most);
    }
    *field->into = value.get<int64_t>();
  }
  f.status = static_cast<int>(status);
  f.delay = std::chrono::milliseconds(delay_ms);
  if (json.contains("fail_after") && !f.any()) f.status = 500;
  return f;
}

std::string fault_json(const Fault& f) {
  Json j;
  j["fail_after"] = f.after;
  j["count"] = f.count;
  j["status"] = f.status;
  j["die_after_tokens"] = f.die_after_tokens;
  j["delay_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(f.delay).count();
  return j.dump();
}

Fault FaultPlan::next() {
  if (!fault_.any()) return {};
  if (fault_.after > 0) {
    --fault_.after;
    return {};
  }
  if (fault_.count == 0) return {};
  if (fault_.count > 0) --fault_.count;
  return fault_;
}

}  // namespace trine::sim
