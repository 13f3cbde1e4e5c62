#include "cli/report_method.h"

#include <fmt/format.h>

#include "base/human.h"

namespace trine::cli {
namespace {

std::string letters(const ledger::Sums& s) {
  std::string out;
  for (const auto& [letter, energy] : s.energy_by_letter) {
    if (s.energy.raw() <= 0) break;
    const double share = 100 * static_cast<double>(energy.raw()) / static_cast<double>(s.energy.raw());
    out += fmt::format("{}{} {:.0f} %", out.empty() ? "" : ", ", static_cast<char>(letter), share);
  }
  return out;
}

report::PageTable sci_table(const report::Sci& s) {
  report::PageTable t{{{"Software Carbon Intensity"}, {"value", true}}, {}, 1};
  const auto per = s.grams_per_1k_tokens();
  t.rows.push_back({"E: electricity", human(s.energy)});
  t.rows.push_back(
      {"I: its intensity, as it came out", fmt::format("{} g/kWh", human_number(s.intensity_g_per_kwh()))});
  t.rows.push_back({"E x I: operation", human(s.operational)});
  t.rows.push_back({"M: hardware, by the time used of its life", human(s.embodied)});
  t.rows.push_back({"R: 1,000 tokens, so many times", human_number(static_cast<double>(s.tokens) / 1000)});
  t.rows.push_back({"SCI = (E x I + M) per R", per ? human(grams(*per)) : "-"});
  return t;
}

}  // namespace

std::vector<report::Block> method_blocks(const ReportData& d) {
  std::vector<report::Block> out;
  const auto say = [&](std::string text) { out.emplace_back(report::Paragraph{std::move(text)}); };
  say("Scope 2 counts electricity that the company buys: of machines that it bought, that cost it nothing to rent, or "
      "whose electricity it pays beside the rent. It is told twice, by direct factors of the grid and by contracts; a "
      "place without such a factor is told as electricity without a factor, and no other method stands in. Rented "
      "machines and APIs are 3.1 by lifecycle factors. The hardware's embodied share is in the SCI only: an inventory "
      "counts makers' emissions in the year of purchase (3.2), not by use.");
  out.emplace_back(report::Heading{"Carbon per 1,000 tokens"});
  out.emplace_back(sci_table(d.sci));
  say("By ISO/IEC 21031. The software boundary: the machines that answered (GPU, host, times the site's PUE), their "
      "idle "
      "hours where a meter shows them, and the gateway's own processor. Outside: networks, the users' devices, "
      "training, storage. Location-based; certificates and offsets do not count.");
  out.emplace_back(report::Heading{"Method"});
  say("Electricity is at the facility's boundary. Where a meter watches a machine, each request gets its share of what "
      "was measured, window by window; else it is estimated by a measured curve of the model on that GPU, or, for an "
      "API, by a published formula. Idle time of metered machines is on its own line, and in the bill it is shared by "
      "electricity used.");
  say(fmt::format(
      "Quality letters: A metered with the grid's hourly intensity; B metered, or a measured curve with hourly "
      "intensity; C curve; D a vendor's estimate; S simulated. Of this period's electricity: {}. Ranges are 90 % "
      "ranges.",
      letters(d.report.total.sums).empty() ? "none" : letters(d.report.total.sums)));
  say("Grams are CO2e over the whole life of the electricity (lifecycle, average, consumption-based, location-based), "
      "hour "
      "by hour where the grid's value is known, else by its mean. Hardware counts by the time used of its life.");
  if (d.savings.baseline) {
    say(fmt::format(
        "Savings: what {} in zone {} would have taken for the same requests as they arrived, at the same hours, "
        "less all that was taken here: requests, idle machines, the gateway. What documents and caches "
        "spared is a part of it.",
        d.savings.baseline->name, d.savings.baseline->zone));
  }
  return out;
}

}  // namespace trine::cli
