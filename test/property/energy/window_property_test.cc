// docs/accounting.md §7, invariant 5: whatever a meter does, no window is negative and no joule is counted twice.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "energy/domains.h"
#include "property/energy/history.h"

namespace trine::energy::test::window_property_test {
namespace {

std::vector<MeterWindow> cut(const std::vector<Sample>& samples, const WindowCutter::Options& options = {}) {
  WindowCutter cutter(options);
  std::vector<MeterWindow> out;
  for (const auto& s : samples) cutter.add(s, out);
  return out;
}

Energy sum(const std::vector<MeterWindow>& windows) {
  Energy e;
  for (const auto& w : windows) e += w.gpu;
  return e;
}

void well_formed(const std::vector<MeterWindow>& windows) {
  for (size_t i = 0; i < windows.size(); ++i) {
    RC_ASSERT(windows[i].gpu >= Energy());
    RC_ASSERT(windows[i].begin < windows[i].end);
    RC_ASSERT(windows[i].duration >= Nanos(0));
    RC_ASSERT(hour_of(windows[i].begin) == hour_of(windows[i].end - Nanos(1)));
    if (i > 0 && windows[i].epoch == windows[i - 1].epoch) RC_ASSERT(windows[i - 1].end <= windows[i].begin);
  }
}

RC_GTEST_PROP(Meter, missing_duplicate_and_late_scrapes_change_no_total, ()) {
  const auto samples = *a_meter();
  std::vector<Sample> mangled = {samples.front()};
  for (size_t i = 1; i + 1 < samples.size(); ++i) {
    const int fate = *rc::gen::inRange(0, 5);
    if (fate == 0) continue;  // missing
    mangled.push_back(samples[i]);
    if (fate == 1) mangled.push_back(samples[i]);                                // duplicate
    if (fate == 2) mangled.push_back(samples[*rc::gen::inRange<size_t>(0, i)]);  // late
    if (fate == 3) {                                                             // garbage
      Sample bad = samples[i];
      bad.at += std::chrono::milliseconds(1);
      bad.counter_uj = -*rc::gen::inRange<int64_t>(1, 1'000'000);
      mangled.push_back(bad);
    }
  }
  mangled.push_back(samples.back());
  const auto windows = cut(mangled);
  well_formed(windows);
  RC_ASSERT(sum(windows).raw() == *samples.back().counter_uj - *samples.front().counter_uj);
}

RC_GTEST_PROP(Meter, late_bursts_in_their_old_order_are_not_a_clock_step, ()) {
  const auto samples = *a_meter();
  RC_PRE(samples.size() >= 6u);
  std::vector<Sample> mangled = samples;
  const auto n = *rc::gen::inRange<size_t>(3, samples.size());
  mangled.insert(mangled.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(n));
  const auto windows = cut(mangled);
  well_formed(windows);
  RC_ASSERT(sum(windows).raw() == *samples.back().counter_uj - *samples.front().counter_uj);
}

RC_GTEST_PROP(Meter, a_wrap_loses_and_doubles_nothing, ()) {
  auto samples = *a_meter();
  WindowCutter::Options o;
  o.wrap_uj = 262'143'328'850;  // a real RAPL range
  const auto truth = *samples.back().counter_uj - *samples.front().counter_uj;
  for (auto& s : samples) *s.counter_uj %= o.wrap_uj;
  const auto windows = cut(samples, o);
  well_formed(windows);
  RC_ASSERT(sum(windows).raw() == truth);
}

RC_GTEST_PROP(Meter, resets_are_never_negative_and_bounded_by_what_the_device_can_draw, ()) {
  auto samples = *a_meter();
  RC_PRE(samples.size() >= 3u);
  const auto at = *rc::gen::inRange<size_t>(1, samples.size());
  const int64_t base = *samples[at - 1].counter_uj +
                       *rc::gen::inRange<int64_t>(0, *samples[at].counter_uj - *samples[at - 1].counter_uj);
  const auto truth = *samples.back().counter_uj - *samples.front().counter_uj;
  for (size_t i = at; i < samples.size(); ++i) *samples[i].counter_uj -= base;
  RC_PRE(*samples[at].counter_uj < *samples[at - 1].counter_uj);
  const auto windows = cut(samples);
  well_formed(windows);
  // All but the interval of the reset is read from the counter, once.
  Energy counted, guessed;
  double guessed_s = 0;
  for (const auto& w : windows) {
    if (w.reading == Reading::counter) {
      counted += w.gpu;
    } else {
      guessed += w.gpu;
      guessed_s += seconds(w.duration);
    }
  }
  RC_ASSERT(counted.raw() <= truth);
  RC_ASSERT(guessed_s > 0);
  RC_ASSERT(to_joules(guessed) <= 2000 * (guessed_s + 1));
}

RC_GTEST_PROP(Meter, clock_steps_with_a_monotonic_clock_lose_and_double_nothing, ()) {
  auto samples = *a_meter();
  const Wall first = samples.front().at;
  for (auto& s : samples) s.mono = s.at - first + std::chrono::hours(5);
  const auto step = std::chrono::milliseconds(*rc::gen::inRange<int64_t>(-7'200'000, 7'200'000));
  const auto at = *rc::gen::inRange<size_t>(0, samples.size());
  for (size_t i = at; i < samples.size(); ++i) samples[i].at += step;
  // One more sample, far enough ahead that a small step back is caught up.
  Sample last = samples.back();
  last.at += std::chrono::minutes(10);
  *last.mono += std::chrono::minutes(10);
  *last.counter_uj += 60'000'000'000;
  samples.push_back(last);
  const auto windows = cut(samples);
  well_formed(windows);
  RC_ASSERT(sum(windows).raw() == *samples.back().counter_uj - *samples.front().counter_uj);
  Nanos passed{};
  for (const auto& w : windows) passed += w.duration;
  RC_ASSERT(passed == *samples.back().mono - *samples.front().mono);
}

RC_GTEST_PROP(Meter, aligned_windows_hold_the_same_energy, ()) {
  const auto samples = *a_meter();
  WindowCutter::Options o;
  o.step = std::chrono::seconds(*rc::gen::element(1, 5, 15, 60));
  WindowCutter cutter(o);
  std::vector<MeterWindow> out;
  for (const auto& s : samples) cutter.add(s, out);
  well_formed(out);
  for (const auto& w : out) RC_ASSERT(unix_ns(w.end) % o.step.count() == 0);
  const auto truth = *samples.back().counter_uj - *samples.front().counter_uj;
  RC_ASSERT(sum(out).raw() <= truth);
  // Only the part after the last boundary is still open.
  Sample end = samples.back();
  end.at += std::chrono::minutes(2);
  *end.counter_uj += 1'000'000;
  cutter.add(end, out);
  RC_ASSERT(sum(out).raw() >= truth);
}

RC_GTEST_PROP(Meter, an_estimate_over_a_silence_is_taken_off_the_counter_later, ()) {
  auto samples = *a_meter();
  RC_PRE(samples.size() >= 3u);
  const auto at = *rc::gen::inRange<size_t>(1, samples.size() - 1);
  WindowCutter cutter({});
  std::vector<MeterWindow> out;
  for (size_t i = 0; i < at; ++i) cutter.add(samples[i], out);
  const auto silent = samples[at].at - samples[at - 1].at;
  const Energy estimate = joules(*rc::gen::inRange(0, 700) * seconds(silent) / 2);
  const Wall until = samples[at - 1].at + silent / 2;
  cutter.book(until, estimate);
  for (size_t i = at; i < samples.size(); ++i) cutter.add(samples[i], out);
  well_formed(out);
  const auto truth = *samples.back().counter_uj - *samples.front().counter_uj;
  RC_ASSERT(sum(out).raw() <= truth);
  const auto after = *samples.back().counter_uj - *samples[at - 1].counter_uj;
  if (estimate.raw() <= after) RC_ASSERT(sum(out).raw() + estimate.raw() == truth);
}

RC_GTEST_PROP(Domains, nothing_is_counted_twice_and_nothing_left_out, ()) {
  const auto all = std::vector<Series>{{"", "psys", Domain::psys},
                                       {"package-0", "package-0", Domain::package},
                                       {"package-1", "package-1", Domain::package},
                                       {"package-0", "core", Domain::core},
                                       {"package-0", "uncore", Domain::uncore},
                                       {"package-1", "dram", Domain::dram},
                                       {"package-0", "dram", Domain::dram},
                                       {"GPU-1", "GPU-1", Domain::gpu},
                                       {"GPU-1", "mig-1", Domain::gpu_slice},
                                       {"GPU-2", "mig-1", Domain::gpu_slice},
                                       {"GPU-2", "mig-2", Domain::gpu_slice}};
  std::vector<Series> seen;
  const auto n = *rc::gen::inRange<size_t>(0, 25);
  for (size_t i = 0; i < n; ++i) seen.push_back(*rc::gen::elementOf(all));
  const auto chosen = non_overlapping(seen);
  // A child's parents: itself or a parent is chosen exactly once.
  const auto covers = [](const Series& a, const Series& b) {  // a holds b
    if (a.domain == b.domain) return a.device == b.device && a.name == b.name;
    if (a.domain == Domain::psys) return b.domain != Domain::gpu && b.domain != Domain::gpu_slice;
    if (a.device != b.device) return false;
    if (a.domain == Domain::package) return b.domain == Domain::core || b.domain == Domain::uncore;
    return a.domain == Domain::gpu && b.domain == Domain::gpu_slice;
  };
  for (const auto& s : seen) {
    const auto times = std::count_if(chosen.begin(), chosen.end(), [&](size_t i) { return covers(seen[i], s); });
    RC_ASSERT(times == 1);
  }
}

}  // namespace
}  // namespace trine::energy::test::window_property_test
