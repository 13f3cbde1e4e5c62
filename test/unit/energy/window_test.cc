#include "energy/window.h"

#include <gtest/gtest.h>

#include "energy/domains.h"

namespace trine::energy::window_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Wall kT0 = *parse_iso8601("2026-11-23T09:59:00Z");

Sample counter(int s, int64_t uj) {
  return {kT0 + seconds(s), uj, std::nullopt, std::nullopt};
}
Sample power(int s, double w) {
  return {kT0 + seconds(s), std::nullopt, w, std::nullopt};
}

TEST(WindowCutter, cuts_at_full_hours_grid_slots_and_price_changes) {
  WindowCutter::Options o;
  o.slot = minutes(15);
  WindowCutter c(o);
  c.cut_at(kT0 + seconds(30));
  std::vector<MeterWindow> w;
  c.add(counter(0, 1'000'000), w);
  EXPECT_TRUE(w.empty());
  c.add(counter(120, 121'000'001), w);
  ASSERT_EQ(w.size(), 3u);
  EXPECT_EQ(w[0].end, kT0 + seconds(30));
  EXPECT_EQ(w[1].end, kT0 + seconds(60));
  EXPECT_EQ(w[2].end, kT0 + seconds(120));
  EXPECT_EQ(w[0].gpu, joules(30));
  EXPECT_EQ((w[0].gpu + w[1].gpu + w[2].gpu).raw(), 120'000'001) << "not a microjoule is lost in cutting";
  EXPECT_EQ(w[2].duration, seconds(60));
}

TEST(WindowCutter, a_counter_that_stands_still_is_stale_not_zero) {
  WindowCutter c({});
  std::vector<MeterWindow> w;
  c.add(counter(0, 0), w);
  c.add(counter(1, 100'000'000), w);
  for (int s = 2; s < 30; ++s) c.add(counter(s, 100'000'000), w);
  c.add(counter(31, 3'100'000'000), w);
  ASSERT_EQ(w.size(), 2u);
  EXPECT_EQ(w[1].begin, kT0 + seconds(1));
  EXPECT_EQ(w[1].gpu, joules(3000));
  EXPECT_EQ(c.stats().stale, 28u);
}

TEST(WindowCutter, integrates_power_by_trapezoid_with_a_lower_reading) {
  WindowCutter c({});
  std::vector<MeterWindow> w;
  c.add(power(0, 100), w);
  c.add(power(10, 300), w);
  ASSERT_EQ(w.size(), 1u);
  EXPECT_EQ(w[0].gpu, joules(2000));
  EXPECT_EQ(w[0].reading, Reading::integrated_power);
  c.add(power(10 + 600, 300), w);
  EXPECT_EQ(w.back().reading, Reading::estimated) << "nobody knows what it drew in ten silent minutes";
}

TEST(WindowCutter, a_reset_is_bridged_by_power_where_there_is_any) {
  WindowCutter c({});
  std::vector<MeterWindow> w;
  Sample a = counter(0, 9'000'000'000), b = counter(10, 5'000'000);
  a.power_w = 200;
  b.power_w = 400;
  c.add(a, w);
  c.add(b, w);
  ASSERT_EQ(w.size(), 1u);
  EXPECT_EQ(w[0].gpu, joules(3000));
  EXPECT_EQ(w[0].reading, Reading::integrated_power);
  EXPECT_EQ(c.stats().resets, 1u);
}

TEST(WindowCutter, a_jump_that_no_device_can_draw_is_not_believed) {
  WindowCutter c({});
  std::vector<MeterWindow> w;
  c.add(counter(0, 0), w);
  c.add(counter(10, 3'000'000'000), w);
  c.add(counter(20, 900'000'000'000'000), w);
  EXPECT_EQ(c.stats().implausible, 1u);
  EXPECT_EQ(w.back().gpu, joules(3000)) << "as much as the interval before";
  EXPECT_EQ(w.back().reading, Reading::estimated);
}

TEST(WindowCutter, useless_samples_are_counted_and_dropped) {
  WindowCutter c({});
  std::vector<MeterWindow> w;
  c.add(counter(0, 0), w);
  c.add(counter(1, -5), w);
  c.add(power(2, -5), w);
  c.add(power(2, 1e9), w);
  c.add({kT0 + seconds(3), {}, {}, {}}, w);
  EXPECT_EQ(c.stats().rejected, 4u);
  EXPECT_TRUE(w.empty());
}

TEST(WindowCutter, a_small_step_back_of_the_clock_is_waited_out) {
  WindowCutter c({});
  std::vector<MeterWindow> w;
  const auto at = [](int wall, int mono, int64_t joules) {
    return Sample{kT0 + seconds(wall), joules * 1'000'000, std::nullopt, seconds(mono)};
  };
  c.add(at(0, 100, 0), w);
  c.add(at(10, 110, 1000), w);
  c.add(at(8, 111, 1100), w);  // 3 s back
  c.add(at(9, 112, 1200), w);
  EXPECT_EQ(w.size(), 1u);
  c.add(at(12, 115, 1500), w);
  ASSERT_EQ(w.size(), 2u);
  EXPECT_EQ(w[1].begin, kT0 + seconds(10));
  EXPECT_EQ(w[1].gpu, joules(500));
  EXPECT_EQ(w[1].duration, seconds(5)) << "five seconds passed whatever the wall clock says";
  EXPECT_EQ(w[1].epoch, 0u);
}

TEST(WindowCutter, a_large_step_back_begins_a_new_time_line) {
  WindowCutter c({});
  std::vector<MeterWindow> w;
  // Without a monotonic clock: three back-dated samples whose counter goes on are the proof.
  c.add(counter(3600, 0), w);
  c.add(counter(3601, 1'000'000), w);
  for (int s = 0; s < 4; ++s) c.add(counter(s, 2'000'000 + s * 1'000'000), w);
  EXPECT_EQ(c.stats().clock_steps, 1u);
  ASSERT_EQ(w.size(), 2u);
  EXPECT_EQ(w[1].epoch, 1u);
  EXPECT_EQ(w[1].gpu, joules(4)) << "what the counter gained over the step is there, once";
}

Sample on_clocks(int wall_s, int mono_s, int64_t uj) {
  return {kT0 + seconds(wall_s), uj, std::nullopt, seconds(mono_s)};
}

TEST(WindowCutter, a_sample_from_before_a_step_back_is_late_although_its_wall_time_is_ahead) {
  WindowCutter c({});
  std::vector<MeterWindow> w;
  c.add(on_clocks(1000, 100, 50'000'000), w);
  c.add(on_clocks(1001, 101, 51'000'000), w);
  c.add(on_clocks(400, 102, 52'000'000), w);   // the clock was set back by ten minutes
  c.add(on_clocks(1000, 100, 50'000'000), w);  // a scrape that was on its way
  c.add(on_clocks(401, 103, 53'000'000), w);
  EXPECT_EQ(c.stats().late, 1u);
  EXPECT_EQ(c.stats().resets, 0u);
  Energy sum;
  for (const auto& x : w) sum += x.gpu;
  EXPECT_EQ(sum, joules(3)) << "not the old sample's gain again";
}

TEST(WindowCutter, a_window_that_waits_over_a_small_step_back_keeps_the_worst_reading_of_its_parts) {
  WindowCutter c({});
  std::vector<MeterWindow> w;
  c.add(on_clocks(100, 100, 50'000'000), w);
  c.add(on_clocks(101, 101, 51'000'000), w);
  c.add(on_clocks(92, 102, 52'000'000), w);  // nine seconds back
  c.add(on_clocks(93, 103, 0), w);           // the counter was reset: this second is a guess
  c.add(on_clocks(102, 112, 9'000'000), w);
  ASSERT_EQ(w.size(), 2u);
  EXPECT_EQ(w[1].reading, Reading::estimated);
  EXPECT_EQ(w[1].gpu, joules(1 + 1 + 9));
}

TEST(WindowCutter, late_samples_from_before_a_wrap_are_not_a_clock_step) {
  WindowCutter::Options o;
  o.wrap_uj = 1'000'000'000;
  WindowCutter c(o);
  std::vector<MeterWindow> w;
  c.add(counter(0, 900'000'000), w);
  c.add(counter(1, 950'000'000), w);
  c.add(counter(2, 50'000'000), w);
  for (const int s : {-30, -20, -10}) c.add(counter(s, 880'000'000 + s), w);  // they read higher, and are old
  c.add(counter(3, 150'000'000), w);
  EXPECT_EQ(c.stats().wraps, 1u);
  EXPECT_EQ(c.stats().late, 3u);
  ASSERT_EQ(w.size(), 3u);
  EXPECT_EQ(w[0].gpu + w[1].gpu + w[2].gpu, joules(250));
}

TEST(WindowCutter, an_absurdly_long_interval_gives_few_windows) {
  WindowCutter c({});
  std::vector<MeterWindow> w;
  c.add(counter(0, 0), w);
  c.add({kT0 + std::chrono::hours(24 * 365 * 40), 1'000'000, {}, {}}, w);
  EXPECT_LE(w.size(), 2u);
}

TEST(Domains, a_package_holds_its_cores_and_the_platform_holds_all) {
  std::vector<Series> s = {{"package-0", "core", Domain::core},
                           {"package-0", "package-0", Domain::package},
                           {"package-0", "dram", Domain::dram}};
  EXPECT_EQ(non_overlapping(s), (std::vector<size_t>{1, 2}));
  s.push_back({"", "psys", Domain::psys});
  EXPECT_EQ(non_overlapping(s), (std::vector<size_t>{3}));
  EXPECT_EQ(non_overlapping(std::vector<Series>{{"GPU-1", "mig-1", Domain::gpu_slice}, {"GPU-1", "", Domain::gpu}}),
            (std::vector<size_t>{1}));
}

}  // namespace
}  // namespace trine::energy::window_test
