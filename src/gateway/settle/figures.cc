#include <fmt/format.h>

#include "base/text.h"
#include "gateway/settle/settle.h"
#include "json/write.h"

namespace trine::gateway {
namespace {

constexpr int kEnergyDigits = 6, kCarbonDigits = 9, kMoneyDigits = 9;  // of the integers' units

std::string joules_text(Energy e) {
  return fixed_point(e.raw(), kEnergyDigits);
}
std::string grams_text(Carbon c) {
  return fixed_point(c.raw(), kCarbonDigits);
}
std::string money_text(Money m) {
  return fixed_point(m.raw(), kMoneyDigits);
}

}  // namespace

std::string figures_json(const Exchange& x) {
  const energy::Figures& f = x.figures;
  std::string out;
  out.reserve(420);
  json::Writer w(out);
  w.object();
  w.key("request_id").value(x.id_view());
  w.key("deployment").value(x.call.deployment ? std::string_view(x.call.deployment->name) : std::string_view{});
  w.key("zone").value(x.call.deployment ? std::string_view(x.call.deployment->zone) : std::string_view{});
  w.key("energy_j").raw(joules_text(f.energy));
  w.key("carbon_g").raw(grams_text(f.carbon()));
  w.key("cost").raw(money_text(f.cost));
  w.key("currency").value(x.snapshot->config->ledger.currency);
  const char letter[] = {static_cast<char>(f.letter), '\0'};
  w.key("quality").value(letter);
  w.key("range").object();
  w.key("energy_j").array().raw(joules_text(f.energy_low)).raw(joules_text(f.energy_high)).end();
  w.key("carbon_g").array().raw(grams_text(f.carbon_low)).raw(grams_text(f.carbon_high)).end();
  w.end();
  w.key("final").value(x.all_final);
  if (x.simulated) w.key("simulated").value(true);
  w.end();
  return out;
}

void add_figures(std::string& head, const Exchange& x) {
  const energy::Figures& f = x.figures;
  head.append("x-trine-energy-j: ").append(joules_text(f.energy)).append("\r\n");
  head.append("x-trine-carbon-g: ").append(grams_text(f.carbon())).append("\r\n");
  head.append("x-trine-cost: ").append(money_text(f.cost)).append("\r\n");
  head.append("x-trine-quality: ").append(1, static_cast<char>(f.letter)).append("\r\n");
}

}  // namespace trine::gateway
