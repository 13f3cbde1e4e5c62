#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "meter/hosts.h"
#include "meter/zones.h"

namespace trine::meter {
namespace {

struct Part {
  std::string key;  // zone and path: the same twice (modes of one zone) is added up
  Zone zone = Zone::other;
  std::optional<int64_t> uj;
  std::optional<double> w;
};

// What is metered by zones: a node, or a container.
struct Zoned {
  DeviceReading reading;
  std::vector<Part> parts;

  Part& part(const Series& s, Zone zone) {
    std::string key = std::string(name(zone)) + "\n" + s.label("path") + "\n" + s.label("package");
    for (Part& p : parts)
      if (p.key == key) return p;
    parts.push_back({std::move(key), zone, {}, {}});
    return parts.back();
  }
};

struct Gpu {
  DeviceReading reading;
  std::optional<int64_t> total_uj, active_uj, idle_uj;
};

// More than any meter counts (2^60 µJ are 300 years of 100 kW), and far enough from where sums end.
constexpr int64_t kMostUj = int64_t{1} << 60;

std::optional<int64_t> microjoules(const Series& s, Readings& out) {
  const auto uj = sane_integer(s, 6, out);
  return uj && *uj <= kMostUj ? uj : std::nullopt;
}

void add(std::optional<int64_t>& sum, int64_t uj) {
  if (sum.value_or(0) <= kMostUj) sum = sum.value_or(0) + uj;
}
void add(std::optional<double>& sum, double w) {
  sum = sum.value_or(0) + w;
}

class Reader {
 public:
  explicit Reader(const Scrape& scrape) : scrape_(scrape) {}

  void series(const Series& s) {
    constexpr std::string_view kNode = "kepler_node_";
    if (s.name.starts_with(kNode)) {
      node(s, s.name.substr(kNode.size()));
    } else if (s.name == "kepler_container_cpu_joules_total") {
      container(s);
    }
  }

  Result<Readings> finish() {
    for (auto& [id, z] : nodes_) zoned(z);
    for (auto& [id, g] : gpus_) gpu(g);
    for (auto& [id, z] : containers_) zoned(z);
    if (out_.devices.empty())
      return fail(Code::not_found,
                  "no energy of a node is on this page ('kepler_node_cpu_joules_total'): is this Kepler, "
                  "and does the node have RAPL or another meter?");
    return std::move(out_);
  }

 private:
  void node(const Series& s, std::string_view what) {
    if (what.starts_with("gpu_")) return node_gpu(s, what.substr(4));
    Zone zone = Zone::other;
    const bool watts = what == "cpu_watts";
    if (what == "cpu_joules_total" || watts) {
      zone = zone_of(s.label("zone"));
    } else if (what == "package_joules_total" || what == "dram_joules_total" || what == "platform_joules_total") {
      zone = zone_of(what.substr(0, what.find('_')));  // before 0.10, split by mode="idle" and "dynamic"
    }
    // The memory-mapped copies of a package's zone count the same joules again.
    if (zone == Zone::other || s.label("path").find("-mmio") != std::string::npos) return;
    Zoned& z = nodes_[host(s)];
    describe(z.reading, s, "host:" + host(s), Boundary::host);
    Part& p = z.part(s, zone);
    if (const auto w = watts ? sane(s, out_) : std::nullopt) add(p.w, *w);
    if (const auto uj = watts ? std::nullopt : microjoules(s, out_)) add(p.uj, *uj);
  }

  void node_gpu(const Series& s, std::string_view what) {
    const std::string uuid = s.label("gpu_uuid").empty() ? s.label("uuid") : s.label("gpu_uuid");
    if (uuid.empty()) return;
    std::optional<int64_t> Gpu::*field = what == "joules_total"          ? &Gpu::total_uj
                                         : what == "active_joules_total" ? &Gpu::active_uj
                                         : what == "idle_joules_total"   ? &Gpu::idle_uj
                                                                         : nullptr;
    if (field == nullptr && what != "watts") return;
    Gpu& g = gpus_[uuid];
    describe(g.reading, s, uuid, Boundary::gpu);
    g.reading.gpu_index = s.label("gpu");
    if (g.reading.model.empty()) g.reading.model = s.label("gpu_name");
    if (field == nullptr) {
      g.reading.power_w = sane(s, out_);
    } else if (const auto uj = microjoules(s, out_)) {
      g.*field = uj;
    }
  }

  void container(const Series& s) {
    const Zone zone = zone_of(s.label("zone"));
    const std::string id = s.label("container_id");
    if (zone == Zone::other || id.empty()) return;
    Zoned& z = containers_[id];
    describe(z.reading, s, "container:" + id, Boundary::container);
    z.reading.whole_device = false;
    z.reading.modelled = true;
    if (const auto uj = microjoules(s, out_)) add(z.part(s, zone).uj, *uj);
  }

  std::string host(const Series& s) const {
    std::string node = s.label("node_name");
    if (node.empty()) node = s.label("instance");
    return node.empty() ? scrape_.host : node;
  }

  void describe(DeviceReading& r, const Series& s, std::string device, Boundary boundary) const {
    r.device = std::move(device);
    r.boundary = boundary;
    r.host = host(s);
    stamp(r, s, scrape_);
  }

  void zoned(Zoned& z) {
    std::vector<Zone> zones;
    for (const Part& p : z.parts) zones.push_back(p.zone);
    const std::vector<size_t> picked = without_overlap(zones);
    // All of them or nothing: a zone that is missing once would look like a counter that fell.
    const auto all = [&](auto Part::*field) {
      return std::all_of(picked.begin(), picked.end(), [&](size_t i) { return (z.parts[i].*field).has_value(); });
    };
    const bool energy = all(&Part::uj), power = all(&Part::w);
    for (const size_t i : picked) {
      if (energy) add(z.reading.counter_uj, *z.parts[i].uj);
      if (power) add(z.reading.power_w, *z.parts[i].w);
    }
    z.reading.zones = zones_text(zones, picked);
    if (z.reading.counter_uj || z.reading.power_w) out_.devices.push_back(std::move(z.reading));
  }

  void gpu(Gpu& g) {
    g.reading.counter_uj = g.total_uj;
    if (!g.total_uj && g.active_uj && g.idle_uj) g.reading.counter_uj = *g.active_uj + *g.idle_uj;
    if (g.reading.counter_uj || g.reading.power_w) {
      out_.devices.push_back(std::move(g.reading));
    } else {
      note(out_, fmt::format("{}: only active joules are on this page, without the idle ones: it was left out; read "
                             "this GPU through dcgm-exporter or NVML",
                             g.reading.device));
    }
  }

  const Scrape& scrape_;
  Readings out_;
  std::map<std::string, Zoned> nodes_, containers_;
  std::map<std::string, Gpu> gpus_;
};

}  // namespace

Result<Readings> read_kepler(const Scrape& scrape) {
  Reader reader(scrape);
  const auto visit = [&](const Series& s) { reader.series(s); };
  if (auto parsed = parse_text(scrape.text, scrape.format, visit); !parsed) return tl::unexpected(parsed.error());
  return reader.finish();
}

}  // namespace trine::meter
