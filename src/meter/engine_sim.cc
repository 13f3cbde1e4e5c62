#include "meter/engine_sim.h"

#include <algorithm>
#include <map>
#include <string>

#include "meter/dcgm.h"
#include "meter/engines.h"

namespace trine::meter {

Result<Readings> read_engine_sim(const Scrape& scrape) {
  Readings unused;
  std::map<std::string, DeviceReading> devices;
  const auto visit = [&](const Series& s) {
    if (s.name != "trine_sim_energy_microjoules_total") return;
    const auto uj = sane_integer(s, 0, unused);
    if (!uj) return;
    DeviceReading& r = devices[s.label("UUID")];
    r.counter_uj = uj;
    stamp(r, s, scrape);
  };
  if (auto parsed = parse_text(scrape.text, scrape.format, visit); !parsed) return tl::unexpected(parsed.error());
  if (devices.empty())
    return fail(Code::not_found, "no trine_sim_energy_microjoules_total is on this page: this is no engine simulator");
  // Not required: a page cut down to the exact counters is still a meter.
  Readings out;
  if (auto engines = read_vllm(scrape)) out.engines = std::move(engines->engines);
  if (auto dcgm = read_dcgm(scrape)) out.devices = std::move(dcgm->devices);
  for (auto& [uuid, r] : devices) {
    const auto known = std::find_if(out.devices.begin(), out.devices.end(),
                                    [&, &id = uuid](const DeviceReading& d) { return d.device == id; });
    if (known != out.devices.end()) {
      known->counter_uj = r.counter_uj;
    } else {
      r.device = uuid;
      out.devices.push_back(std::move(r));
    }
  }
  for (DeviceReading& d : out.devices) d.simulated = true;
  for (EngineReading& e : out.engines) e.simulated = true;
  return out;
}

}  // namespace trine::meter
