#include "meter/hosts.h"

namespace trine::meter {

Result<Readings> read_scaphandre(const Scrape& scrape) {
  Readings out;
  DeviceReading r;
  r.boundary = Boundary::host;
  r.device = "host:" + scrape.host;
  r.host = scrape.host;
  const auto visit = [&](const Series& s) {
    if (s.name == "scaph_host_energy_microjoules") {
      r.counter_uj = sane_integer(s, 0, out);
      stamp(r, s, scrape);
    } else if (s.name == "scaph_host_power_microwatts") {
      if (const auto uw = sane(s, out)) r.power_w = *uw * 1e-6;
      stamp(r, s, scrape);
    }
  };
  if (auto parsed = parse_text(scrape.text, scrape.format, visit); !parsed) return tl::unexpected(parsed.error());
  if (!r.counter_uj && !r.power_w)
    return fail(Code::not_found, "no energy of the host is on this page ('scaph_host_energy_microjoules')");
  out.devices.push_back(std::move(r));
  return out;
}

}  // namespace trine::meter
