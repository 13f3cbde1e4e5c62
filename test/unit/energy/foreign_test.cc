#include "energy/foreign.h"

#include <gtest/gtest.h>

namespace trine::energy::foreign_test {
namespace {

constexpr Wall kT0 = from_unix_ns(1'700'000'000'000'000'000);

Wall at(int s) {
  return kT0 + std::chrono::seconds(s);
}

// An engine that makes `rate` tokens a second for us and `foreign` for others; we learn of ours `late` seconds later.
struct Load {
  ForeignLoad load;
  double given = 0;
  double engine = 5000;  // it ran before we did
  int now = 0;

  void run(int seconds, double rate, double foreign, int late = 0) {
    for (int i = 0; i < seconds; ++i, ++now) {
      engine += rate + foreign;
      load.counted(at(now + 1), {0, engine});
      if (const auto f = load.take(at(now), at(now + 1))) given += f->generated;
      pending_.push_back(rate);
      double known = 0;
      while (pending_.size() > static_cast<size_t>(late)) {
        known += pending_.front();
        pending_.pop_front();
      }
      load.sent(at(now + 1), {0, known});
    }
  }

 private:
  std::deque<double> pending_;
};

TEST(ForeignLoad, ours_alone_is_never_foreign) {
  Load l;
  l.run(600, 1000, 0);
  EXPECT_EQ(l.given, 0);
}

TEST(ForeignLoad, what_others_send_is_given_to_windows_within_two_minutes) {
  Load l;
  l.run(600, 1000, 500);
  EXPECT_GE(l.given, 500 * (600 - 121));
  EXPECT_LE(l.given, 500 * 600);
  l.run(180, 1000, 0);
  EXPECT_NEAR(l.given, 500 * 599, 1e-3)
      << "each foreign token since the first scrape once, and not more when they stopped";
}

TEST(ForeignLoad, one_percent_is_told_from_timing_when_it_has_added_up) {
  Load l;
  l.run(1200, 1000, 10);
  EXPECT_GT(l.given, 10 * 900);
  EXPECT_LE(l.given, 10 * 1200);
}

TEST(ForeignLoad, answers_that_we_know_when_they_end_are_in_flight_and_not_foreign) {
  Load l;
  l.run(900, 1000, 0, 20);
  EXPECT_LE(l.given, 20 * 1000) << "once, and no more than was in flight";
  l.run(900, 1000, 0, 0);
  const double before = l.given;
  l.run(900, 1000, 0, 20);
  EXPECT_EQ(l.given, before) << "not a second time";
}

TEST(ForeignLoad, an_engine_that_starts_again_goes_on_from_zero) {
  Load l;
  l.run(300, 1000, 500);
  l.engine = 0;
  l.run(300, 1000, 500);
  l.run(180, 1000, 0);
  EXPECT_NEAR(l.given, 500 * 600, 1500) << "but for what it counted between the last scrape and its end";
}

TEST(ForeignLoad, an_engine_that_is_silent_is_not_known) {
  Load l;
  l.run(10, 1000, 0);
  EXPECT_TRUE(l.load.take(at(60), at(61)));
  EXPECT_FALSE(l.load.take(at(70), at(71)));
  EXPECT_FALSE(ForeignLoad().take(at(0), at(1)));
}

TEST(ForeignLoad, windows_may_be_closed_late) {
  ForeignLoad load;
  double given = 0;
  for (int s = 1; s <= 600; ++s) {
    load.counted(at(s), {0, 400.0 * s});
    if (s <= 5) continue;
    if (const auto f = load.take(at(s - 6), at(s - 5))) given += f->generated;
    load.sent(at(s - 5), {0, 100});
  }
  EXPECT_GT(given, 300 * 450);
}

TEST(ForeignLoad, of_two_engines_on_one_device_both_must_be_known) {
  ForeignLoad load({.engines = 2});
  double given = 0;
  for (int s = 0; s < 600; ++s) {
    load.counted(at(s), {0, 100.0 * s}, 0);
    if (s >= 100) load.counted(at(s), {0, 300.0 * s}, 1);
    const auto f = load.take(at(s), at(s + 1));
    EXPECT_EQ(f.has_value(), s >= 100);
    if (f) given += f->generated;
    load.sent(at(s), {0, 300});
  }
  EXPECT_GT(given, 100 * 370);
  EXPECT_LE(given, 100 * 500);
}

TEST(ForeignLoad, absurd_counters_are_ignored) {
  Load l;
  l.run(120, 1000, 0);
  l.load.counted(at(120), {-1, 3});
  l.load.counted(at(120), {0, std::nan("")});
  l.load.counted(at(3), {0, 1e9});
  l.run(300, 1000, 0);
  EXPECT_EQ(l.given, 0);
}

}  // namespace
}  // namespace trine::energy::foreign_test
