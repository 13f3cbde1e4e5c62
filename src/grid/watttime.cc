// api.watttime.org v3. The marginal rate of one more MWh, in pounds of CO2: never the headline (docs/accounting.md §3).
#include "grid/answer.h"
#include "grid/json_fields.h"

namespace trine::grid {
namespace {

using internal::JsonFields;

constexpr const char* kWattTimeName = "WattTime";
constexpr double kGramsPerKwh = 0.45359237;  // of a pound per MWh, exactly

Result<void> complaint(const JsonFields& f) {
  if (!f.find("error")) return {};
  const std::string message = f.text("message");
  const std::string error = f.text("error");
  const Code code = message.starts_with("Invalid scope") ? Code::permission_denied : Code::not_found;
  return fail(code, "{}{}{}", error, message.empty() ? "" : ": ", message);
}

Result<void> rows(json::Value list, Nanos length, bool forecast, Answer& out) {
  return internal::each_object(list, [&](const JsonFields& f) -> Result<void> {
    if (const auto* inner = f.find("forecast")) return rows(*inner, length, true, out);
    const auto start = f.time("point_time");
    if (!start) return fail(Code::invalid_argument, "a row has no point_time");
    auto value = f.number("value");
    if (value) *value *= kGramsPerKwh;
    out.take({*start, length, {}, Method::marginal, f.flag("imputed_data_used"), forecast}, value);
    return {};
  });
}

Result<void> read_values(const JsonFields& f, Answer& out) {
  if (auto ok = complaint(f); !ok) return ok;
  const auto *meta_value = f.find("meta"), *data = f.find("data");
  if (!meta_value || !data) return fail(Code::invalid_argument, "the answer holds no data");
  const auto meta = JsonFields::of(*meta_value);
  if (!meta) return tl::unexpected(meta.error());
  if (const std::string units = meta->text("units"); units != "lbs_co2_per_mwh")
    return fail(Code::invalid_argument, "the values are in {}, not in lbs_co2_per_mwh",
                units.empty() ? "no unit" : units);
  const double step = meta->number("data_point_period_seconds").value_or(300);
  if (!(step >= 60 && step <= 3600)) return fail(Code::invalid_argument, "a step of {} s is not from 60 to 3600", step);
  // Only a forecast says when it was made.
  return rows(*data, from_seconds(step), meta->find("generated_at") != nullptr, out);
}

Result<std::string> only(std::string_view text, std::string_view key) {
  const auto fields = JsonFields::of(text);
  if (!fields) return internal::told(kWattTimeName, fields.error());
  if (auto ok = complaint(*fields); !ok) return internal::told(kWattTimeName, ok.error());
  auto value = fields->text(key);
  if (value.empty()) return fail(Code::invalid_argument, "{}: the answer holds no {}", kWattTimeName, key);
  return value;
}

}  // namespace

Result<Answer> read_watttime(std::string_view text) {
  return internal::answer_of(kWattTimeName, text, read_values);
}

Result<std::string> read_watttime_token(std::string_view text) {
  return only(text, "token");
}
Result<std::string> read_watttime_region(std::string_view text) {
  return only(text, "region");
}

}  // namespace trine::grid
