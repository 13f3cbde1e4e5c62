#include "meter/dcgm.h"

#include <algorithm>
#include <map>
#include <string>

namespace trine::meter {
namespace {

struct DcgmDevice {
  DeviceReading reading;
  std::optional<double> used_mib, free_mib, graphics_active;
  // The whole GPU's figures as its slices' series repeat them: for a GPU that has no such series of its own.
  std::optional<int64_t> repeated_uj;
  std::optional<double> repeated_w;
};

// Repeated series (pods, slices) may be of slightly different moments: the latest is the largest of a counter.
template <class T>
void keep_largest(std::optional<T>& into, const std::optional<T>& v) {
  if (v && (!into || *v > *into)) into = v;
}

void name_device(DeviceReading& r, const Series& s, const Scrape& scrape) {
  if (r.model.empty()) r.model = s.label("modelName");
  if (r.host.empty()) r.host = s.label("Hostname");
  if (r.host.empty()) r.host = scrape.host;
  r.gpu_index = s.label("gpu");
  r.simulated = r.simulated || r.model.ends_with("(simulated)");
  stamp(r, s, scrape);
}

void take(DcgmDevice& d, const Series& s, bool slice, DcgmDevice& whole, Readings& out) {
  const std::string_view field = s.name.substr(s.name.find("_FI_") + 4);
  if (field == "DEV_TOTAL_ENERGY_CONSUMPTION") {
    keep_largest(slice ? whole.repeated_uj : d.reading.counter_uj, sane_integer(s, 3, out));  // mJ
  } else if (field == "DEV_POWER_USAGE") {
    keep_largest(slice ? whole.repeated_w : d.reading.power_w, sane(s, out));
  } else if (field == "DEV_GPU_UTIL") {
    d.reading.utilisation = share(s, 100, out);
  } else if (field == "PROF_SM_ACTIVE") {
    d.reading.sm_activity = share(s, 1, out);
  } else if (field == "PROF_GR_ENGINE_ACTIVE") {
    d.graphics_active = share(s, 1, out);
  } else if (field == "DEV_FB_USED") {
    d.used_mib = sane(s, out);
  } else if (field == "DEV_FB_FREE") {
    d.free_mib = sane(s, out);
  }
}

void finish(DcgmDevice& d) {
  DeviceReading& r = d.reading;
  constexpr double kMib = 1 << 20;
  constexpr double kMostMib = 1 << 30;  // a pebibyte: beyond, it is no memory of a GPU
  if (r.whole_device && !r.counter_uj) r.counter_uj = d.repeated_uj;
  if (r.whole_device && !r.power_w) r.power_w = d.repeated_w;
  if (!r.utilisation) r.utilisation = d.graphics_active;
  if (d.used_mib && *d.used_mib < kMostMib) r.memory_used_bytes = static_cast<int64_t>(*d.used_mib * kMib);
  if (d.used_mib && d.free_mib && *d.used_mib + *d.free_mib > 0)
    r.memory_used = *d.used_mib / (*d.used_mib + *d.free_mib);
}

}  // namespace

Result<Readings> read_dcgm(const Scrape& scrape) {
  Readings out;
  std::map<std::string, DcgmDevice> devices;
  const auto visit = [&](const Series& s) {
    if (!s.name.starts_with("DCGM_FI_")) return;
    std::string uuid = s.label("UUID");
    if (uuid.empty()) uuid = s.label("uuid");
    if (uuid.empty()) {
      note(out, "series without a UUID label were left out: the exporter must be dcgm-exporter 2.0 or later");
      return;
    }
    const std::string instance = s.label("GPU_I_ID");
    const bool slice = !instance.empty();
    DcgmDevice& whole = devices[uuid];
    whole.reading.device = uuid;
    name_device(whole.reading, s, scrape);
    DcgmDevice& d = slice ? devices[uuid + "/gi" + instance] : whole;
    if (slice) {
      d.reading.device = uuid + "/gi" + instance;
      d.reading.whole_device = false;
      d.reading.mig_instance = instance;
      name_device(d.reading, s, scrape);
    }
    take(d, s, slice, whole, out);
  };
  if (auto parsed = parse_text(scrape.text, scrape.format, visit); !parsed) return tl::unexpected(parsed.error());
  bool energy = false;
  for (auto& [id, d] : devices) {
    finish(d);
    const DeviceReading& r = d.reading;
    energy = energy || r.counter_uj || r.power_w;
    if (r.whole_device && !r.counter_uj && r.power_w)
      note(out,
           fmt::format("{} has no DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION: its energy is integrated from power, which "
                       "is less exact; add the field to the exporter's list",
                       r.device));
    out.devices.push_back(std::move(d.reading));
  }
  if (!energy)
    return fail(Code::not_found,
                "no energy or power of a GPU is on this page: dcgm-exporter needs DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION "
                "in its list of fields");
  return out;
}

}  // namespace trine::meter
