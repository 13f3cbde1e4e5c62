#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "energy/device_set.h"

// The sum of a set's windows is the sum of its GPUs' counters, whatever the order and the gaps of the readings.

namespace trine::energy::device_set_property_test {
namespace {

constexpr Wall kT0 = from_unix_ns(1'700'000'000'000'000'000);

RC_GTEST_PROP(SetCutter, sum_of_windows_is_the_sum_of_the_counters, ()) {
  const auto gpus = *rc::gen::inRange<size_t>(1, 5);
  SetCutter set({.gpus = gpus, .host = false, .host_part = 1, .gpu = {}, .server = {}});
  std::vector<int64_t> counter(gpus, 0);
  std::vector<MeterWindow> windows;
  Wall now = kT0;
  for (size_t i = 0; i < gpus; ++i) set.add(i, {now, 0, std::nullopt, std::nullopt});
  std::vector<Wall> read(gpus, now);
  const auto pass = [&](size_t i) {
    counter[i] += (now - read[i]).count() / 1'000'000 * *rc::gen::inRange<int64_t>(1, 600'000);
    read[i] = now;
    set.add(i, {now, counter[i], std::nullopt, std::nullopt});
  };
  const auto steps = *rc::gen::inRange(1, 80);
  for (int s = 0; s < steps; ++s) {
    now += std::chrono::milliseconds(*rc::gen::inRange<int64_t>(100, 9000));
    const auto i = *rc::gen::inRange<size_t>(0, gpus);
    pass(i);
    set.take(now, windows);
  }
  // A silent GPU may have been estimated above what it drew: let it draw long enough to pay that back.
  for (int s = 0; s < 3; ++s) {
    now += std::chrono::minutes(4);
    for (size_t i = 0; i < gpus; ++i) {
      counter[i] += 150'000'000LL * 240;
      read[i] = now;
      set.add(i, {now, counter[i], std::nullopt, std::nullopt});
    }
    set.take(now, windows);
  }

  int64_t metered = 0, given = 0;
  for (const int64_t c : counter) metered += c;
  Wall end = kT0;
  for (const MeterWindow& w : windows) {
    RC_ASSERT(w.begin == end);
    RC_ASSERT(w.end > w.begin);
    RC_ASSERT(w.gpu >= Energy());
    end = w.end;
    given += w.gpu.raw();
  }
  RC_ASSERT(end == now);
  RC_ASSERT(given == metered);
}

}  // namespace
}  // namespace trine::energy::device_set_property_test
