#include "energy/concurrency.h"

#include <gtest/gtest.h>

namespace trine::energy::concurrency_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Wall kT0 = from_unix_ns(1'795'395'000'000'000'000);

TEST(Concurrency, a_mean_of_the_inverse_follows_the_count) {
  Concurrency c;
  c.begin(kT0, kT0 + seconds(10));
  c.add(kT0 - seconds(5), kT0 + seconds(4));
  c.add(kT0 + seconds(2), kT0 + seconds(20));
  c.add(kT0 + seconds(2), kT0 + seconds(4));
  EXPECT_DOUBLE_EQ(c.mean(), 1.4);
  c.finish(1);
  EXPECT_DOUBLE_EQ(c.per_batch(kT0, kT0 + seconds(2)), 1);
  EXPECT_NEAR(c.per_batch(kT0 + seconds(2), kT0 + seconds(4)), 1.0 / 3, 1e-12);
  EXPECT_NEAR(c.per_batch(kT0 + seconds(1), kT0 + seconds(3)), (1 + 1.0 / 3) / 2, 1e-12);
  EXPECT_DOUBLE_EQ(c.per_batch(kT0 + seconds(3), kT0 + seconds(3)), 1.0 / 3) << "at once";
  EXPECT_DOUBLE_EQ(c.per_batch(kT0 + seconds(9), kT0 + seconds(90)), 1) << "only the part in the window";
}

TEST(Concurrency, outside_the_window_the_windows_mean_counts) {
  Concurrency c;
  c.begin(kT0, kT0 + seconds(1));
  for (int i = 0; i < 4; ++i) c.add(kT0, kT0 + milliseconds(500));
  c.finish(1);
  EXPECT_DOUBLE_EQ(c.per_batch(kT0 - seconds(2), kT0 - seconds(1)), 0.5);
  EXPECT_DOUBLE_EQ(c.per_batch(kT0 + milliseconds(500), kT0 + seconds(1)), 1) << "nobody: never more than one";
}

TEST(Concurrency, an_engines_gauge_scales_the_count) {
  Concurrency c;
  c.begin(kT0, kT0 + seconds(1));
  c.add(kT0, kT0 + seconds(1));
  c.finish(8);
  EXPECT_DOUBLE_EQ(c.per_batch(kT0, kT0 + seconds(1)), 0.125);
}

}  // namespace
}  // namespace trine::energy::concurrency_test
