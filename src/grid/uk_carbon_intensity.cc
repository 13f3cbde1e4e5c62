// api.carbonintensity.org.uk (NESO). Half hours; CO2 at the stack of what Great Britain uses, imports included: direct.
#include "grid/answer.h"
#include "grid/json_fields.h"

namespace trine::grid {
namespace {

using internal::JsonFields;
using namespace std::chrono_literals;

constexpr const char* kUkCarbonIntensityName = "UK Carbon Intensity";

Result<void> rows(json::Value list, Answer& out, int depth);

Result<void> row(const JsonFields& f, Answer& out, int depth) {
  if (const auto* inner = f.find("data")) return rows(*inner, out, depth + 1);  // a region's
  const auto from = f.time("from"), to = f.time("to");
  if (!from || !to) return fail(Code::invalid_argument, "a row has no from or no to");
  if (*to <= *from || *to - *from > 1h) return fail(Code::invalid_argument, "a slot does not end within an hour");
  const auto* given = f.find("intensity");
  if (!given) {
    ++out.holes;
    return {};
  }
  const auto intensity = JsonFields::of(*given);
  if (!intensity) return tl::unexpected(intensity.error());
  const auto actual = intensity->number("actual");
  Observation at{*from, *to - *from, {}, Method::direct, true, !actual};  // what it calls actual is a model's, too
  out.take(at, actual ? actual : intensity->number("forecast"));
  return {};
}

Result<void> rows(json::Value list, Answer& out, int depth) {
  if (depth > 3) return fail(Code::invalid_argument, "data within data within data");
  if (list.is_object()) {
    const auto one = JsonFields::of(list);
    return one ? row(*one, out, depth) : Result<void>(tl::unexpected(one.error()));
  }
  return internal::each_object(list, [&](const JsonFields& f) { return row(f, out, depth); });
}

}  // namespace

Result<Answer> read_uk_carbon_intensity(std::string_view text) {
  const auto fields = JsonFields::of(text);
  if (!fields) return internal::told(kUkCarbonIntensityName, fields.error());
  if (const auto* error = fields->find("error")) {
    const auto inner = JsonFields::of(*error);
    return fail(Code::unavailable, "{}: {}", kUkCarbonIntensityName, inner ? inner->text("message") : "an error");
  }
  const auto* data = fields->find("data");
  if (!data) return fail(Code::invalid_argument, "{}: the answer holds no data", kUkCarbonIntensityName);
  Answer out;
  if (auto ok = rows(*data, out, 0); !ok) return internal::told(kUkCarbonIntensityName, ok.error());
  return out;
}

}  // namespace trine::grid
