// api.electricitymap.org v3. Values name the start of an hour; lifecycle and consumption-based unless they say
// "direct".
#include "grid/answer.h"
#include "grid/factors.h"
#include "grid/json_fields.h"

namespace trine::grid {
namespace {

using internal::JsonFields;
using namespace std::chrono_literals;

constexpr const char* kElectricityMapsName = "Electricity Maps";

Method method_of(const JsonFields& f) {
  return f.text("emissionFactorType") == "direct" ? Method::direct : Method::lifecycle;
}

// {"nuclear": 440, "gas": null, ...}: megawatts.
Result<std::optional<double>> of_mix(json::Value breakdown) {
  const auto parts = JsonFields::of(breakdown);
  if (!parts) return tl::unexpected(parts.error());
  Mix mix;
  for (const Factor& f : electricity_maps_factors())
    if (const auto mw = parts->number(f.kind)) mix.add(f, *mw);
  return mix.intensity();
}

Result<void> row(const JsonFields& f, bool forecast, Answer& out) {
  const auto start = f.time("datetime");
  if (!start) return fail(Code::invalid_argument, "a row has no datetime");
  Observation at{*start, 1h, {}, method_of(f), f.flag("isEstimated"), forecast};
  if (const auto* breakdown = f.find("powerConsumptionBreakdown")) {
    const auto value = of_mix(*breakdown);
    if (!value) return tl::unexpected(value.error());
    at.estimated = true;  // the factors are ours
    out.take(at, *value);
    return {};
  }
  out.take(at, f.number("carbonIntensity"));
  return {};
}

Result<void> read_point(const JsonFields& f, Answer& out) {
  if (const auto* error = f.find("error"))
    return fail(Code::unavailable, "{}", error->as_string().value_or("an error without words"));
  for (const char* key : {"history", "data", "forecast"}) {
    const auto* rows = f.find(key);
    if (!rows || !rows->is_array()) continue;
    const bool forecast = key == std::string_view("forecast");
    return internal::each_object(*rows, [&](const JsonFields& r) { return row(r, forecast, out); });
  }
  if (f.text("status") == "no-data") return fail(Code::not_found, "it has no data of this zone");
  if (const auto* data = f.find("data")) {  // CO2 Signal
    const auto inner = JsonFields::of(*data);
    if (!inner) return tl::unexpected(inner.error());
    return row(*inner, false, out);
  }
  if (f.find("datetime")) return row(f, false, out);
  return fail(Code::invalid_argument, "the answer holds no intensity");
}

}  // namespace

Result<Answer> read_electricity_maps(std::string_view text) {
  return internal::answer_of(kElectricityMapsName, text, read_point);
}

}  // namespace trine::grid
