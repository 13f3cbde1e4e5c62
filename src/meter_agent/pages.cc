#include "meter_agent/pages.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>

#include "base/human.h"
#include "json/write.h"
#include "meter/agent_page.h"

namespace trine::meter_agent {
namespace {

std::string_view name(meter::Boundary b) {
  return b == meter::Boundary::gpu ? "gpu" : "host";
}

void write_devices(json::Writer& w, const Store& store) {
  w.key("devices").array();
  int id = 0;
  for (const meter::DeviceReading& d : store.devices()) {
    w.object().key("id").value(id++).key("device").value(d.device).key("boundary").value(name(d.boundary));
    w.key("whole_device").value(d.whole_device).key("model").value(d.model).key("gpu_index").value(d.gpu_index);
    w.key("zones").value(d.zones).key("wrap_uj").value(d.wrap_uj).end();
  }
  w.end();
}

void write_sample(json::Writer& w, const Sample& s) {
  const auto figure = [&](int64_t v) { v < 0 ? w.null() : w.value(v); };
  w.array().value(s.device).value(s.wall_us).value(s.mono_us);
  figure(s.counter_uj);
  figure(s.power_mw);
  figure(s.utilisation);
  figure(s.sm_activity);
  w.end();
}

std::optional<double> age_s(const Store& store, const Clock& clock) {
  if (store.ring().last() == 0) return std::nullopt;
  return static_cast<double>(microseconds(clock.mono().time_since_epoch()) -
                             store.ring()[store.ring().last()].mono_us) *
         1e-6;
}

// This process's share of memory in bytes, as the kernel counts it; 0 where it does not tell.
int64_t pss() {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/self/smaps_rollup", "re"), std::fclose);
  char line[128];
  while (file && std::fgets(line, sizeof line, file.get()) != nullptr) {
    const std::string_view text(line);
    if (text.starts_with("Pss:")) return std::strtoll(line + 4, nullptr, 10) * 1024;
  }
  return 0;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto s = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return s(used.ru_utime) + s(used.ru_stime);
}

// The text format's escapes are JSON's for what may stand in a label here.
class Families {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = fmt::format("trine_meter_agent_{}", name);
    fmt::format_to(std::back_inserter(out_), "# HELP {} {}\n# TYPE {} {}\n", name_, help, name_, type);
  }
  template <class T>
  void sample(T value, std::string_view labels = "") {
    fmt::format_to(std::back_inserter(out_), "{}{} {}\n", name_, labels, value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_, name_;
};

}  // namespace

std::string readings_page(const Store& store, const std::vector<MeterState>& meters, const std::optional<Since>& since,
                          const Clock& clock, size_t most) {
  const Ring& ring = store.ring();
  const uint64_t seen = !since ? ring.first() - 1 : since->run == store.run() ? since->seen : 0;
  const Ring::Slice slice = ring.after(seen, most);
  std::string out;
  out.reserve(2048 + (slice.end - slice.begin) * 80);
  json::Writer w(out);
  w.object().key("version").value(meter::kAgentPageVersion).key("agent").value(TRINE_VERSION);
  w.key("host").value(store.host()).key("run").value(store.run());
  w.key("wall_us").value(microseconds(clock.wall().time_since_epoch()));
  w.key("mono_us").value(microseconds(clock.mono().time_since_epoch()));
  w.key("lost").value(slice.lost).key("next").value(slice.end - 1).key("more").value(slice.end <= ring.last());
  w.key("notes").array();
  for (const MeterState& m : meters)
    for (const std::string& n : m.notes) w.value(n);
  w.end();
  write_devices(w, store);
  w.key("samples").array();
  for (uint64_t n = slice.begin; n < slice.end; ++n) write_sample(w, ring[n]);
  w.end().end();
  out += '\n';
  return out;
}

Health health_page(const Store& store, const std::vector<MeterState>& meters, const Clock& clock) {
  Health h;
  h.good = std::any_of(meters.begin(), meters.end(), [](const MeterState& m) { return m.up; });
  json::Writer w(h.json);
  w.object().key("status").value(h.good ? "ok" : "no meter answers").key("version").value(TRINE_VERSION);
  w.key("run").value(store.run()).key("devices").value(store.devices().size());
  w.key("samples").value(store.ring().size()).key("last_sample_age_s");
  if (const auto age = age_s(store, clock))
    w.value(*age);
  else
    w.null();
  w.key("meters").array();
  for (const MeterState& m : meters) {
    w.object().key("name").value(m.name).key("up").value(m.up);
    if (!m.trouble.empty()) w.key("why").value(m.trouble);
    w.end();
  }
  w.end().end();
  h.json += '\n';
  return h;
}

std::string metrics_page(const Store& store, const std::vector<MeterState>& meters, const Served& served,
                         const Clock& clock) {
  Families f;
  f.family("info", "gauge", "This agent.");
  f.sample(
      1, fmt::format("{{version=\"{}\",host={},run=\"{}\"}}", TRINE_VERSION, json::quoted(store.host()), store.run()));
  const auto each = [&](auto member) {
    for (const MeterState& m : meters)
      f.sample(static_cast<uint64_t>(m.*member), fmt::format("{{meter=\"{}\"}}", m.name));
  };
  f.family("up", "gauge", "1 where the meter answered its last reading.");
  each(&MeterState::up);
  f.family("reads_total", "counter", "Readings that were tried.");
  each(&MeterState::reads);
  f.family("read_errors_total", "counter", "Readings that failed.");
  each(&MeterState::errors);
  f.family("reads_missed_total", "counter", "Moments at which the reading before was not done yet.");
  each(&MeterState::missed);
  f.family("samples_total", "counter", "Samples taken in this run.");
  f.sample(store.ring().last());
  f.family("samples_kept", "gauge", "Samples that can be asked for.");
  f.sample(store.ring().size());
  if (const auto age = age_s(store, clock)) {
    f.family("last_sample_age_seconds", "gauge", "How old the newest sample is.");
    f.sample(*age);
  }
  f.family("requests_total", "counter", "Answers, by outcome.");
  f.sample(served.readings, "{outcome=\"ok\"}");
  f.sample(served.refused, "{outcome=\"unauthenticated\"}");
  f.sample(served.errors, "{outcome=\"error\"}");
  f.family("cpu_seconds_total", "counter", "CPU time of this agent.");
  f.sample(cpu_seconds());
  f.family("memory_bytes", "gauge", "Memory of this agent (PSS).");
  f.sample(pss());
  return f.take();
}

std::string once_table(const Store& store) {
  std::string out = fmt::format("{:<44} {:<26} {:>12} {:>9} {:>6}\n", "device", "model", "energy", "power", "busy");
  const Ring& ring = store.ring();
  for (uint64_t n = ring.first(); n <= ring.last(); ++n) {
    const Sample& s = ring[n];
    const meter::DeviceReading& d = store.devices()[s.device];
    const std::string energy = s.counter_uj < 0 ? "-" : human(Energy::raw(s.counter_uj));
    const std::string power = s.power_mw < 0 ? "-" : fmt::format("{:.1f} W", s.power_mw / 1000.0);
    const std::string busy = s.utilisation < 0 ? "-" : fmt::format("{} %", s.utilisation / 100);
    fmt::format_to(std::back_inserter(out), "{:<44} {:<26} {:>12} {:>9} {:>6}\n", d.device,
                   d.model.empty() ? d.zones : d.model, energy, power, busy);
  }
  return out;
}

}  // namespace trine::meter_agent
