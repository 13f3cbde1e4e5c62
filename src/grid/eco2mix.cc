// odre.opendatasoft.com: RTE's eCO2mix of France. taux_co2: stack emissions of the plants in France. From the mix and
// factors.h: the same plants from cradle to grave. Neither has imports, so neither is the headline.
#include "grid/answer.h"
#include "grid/factors.h"
#include "grid/json_fields.h"

namespace trine::grid {
namespace {

using internal::JsonFields;
using namespace std::chrono_literals;

constexpr const char* kEco2mixName = "eCO2mix";

// Rows are of a quarter or half hour; real-time ones of a quarter.
Nanos length_of(const JsonFields& f) {
  return f.text("nature").find("temps r") != std::string::npos ? Nanos(15min) : Nanos(30min);
}

Result<void> row(const JsonFields& f, Answer& out) {
  const auto start = f.time("date_heure");
  if (!start) return fail(Code::invalid_argument, "a row has no date_heure");
  Observation at{*start, length_of(f), {}, Method::direct_production, false, false};
  out.take(at, f.number("taux_co2"));
  Mix mix;
  for (const Factor& factor : eco2mix_factors())
    if (const auto mw = f.number(factor.kind)) mix.add(factor, *mw);
  at.method = Method::lifecycle_production;
  at.estimated = true;  // the factors are ours
  if (const auto g = mix.intensity()) out.take(at, g);
  return {};
}

Result<void> read_record(const JsonFields& f, Answer& out) {
  if (const auto code = f.text("error_code"); !code.empty())
    return fail(Code::unavailable, "{}: {}", code, f.text("message"));
  if (const auto* results = f.find("results"))
    return internal::each_object(*results, [&](const JsonFields& r) { return row(r, out); });
  if (const auto* records = f.find("records"))
    return internal::each_object(*records, [&](const JsonFields& r) { return read_record(r, out); });
  if (const auto* fields = f.find("fields")) {
    const auto inner = JsonFields::of(*fields);
    if (!inner) return tl::unexpected(inner.error());
    return row(*inner, out);
  }
  return fail(Code::invalid_argument, "the answer holds no records");
}

}  // namespace

Result<Answer> read_eco2mix(std::string_view text) {
  return internal::answer_of(kEco2mixName, text, read_record);
}

}  // namespace trine::grid
