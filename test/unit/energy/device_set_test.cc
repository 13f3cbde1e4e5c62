#include "energy/device_set.h"

#include <gtest/gtest.h>

namespace trine::energy::device_set_test {
namespace {

constexpr Wall kT0 = from_unix_ns(1'700'000'000'000'000'000);

Wall at(double s) {
  return kT0 + Nanos(static_cast<int64_t>(s * 1e9));
}

struct Set {
  explicit Set(size_t gpus, bool host = false, double part = 1)
      : cutter({.gpus = gpus, .host = host, .host_part = part, .gpu = {}, .server = {}}) {}
  void read(size_t meter, double s, double joules_so_far) {
    cutter.add(meter, {at(s), static_cast<int64_t>(joules_so_far * 1e6), std::nullopt, std::nullopt});
  }
  void take(double now) { cutter.take(at(now), windows); }
  Energy sum() const {
    Energy e;
    for (const auto& w : windows) e += w.gpu;
    return e;
  }
  SetCutter cutter;
  std::vector<MeterWindow> windows;
};

TEST(SetCutter, gpus_read_together_make_one_window_with_their_sum) {
  Set set(2);
  for (int s = 0; s <= 2; ++s) {
    set.read(0, s, 100 * s);
    set.read(1, s, 300 * s);
  }
  set.take(2);
  ASSERT_EQ(set.windows.size(), 2u);
  EXPECT_EQ(set.windows[1].gpu, joules(400));
  EXPECT_EQ(set.windows[1].begin, at(1));
  EXPECT_EQ(set.windows[1].end, at(2));
  EXPECT_EQ(set.windows[1].reading, Reading::counter);
  EXPECT_EQ(set.cutter.frontier(), at(2));
}

TEST(SetCutter, a_window_waits_for_the_slower_meter) {
  Set set(2);
  set.read(0, 0, 0);
  set.read(1, 0, 0);
  set.read(0, 1, 100);
  set.take(1);
  EXPECT_TRUE(set.windows.empty());
  set.read(1, 4, 400);
  set.take(4);
  ASSERT_EQ(set.windows.size(), 1u);
  EXPECT_EQ(set.windows[0].gpu, joules(200)) << "a quarter of the other's four seconds";
  set.read(0, 4, 400);
  set.take(4);
  EXPECT_EQ(set.sum(), joules(800));
}

TEST(SetCutter, a_silent_gpu_is_taken_to_draw_what_the_others_do_and_is_set_right_when_it_speaks) {
  Set set(2);
  set.read(0, 0, 0);
  set.read(1, 0, 0);
  for (int s = 1; s <= 100; ++s) {
    set.read(0, s, 100 * s);
    set.take(s);
  }
  ASSERT_FALSE(set.windows.empty());
  EXPECT_EQ(set.windows.back().reading, Reading::estimated);
  EXPECT_EQ(set.windows.back().gpu, joules(200));
  set.read(1, 101, 20200);
  set.read(0, 101, 10100);
  set.take(101);
  EXPECT_EQ(set.sum(), joules(30300)) << "the sum is the meters'";
}

TEST(SetCutter, the_servers_energy_stands_beside_the_gpus) {
  Set set(1, true, 0.25);
  for (int s = 0; s <= 2; ++s) {
    set.read(0, s, 100 * s);
    set.read(1, s, 400 * s);
  }
  set.take(2);
  ASSERT_EQ(set.windows.size(), 2u);
  EXPECT_EQ(set.windows[0].gpu, joules(100));
  EXPECT_EQ(set.windows[0].host, joules(100)) << "a quarter of the server";
}

TEST(SetCutter, a_server_without_a_reading_for_the_window_is_modelled) {
  Set set(1, true);
  set.read(0, 0, 0);
  for (int s = 1; s <= 60; ++s) {
    set.read(0, s, 100 * s);
    set.take(s);
  }
  ASSERT_FALSE(set.windows.empty());
  EXPECT_FALSE(set.windows.back().host);
  set.read(1, 60.5, 7000);
  set.read(1, 62, 7300);
  set.read(0, 61, 6100);
  set.read(0, 62, 6200);
  set.take(62);
  EXPECT_FALSE(set.windows[60].host) << "its meter began in the middle of that second";
  EXPECT_EQ(set.windows[61].host, joules(200));
}

TEST(SetCutter, an_estimate_of_the_whole_set_is_set_against_all_counters) {
  Set set(2);
  set.read(0, 0, 0);
  set.read(1, 0, 0);
  set.take(40);
  set.cutter.book(at(40), joules(1001));
  EXPECT_EQ(set.cutter.frontier(), at(40));
  set.read(0, 50, 1000);
  set.read(1, 50, 1000);
  set.take(50);
  EXPECT_EQ(set.sum(), joules(2000 - 1001));
}

}  // namespace
}  // namespace trine::energy::device_set_test
