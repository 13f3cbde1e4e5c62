// trine catalog list gpus|models|zones|vendors
#include <nlohmann/json.hpp>

#include "catalog/load.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/table.h"

namespace trine::cli {
namespace {

using Json = nlohmann::ordered_json;

// A listing as rows of (title, value): one declaration for the table and for JSON.
struct Cell {
  const char* title;
  Json value;
};
using Listed = std::vector<Cell>;
using Listing = std::vector<Listed>;

Listing gpus(const catalog::Catalog& c) {
  Listing rows;
  for (const auto& g : c.tables().gpus) {
    rows.push_back({{"gpu", g.id},
                    {"arch", g.arch},
                    {"memory_gb", g.memory_gb},
                    {"memory", g.memory},
                    {"bandwidth_gb_s", g.bandwidth_gb_s},
                    {"fp16_tflops", g.fp16_tflops},
                    {"tdp_w", g.tdp.w},
                    {"idle_w", g.idle.w},
                    {"embodied_kg", to_grams(g.embodied.mid) / 1000},
                    {"source", g.source}});
  }
  return rows;
}

Listing models(const catalog::Catalog& c) {
  Listing rows;
  for (const auto& m : c.tables().models) {
    std::string curves;
    for (const auto& k : c.tables().curves) {
      if (k.model != m.id) continue;
      curves += curves.empty() ? k.gpu : ", " + k.gpu;
      if (k.gpus > 1) curves += fmt::format(" x{}", k.gpus);
    }
    rows.push_back({{"model", m.id},
                    {"total_b", m.total_b},
                    {"active_b", m.active_b},
                    {"weight_bits", m.weight_bits},
                    {"context", m.context},
                    {"licence", m.licence},
                    {"curves", curves}});
  }
  return rows;
}

Listing zones(const catalog::Catalog& c) {
  Listing rows;
  for (const auto& z : c.tables().zones) {
    const auto& [year, intensity] = *z.lifecycle.rbegin();
    Json direct;
    if (!z.direct.empty()) direct = z.direct.rbegin()->second.g_per_kwh;
    rows.push_back({{"zone", z.id},
                    {"name", z.name},
                    {"country", z.country},
                    {"year", year},
                    {"lifecycle_g_per_kwh", intensity.g_per_kwh},
                    {"direct_g_per_kwh", direct},
                    {"source", z.source}});
  }
  return rows;
}

Listing vendors(const catalog::Catalog& c) {
  Listing rows;
  for (const auto& p : c.tables().prices) {
    const auto* vendor = c.find_vendor(p.vendor);
    const auto price = [](const std::optional<catalog::Price>& given) {
      return given ? Json(to_euros(given->amount)) : Json();
    };
    rows.push_back({{"vendor", p.vendor},
                    {"model", p.model},
                    {"zone", vendor ? Json(vendor->zone) : Json()},
                    {"input_per_mtok", to_euros(p.input.amount)},
                    {"cached_per_mtok", price(p.cached_input)},
                    {"output_per_mtok", price(p.output)},
                    {"reasoning_per_mtok", price(p.reasoning)},
                    {"batch_input_per_mtok", price(p.batch_input)},
                    {"batch_output_per_mtok", price(p.batch_output)},
                    {"currency", p.input.currency},
                    {"energy", c.find_vendor_model(p.vendor, p.model) ? "estimated" : "size unknown"},
                    {"date", p.date},
                    {"source", p.source}});
  }
  return rows;
}

std::string cell_text(const Json& v) {
  if (v.is_null()) return "";
  if (v.is_string()) return printable(v.get_ref<const std::string&>());
  return v.is_number_float() ? fmt::format("{:.6g}", v.get<double>()) : v.dump();
}

std::string table_text(const Listing& rows) {
  std::vector<Table::Column> columns;
  for (const auto& c : rows.front()) columns.push_back({c.title, c.value.is_number()});
  Table table(std::move(columns));
  for (const auto& r : rows) {
    std::vector<std::string> cells;
    cells.reserve(r.size());
    for (const auto& c : r) cells.push_back(cell_text(c.value));
    table.row(std::move(cells));
  }
  return table.text();
}

std::string json_text(const Listing& rows) {
  Json all = Json::array();
  for (const auto& r : rows) {
    Json& j = all.emplace_back(Json::object());
    for (const auto& c : r) j[c.title] = c.value;
  }
  return all.dump();
}

}  // namespace

int run_catalog_list(const CatalogListOptions& o) {
  const auto catalog = catalog::load({.folder = o.dir, .euro_rates = {}});
  if (!catalog) return complain(catalog.error());
  Listing rows;
  if (o.what == "gpus") rows = gpus(**catalog);
  if (o.what == "models") rows = models(**catalog);
  if (o.what == "zones") rows = zones(**catalog);
  if (o.what == "vendors") rows = vendors(**catalog);
  if (rows.empty()) return complain(fmt::format("This catalog has no {}.", o.what));
  say(o.json ? json_text(rows) : table_text(rows));
  return kOk;
}

}  // namespace trine::cli
