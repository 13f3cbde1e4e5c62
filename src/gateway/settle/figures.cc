#include <fmt/format.h>

#include "base/text.h"
#include "gateway/settle/settle.h"
#include "json/write.h"

namespace trine::gateway {
namespace {

void append(std::string& out, Energy e) {
  append_fixed_point(out, e.raw(), 6);
}
void append(std::string& out, Carbon c) {
  append_fixed_point(out, c.raw(), 9);
}
void append(std::string& out, Money m) {
  append_fixed_point(out, m.raw(), 9);
}

// "name":number
template <class Amount>
void member(std::string& out, std::string_view name, Amount a) {
  out.append(",\"").append(name).append("\":");
  append(out, a);
}
template <class Amount>
void range(std::string& out, std::string_view name, Amount low, Amount high) {
  out.append("\"").append(name).append("\":[");
  append(out, low);
  out += ',';
  append(out, high);
  out += ']';
}
template <class Amount>
void header(std::string& head, std::string_view name, Amount a) {
  head.append(name).append(": ");
  append(head, a);
  head += "\r\n";
}

}  // namespace

// Written by hand: it is on every answer, and the names are its only texts that could need an escape.
std::string figures_json(const Exchange& x) {
  const energy::Figures& f = x.figures;
  const Deployment* d = x.call.deployment.get();
  std::string out;
  out.reserve(448);
  out.append("{\"request_id\":\"").append(x.id_view()).append("\",\"deployment\":");
  json::append_string(out, d ? std::string_view(d->name) : std::string_view{});
  out += ",\"zone\":";
  json::append_string(out, d ? std::string_view(d->zone) : std::string_view{});
  member(out, "energy_j", f.energy);
  member(out, "carbon_g", f.carbon());
  member(out, "cost", f.cost);
  out.append(",\"currency\":\"").append(x.snapshot->config->ledger.currency);
  out.append("\",\"quality\":\"").append(1, static_cast<char>(f.letter)).append("\",\"range\":{");
  range(out, "energy_j", f.energy_low, f.energy_high);
  out += ',';
  range(out, "carbon_g", f.carbon_low, f.carbon_high);
  out.append("},\"final\":").append(x.all_final ? "true" : "false");
  if (x.simulated) out += ",\"simulated\":true";
  out += '}';
  return out;
}

void add_figures(std::string& head, const Exchange& x) {
  header(head, "x-trine-energy-j", x.figures.energy);
  header(head, "x-trine-carbon-g", x.figures.carbon());
  header(head, "x-trine-cost", x.figures.cost);
  head.append("x-trine-quality: ").append(1, static_cast<char>(x.figures.letter)).append("\r\n");
}

}  // namespace trine::gateway
