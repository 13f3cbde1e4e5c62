// The batch meter's mean is what counting at every event gives.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "gateway/batch.h"

namespace trine::gateway::batch_property_test {
namespace {

struct Life {
  int64_t begin, end;  // nanoseconds
  size_t worker;
};

RC_GTEST_PROP(BatchMeter, MeanOfAnyStretchEqualsBruteForce, ()) {
  constexpr size_t kWorkers = 3;
  const auto count = *rc::gen::inRange(1, 30);
  std::vector<Life> lives;
  for (int i = 0; i < count; ++i) {
    const auto begin = *rc::gen::inRange<int64_t>(0, 1'000'000);
    lives.push_back({begin, begin + *rc::gen::inRange<int64_t>(0, 500'000), *rc::gen::inRange<size_t>(0, kWorkers)});
  }
  // The call whose mean is asked is one of them: the caller ran.
  const Life asked = lives[*rc::gen::inRange<size_t>(0, lives.size())];

  struct Event {
    int64_t at;
    bool begins;
    const Life* life;
  };
  std::vector<Event> events;
  for (const Life& l : lives) events.push_back({l.begin, true, &l}), events.push_back({l.end, false, &l});
  // Ends after beginnings of the same moment, so that no call ends before it began.
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.at != b.at ? a.at < b.at : a.begins > b.begins; });
  const auto mono = [](int64_t ns) { return Mono(Nanos(ns)); };

  BatchMeter meter(kWorkers);
  int64_t then = 0;
  bool noted = false;
  double mean = 0;
  const auto take = [&](int64_t now) {
    if (!noted && now >= asked.begin) then = meter.integral(mono(asked.begin)), noted = true;
  };
  bool done = false;
  for (const Event& e : events) {
    take(e.at);
    if (!done && noted && e.at >= asked.end && !e.begins)
      mean = meter.mean(then, mono(asked.begin), mono(asked.end)), done = true;
    e.begins ? meter.begin(e.life->worker, mono(e.at)) : meter.end(e.life->worker, mono(e.life->begin), mono(e.at));
  }
  RC_ASSERT(done);
  RC_ASSERT(meter.running() == 0);

  if (asked.end == asked.begin) {
    RC_ASSERT(mean >= 1);
    return;
  }
  int64_t overlap = 0;
  for (const Life& l : lives)
    overlap += std::max<int64_t>(0, std::min(l.end, asked.end) - std::max(l.begin, asked.begin));
  const double brute = static_cast<double>(overlap) / static_cast<double>(asked.end - asked.begin);
  RC_ASSERT(std::abs(mean - std::max(1.0, brute)) < 1e-9);
  RC_ASSERT(meter.integral(mono(2'000'000)) == [&] {
    int64_t sum = 0;
    for (const Life& l : lives) sum += l.end - l.begin;
    return sum;
  }());
}

}  // namespace
}  // namespace trine::gateway::batch_property_test
