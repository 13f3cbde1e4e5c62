// Random histories of one device: calls and a meter, run through the real cutter and attributor.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <vector>

#include "energy/attribution.h"
#include "energy/settlement.h"
#include "energy/window.h"

namespace trine::energy::test {

// 2026-11-23T00:50:00Z: histories of an hour cross a full hour.
inline constexpr Wall kT0 = from_unix_ns(1'795'395'000'000'000'000);

struct History {
  std::vector<CallFacts> calls;
  std::vector<Sample> samples;  // of a true counter, in order
};

struct Options {
  TokenWeights weights = TokenWeights::from({0.07, 3.2});
  Site site{1, 150, 1.25, 0.08};
  Embodied embodied{164, 700, 3};
  HardwarePrice price{euros(2.5), euros(0.2)};
  GridValue grid{300, 0.08, true};
  std::optional<EngineTokens> foreign;
  double idle_w = 60;
  Nanos slot = std::chrono::hours(1);
  bool settle_each_window = false;
};

struct Replay {
  std::vector<DeviceWindow> windows;
  std::vector<Settlement> settled;
  std::map<int64_t, DeviceWindow::Share> by_hour;  // of calls, from the audit trail
  SettlementFold fold;
};

inline void add(DeviceWindow::Share& to, const DeviceWindow::Share& s) {
  to.gpu_energy += s.gpu_energy;
  to.energy += s.energy;
  to.operational += s.operational;
  to.embodied += s.embodied;
  to.cost += s.cost;
}

inline int64_t hour_of(Wall t) {
  return unix_ns(t) / 3'600'000'000'000;
}

inline rc::Gen<CallFacts> a_call(uint64_t index) {
  return rc::gen::exec([index] {
    CallFacts c;
    c.id = {{index + 1, 0}, 0};
    const auto start = *rc::gen::inRange<int64_t>(0, 1'500'000);  // ms
    const auto wait = *rc::gen::inRange<int64_t>(0, 20'000);
    const auto decode = *rc::gen::inRange<int64_t>(0, 120'000);
    c.start = kT0 + std::chrono::milliseconds(start);
    c.first_token = c.start + std::chrono::milliseconds(wait);
    c.end = c.first_token + std::chrono::milliseconds(decode);
    c.in = *rc::gen::inRange<int64_t>(1, 20'000);
    c.cached = *rc::gen::inRange<int64_t>(0, c.in + 1);
    c.out = *rc::gen::inRange<int64_t>(0, 3'000);
    c.streamed = *rc::gen::arbitrary<bool>();
    c.outcome = *rc::gen::element(Outcome::ok, Outcome::ok, Outcome::failed, Outcome::cancelled);
    return c;
  });
}

// A counter read every 0.2-90 s over about half an hour, at 30-700 W.
inline rc::Gen<std::vector<Sample>> a_meter() {
  return rc::gen::exec([] {
    std::vector<Sample> samples;
    int64_t counter = *rc::gen::inRange<int64_t>(0, 1'000'000'000'000);
    auto at = kT0;
    const auto n = *rc::gen::inRange(2, 60);
    for (int i = 0; i < n; ++i) {
      samples.push_back({at, counter, std::nullopt, std::nullopt});
      const auto dt = std::chrono::milliseconds(*rc::gen::inRange<int64_t>(200, 90'000));
      const auto w = *rc::gen::inRange<int64_t>(30, 700);
      at += dt;
      counter += w * 1000 * dt.count() + *rc::gen::inRange<int64_t>(1, 1000);
    }
    return samples;
  });
}

inline rc::Gen<History> a_history(int most_calls = 30) {
  return rc::gen::exec([most_calls] {
    History h;
    const auto n = *rc::gen::inRange(0, most_calls + 1);
    for (int i = 0; i < n; ++i) h.calls.push_back(*a_call(static_cast<uint64_t>(i)));
    h.samples = *a_meter();
    return h;
  });
}

// One more reading late enough that every call is covered.
inline void cover_all(History& h) {
  Sample last = h.samples.back();
  Wall end = last.at + std::chrono::seconds(1);
  for (const auto& c : h.calls) end = std::max(end, c.end + std::chrono::seconds(1));
  *last.counter_uj += std::llround(seconds(end - last.at) * 90e6);
  last.at = end;
  h.samples.push_back(last);
}

inline Attributor attributor(const Options& o) {
  DeviceConfig d;
  d.device = "gpu-0";
  d.deployment = "fr-4090";
  d.zone = "FR";
  d.models = {o.weights};
  d.site = o.site;
  d.embodied = o.embodied;
  d.idle_w = o.idle_w;
  d.settle_each_window = o.settle_each_window;
  return Attributor(d);
}

inline void feed(Attributor& a, const CallFacts& c) {
  const Slices s = slices_of(c, {});
  const auto slot = a.open(c.id, c.start);
  a.work(slot, s.prefill);
  a.work(slot, s.decode);
  a.close(slot, c.end);
}

inline Replay run(const History& h, const Options& o) {
  Attributor a = attributor(o);
  for (const auto& c : h.calls) feed(a, c);
  WindowCutter::Options cut;
  cut.slot = o.slot;
  WindowCutter cutter(cut);
  std::vector<MeterWindow> closed;
  for (const auto& s : h.samples) cutter.add(s, closed);
  Replay r;
  Conditions conditions{o.grid, o.price, o.foreign, std::nullopt};
  for (const auto& w : closed) {
    if (const auto* dw = a.window(w, conditions, r.settled)) r.windows.push_back(*dw);
    for (const auto& s : a.shares())
      add(r.by_hour[hour_of(w.begin)], {s.gpu, s.energy, s.operational, s.embodied, s.cost});
  }
  for (const auto& s : r.settled) r.fold.apply(s);
  return r;
}

inline Figures figures(const Replay& r, const CallFacts& c) {
  const auto* s = r.fold.find(c.id);
  return s ? s->figures : Figures{};
}

}  // namespace trine::energy::test
