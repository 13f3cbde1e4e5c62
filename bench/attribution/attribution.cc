// ./dev bench attribution: CPU time of attribution, as a table in Markdown on standard output. Exit status 1 where the
// target is missed.
//
// Requests come as the gateway tells of them (test/split/feed.h): each is opened, told of every quarter of a second
// while it runs, over as many windows as it takes, and closed. Meters are read every second; their windows are cut,
// shared, settled. Nothing but src/energy is timed.
#include "energy/attribution.h"

#include <cstdio>
#include <ctime>
#include <utility>
#include <vector>

#include "energy/window.h"
#include "split/feed.h"
#include "split/trace.h"

namespace {

using namespace trine;
using namespace trine::split;

constexpr double kTarget = 100'000;  // requests a second on one core
const energy::TokenWeights kWeights = energy::TokenWeights::from({0.0665, 3.163});

double cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

energy::Attributor attributor() {
  energy::DeviceConfig c;
  c.device = c.deployment = "gpu-0";
  c.zone = "FR";
  c.models = {kWeights};
  c.embodied = {164, 700, 3};
  c.idle_w = 60;
  return energy::Attributor(c);
}

struct Device {
  energy::WindowCutter cutter{energy::WindowCutter::Options{}};
  energy::Attributor attributor = ::attributor();
  std::vector<energy::Attributor::Slot> slots;
  int64_t counter_uj = 0;
};

struct Figures {
  double requests = 0, slices = 0, cpu_s = 0;
  Energy given;
};

// `copies` times the same requests on each of `devices`, told second by second.
Figures replay(const std::vector<Note>& notes, size_t calls, size_t devices, size_t copies) {
  std::vector<Device> all(devices);
  for (Device& d : all) d.slots.resize(calls * copies);
  std::vector<energy::MeterWindow> cut;
  std::vector<energy::Settlement> settled;
  const energy::Conditions now{{56, 0.08, true}, {euros(2.5), Money()}, energy::EngineTokens{0, 0}, std::nullopt};
  Figures f;
  const double begin = cpu_s();
  size_t next = 0;
  for (int second = 0; next < notes.size(); ++second) {
    size_t until = next;
    while (until < notes.size() && notes[until].at_s <= second) ++until;
    for (Device& d : all) {
      for (size_t i = next; i < until; ++i) {
        const Note& n = notes[i];
        for (size_t copy = 0; copy < copies; ++copy) {
          auto& slot = d.slots[n.call * copies + copy];
          if (n.kind == Note::Kind::opened) {
            slot = d.attributor.open({{n.call + 1, copy}, 0}, wall(n.at_s));
          } else if (n.kind == Note::Kind::worked) {
            d.attributor.work(slot, n.slice);
            ++f.slices;
          } else {
            d.attributor.close(slot, wall(n.at_s));
          }
        }
      }
      d.counter_uj += 450'000'000;
      cut.clear();
      d.cutter.add({.at = wall(second), .counter_uj = d.counter_uj, .power_w = {}, .mono = {}}, cut);
      for (const auto& w : cut) d.attributor.window(w, now, settled);
      for (const auto& s : settled) f.given += s.figures.gpu_energy;
      f.requests += static_cast<double>(settled.size());
      settled.clear();
    }
    next = until;
  }
  f.cpu_s = cpu_s() - begin;
  return f;
}

}  // namespace

int main() {
  // Half an engine's load of conversations and code completions: 6 requests a second, some of them long.
  const EngineSpec engine;
  auto trace = synthetic(600, 5);
  const double rate = 0.5 * capacity(engine, trace);
  const auto arrivals = at_rate(std::move(trace), rate, 1);
  const Truth truth = serve(engine, arrivals, 3);
  const auto notes = notes_of(arrivals, truth, Gateway{});

  bool met = true;
  std::printf("| requests | told in | CPU time | a request | requests/s of one core | target |  |\n");
  std::printf("|---|---|---|---|---|---|---|\n");
  const auto row = [&](const char* name, size_t devices, size_t copies) {
    const Figures f = replay(notes, arrivals.size(), devices, copies);
    const double per_s = f.requests / f.cpu_s;
    met = met && per_s >= kTarget;
    std::printf("| %.0f %s | %.0f slices | %.2f s | %.2f us | %.0f | %.0f | %s |\n", f.requests, name, f.slices,
                f.cpu_s, 1e6 * f.cpu_s / f.requests, per_s, kTarget, per_s >= kTarget ? "met" : "missed");
  };
  row("on 2,000 devices, told in turn", 2000, 1);
  row("on one device that serves 1,000 times as many", 1, 1000);
  return met ? 0 : 1;
}
