// docs/accounting.md §7, invariants 1, 2 and 5 together, on a device at its worst: up to thousands of requests told in
// pieces as the gateway tells them, over a meter that resets, falls silent, repeats itself, comes late and lies, on a
// machine whose wall clock steps. Driven as src/gateway/metering/metered_set.cc drives it.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "property/energy/history.h"

namespace trine::energy::test::rough_history_property_test {
namespace {

using Share = DeviceWindow::Share;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr Nanos kLateness = std::chrono::seconds(2), kSilence = std::chrono::seconds(30);

// Requests come from a seed, not from generators: there are too many to be shrunk one by one.
class Worst {
 public:
  Worst(size_t calls, uint64_t seed) : random_(seed), attributor_(attributor(options())), calls_(calls) {
    calls_left_ = calls;
  }

  void play() {
    read(sample());
    while (calls_left_ > 0 || !running_.empty()) step();
    // Wall clocks may have been set back: wait for the last work, with a meter that is well again.
    for (int i = 0; i < 4; ++i) {
      pass(latest_ - wall() > Nanos(0) ? latest_ - wall() + minutes(1) : minutes(1));
      read(sample());
    }
    close_due(wall() + kLateness);
    RC_ASSERT(attributor_.open_calls() == 0u);
  }

  void check() const {
    RC_ASSERT(final_.size() == calls_);
    RC_ASSERT(settled_ == in_windows_);
    RC_ASSERT(by_hour_shares_ == by_hour_windows_);
    RC_ASSERT(counter_read_ <= drawn_uj_);  // what a counter showed is somebody's at most once
  }

 private:
  struct Running {
    Attributor::Slot slot = 0;
    Wall told{};
    int steps_left = 0;
  };

  static Options options() {
    Options o;
    o.idle_w = 60;
    return o;
  }
  int64_t any(int64_t from, int64_t to) { return std::uniform_int_distribution<int64_t>(from, to)(random_); }
  bool one_in(int n) { return any(1, n) == 1; }
  Wall wall() const { return kT0 + mono_ + offset_; }

  void pass(Nanos dt) {
    mono_ += dt;
    const auto uj = dt.count() / 1000 * any(40, 600);
    drawn_uj_ += uj;
    counter_uj_ += uj;
  }

  void step() {
    pass(one_in(200) ? Nanos(minutes(any(1, 8))) : Nanos(milliseconds(any(100, 3000))));
    if (one_in(300)) offset_ += milliseconds(any(-600'000, 600'000));
    if (one_in(100)) counter_uj_ = any(0, 1000);
    const auto come = std::min<int64_t>(static_cast<int64_t>(calls_left_), one_in(5) ? any(0, 40) : any(0, 3));
    for (int64_t i = 0; i < come; ++i) open();
    for (Running& r : running_) tell(r);
    std::erase_if(running_, [](const Running& r) { return r.steps_left < 0; });
    const auto fate = any(0, 20);
    if (fate == 0) {
      stand_in();
      return;  // the scrape is missing
    }
    const Sample now = sample();
    if (fate == 1) read(last_);  // a duplicate, or late
    if (fate == 2) read({now.at, -any(1, 1000), std::nullopt, now.mono});
    read(now);
    if (fate == 3) read(now);
  }

  void open() {
    const auto index = calls_ - calls_left_--;
    Running r{attributor_.open({{index + 1, 0}, 0}, wall()), wall(), static_cast<int>(any(0, 8))};
    running_.push_back(r);
  }

  void tell(Running& r) {
    const auto tokens = [&] { return one_in(4) ? 0.0 : static_cast<double>(any(0, 3000)); };
    Work work{one_in(3) ? tokens() : 0, one_in(5) ? tokens() : 0, tokens() / 10, tokens()};
    if (one_in(100)) work.out = one_in(2) ? std::nan("") : -5;
    attributor_.work(r.slot, {r.told, wall(), work});
    latest_ = std::max({latest_, r.told, wall()});
    r.told = wall();
    if (--r.steps_left < 0) attributor_.close(r.slot, wall());
  }

  Sample sample() {
    Sample s{wall(), counter_uj_, std::nullopt, mono_ + minutes(1)};
    if (one_in(3)) s.power_w = static_cast<double>(any(-10, 900));
    return s;
  }

  void read(const Sample& s) {
    last_ = one_in(10) ? last_ : s;
    std::vector<MeterWindow> cut;
    cutter_.add(s, cut);
    windows_.insert(windows_.end(), cut.begin(), cut.end());
    close_due(wall());
  }

  void stand_in() {
    const auto frontier = cutter_.frontier();
    if (!frontier || wall() - *frontier < kSilence) return;
    close_due(*frontier + kLateness);
    const Wall until = wall() - kLateness;
    const MeterWindow estimate = attributor_.estimate_window(*frontier, until);
    cutter_.book(until, estimate.gpu);
    windows_.push_back(estimate);
  }

  Conditions conditions() {
    Conditions c;
    const double g[] = {56, 300, 0, -1, std::nan(""), 1e9};
    c.grid = {g[any(0, 5)], 0.08, one_in(2)};
    c.price = {euros(static_cast<double>(any(0, 5))), euros(static_cast<double>(any(0, 40)) / 100)};
    if (one_in(2)) c.foreign = EngineTokens{static_cast<double>(any(0, 5000)), static_cast<double>(any(-10, 500))};
    if (one_in(3)) c.running = static_cast<double>(any(-1, 50));
    return c;
  }

  void close_due(Wall now) {
    for (; !windows_.empty() && windows_.front().end + kLateness <= now; windows_.pop_front()) {
      const MeterWindow& m = windows_.front();
      std::vector<Settlement> settled;
      const DeviceWindow* w = attributor_.window(m, conditions(), settled);
      if (!w) continue;
      Share sum = w->requests;
      add(sum, w->foreign);
      add(sum, w->unattributed);
      RC_ASSERT(sum == w->total);
      RC_ASSERT(w->total.gpu_energy == m.gpu);
      for (const Share* s : {&w->total, &w->requests, &w->foreign, &w->unattributed}) {
        RC_ASSERT(s->gpu_energy >= Energy() && s->energy >= Energy() && s->cost >= Money());
        RC_ASSERT(s->operational >= Carbon() && s->embodied >= Carbon());
      }
      if (m.reading == Reading::counter) counter_read_ += m.gpu.raw();
      add(in_windows_, w->requests);
      add(by_hour_windows_[hour_of(w->begin)], w->requests);
      auto& hour = by_hour_shares_[hour_of(w->begin)];
      for (const CallShare& s : attributor_.shares()) add(hour, {s.gpu, s.energy, s.operational, s.embodied, s.cost});
      for (const Settlement& s : settled) {
        RC_ASSERT(s.basis == Basis::final);
        RC_ASSERT(final_.insert(s.call).second);
        const Figures& f = s.figures;
        add(settled_, {f.gpu_energy, f.energy, f.operational, f.embodied, f.cost});
      }
    }
  }

  std::mt19937_64 random_;
  WindowCutter cutter_{WindowCutter::Options{}};
  Attributor attributor_;
  size_t calls_ = 0, calls_left_ = 0;
  std::vector<Running> running_;
  std::deque<MeterWindow> windows_;
  Nanos mono_{}, offset_{};
  int64_t counter_uj_ = 1'000'000, drawn_uj_ = 0, counter_read_ = 0;
  Sample last_{kT0 - minutes(1), 5, std::nullopt, std::nullopt};
  Wall latest_ = kT0;
  Share settled_, in_windows_;
  std::map<int64_t, Share> by_hour_windows_, by_hour_shares_;
  std::set<CallId> final_;
};

RC_GTEST_PROP(RoughHistory, every_microjoule_gram_and_cent_is_somebodys_once, ()) {
  Worst worst(*rc::gen::inRange<size_t>(0, 2500), *rc::gen::arbitrary<uint64_t>());
  worst.play();
  worst.check();
}

}  // namespace
}  // namespace trine::energy::test::rough_history_property_test
