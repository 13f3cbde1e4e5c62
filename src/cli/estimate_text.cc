#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/human.h"
#include "cli/estimate.h"
#include "cli/table.h"

namespace trine::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string joules_text(double j) {
  return human(joules(j));
}
std::string range_text(const energy::Range& r) {
  return human_range(joules(r.low), joules(r.high));
}

std::string with_notes(const Table& table, const std::vector<std::string>& notes) {
  std::string text = table.text();
  for (const auto& note : notes) text += note + '\n';
  return text;
}

}  // namespace

std::string to_json(const OwnEstimate& e) {
  Json j;
  j["joules_per_output_token"] = e.joules;
  j["low"] = e.range.low;
  j["high"] = e.range.high;
  j["facility_joules_per_token"] = e.facility_per_token;
  j["facility_low"] = e.facility_range.low;
  j["facility_high"] = e.facility_range.high;
  j["facility_joules_per_output_token"] = e.facility_per_output;
  j["quality"] = "C";
  j["boundary"] = {{"joules_per_output_token", "GPUs, prefill of the prompt included"},
                   {"facility_joules_per_token", "(GPUs + host) x PUE, per input and output token"}};
  j["model"] = e.model;
  j["gpu"] = e.gpu;
  j["gpus"] = e.gpus;
  j["batch"] = e.batch;
  j["mix"] = {{"in", e.prompt_per_output}, {"cached", 0}, {"out", 1}};
  j["step_seconds"] = e.step_s;
  j["host_joules_per_output_token"] = e.host_joules;
  j["host_w_per_gpu"] = e.host_w;
  j["pue"] = e.pue;
  j["sigma"] = e.sigma;
  j["method"] = e.method;
  j["sources"] = {{"energy", e.source}, {"host", "docs/accounting.md §2.6"}, {"pue", e.pue_source}};
  j["notes"] = e.notes;
  return j.dump();
}

std::string to_text(const OwnEstimate& e) {
  Table table({{"per output token", false}, {"", true}, {"90 % range", true}, {"boundary", false}, {"from", false}});
  const std::string what = fmt::format("{} on {} x{}, batch {:g}", e.model, e.gpu, e.gpus, e.batch);
  table.row({"GPUs", joules_text(e.joules), range_text(e.range), "GPU", fmt::format("{}; {}", e.method, e.source)});
  table.row({"host", joules_text(e.host_joules), "", "",
             fmt::format("{:g} W per GPU for {} of a step", e.host_w, fmt::format("{:.3g} ms", 1e3 * e.step_s))});
  table.row({"PUE", fmt::format("{:.2f}", e.pue), "", "", e.pue_source});
  table.row({"facility", joules_text(e.facility_per_output), "", "facility", "(GPUs + host) x PUE"});
  table.rule();
  table.row({"per token, in + out", joules_text(e.facility_per_token), range_text(e.facility_range), "facility",
             fmt::format("{:.3g} input tokens per output token", e.prompt_per_output)});
  return fmt::format("{}, quality C\n{}", what, with_notes(table, e.notes));
}

std::string to_json(const VendorFigures& f) {
  Json j;
  j["joules"] = to_joules(f.energy);
  j["low"] = to_joules(f.energy_low);
  j["high"] = to_joules(f.energy_high);
  j["grams"] = to_grams(f.operational + f.embodied);
  j["grams_low"] = to_grams(f.carbon_low);
  j["grams_high"] = to_grams(f.carbon_high);
  j["grams_operational"] = to_grams(f.operational);
  j["grams_embodied"] = to_grams(f.embodied);
  j["money"] = to_euros(f.money);
  j["currency"] = f.currency;
  j["quality"] = "D";
  j["boundary"] = "facility: (GPUs + server) x PUE";
  j["vendor"] = f.vendor;
  j["model"] = f.model;
  j["in"] = f.in;
  j["cached"] = f.cached;
  j["out"] = f.out;
  j["method"] = f.prompt_term ? "EcoLogits with our prompt term" : "EcoLogits";
  j["prompt_term"] = f.prompt_term;
  j["active_b"] = {f.active_b.low, f.active_b.high};
  j["total_b"] = {f.total_b.low, f.total_b.high};
  j["size_published"] = f.released;
  j["gpus"] = f.gpus;
  j["pue"] = f.pue;
  j["zone"] = f.zone;
  j["g_per_kwh"] = f.g_per_kwh;
  j["intensity_year"] = f.intensity_year;
  j["sources"] = {{"size", f.source}, {"price", f.price_source}, {"price_date", f.price_date}};
  j["notes"] = f.notes;
  return j.dump();
}

std::string to_text(const VendorFigures& f) {
  const auto size = [](const catalog::Range& r) {
    return r.low == r.high ? fmt::format("{:g}B", r.low) : fmt::format("{:g} to {:g}B", r.low, r.high);
  };
  Table table({{"one request", false}, {"", true}, {"90 % range", true}, {"boundary", false}, {"from", false}});
  table.row({"energy", human(f.energy), human_range(f.energy_low, f.energy_high), "facility",
             fmt::format("{}, {} active of {} parameters ({}), PUE {:.2f}",
                         f.prompt_term ? "EcoLogits' formula + prompt term" : "EcoLogits' formula", size(f.active_b),
                         size(f.total_b), f.released ? "published" : "secret, EcoLogits' guess", f.pue)});
  table.row(
      {"carbon", human(f.operational + f.embodied), human_range(f.carbon_low, f.carbon_high), "facility",
       fmt::format("{} at {:g} g/kWh ({}) + {} embodied", f.zone, f.g_per_kwh, f.intensity_year, human(f.embodied))});
  table.row({"money", human(f.money, f.currency), "", "",
             fmt::format("price list{}{}", f.price_date.empty() ? "" : " of ", f.price_date)});
  return fmt::format("{} {}: {} tokens in ({} cached), {} out, quality D\n{}", f.vendor, f.model, f.in, f.cached, f.out,
                     with_notes(table, f.notes));
}

}  // namespace trine::cli
