#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "meter/agent_page.h"
#include "meter_agent/pages.h"

namespace trine::meter_agent::since_property_test {
namespace {

meter::Readings reading(int64_t counter) {
  meter::Readings r;
  r.devices.emplace_back();
  r.devices.back().device = "GPU-0";
  r.devices.back().mono = Nanos(counter * 1000);
  r.devices.back().counter_uj = counter;
  return r;
}

// A reader that asks when it likes, in pages of any size, and whose answers may be lost: it gets every sample once and
// in order, or is told how many it will never get.
RC_GTEST_PROP(SinceProperty, EverySampleComesOnceInOrderOrIsCountedAsLost, ()) {
  const VirtualClock clock;
  const auto keep = *rc::gen::inRange<size_t>(1, 20);
  Store store("h", "run_A", keep);
  std::optional<Since> since;
  uint64_t taken = 0, got = 0, lost = 0;
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    const int come = *rc::gen::inRange(0, 12);
    for (int k = 0; k < come; ++k) store.add(reading(static_cast<int64_t>(++taken)));
    const auto most = *rc::gen::inRange<size_t>(1, 8);
    const auto page = meter::read_agent_page(readings_page(store, {}, since, clock, most));
    RC_ASSERT(page.has_value());
    if (*rc::gen::inRange(0, 4) == 0) continue;  // this answer never arrives
    RC_ASSERT(page->samples.size() <= most);
    RC_ASSERT(page->more == (page->next < taken));
    const uint64_t seen = since ? since->seen : page->next - page->samples.size();
    RC_ASSERT(page->next == seen + page->lost + page->samples.size());
    if (!since) lost += seen;  // before the first question nothing is promised
    lost += page->lost;
    for (const auto& s : page->samples) {
      ++got;
      RC_ASSERT(s.counter_uj == static_cast<int64_t>(got + lost));
    }
    since = Since{page->run, page->next};
  }
  if (since) {
    RC_ASSERT(got + lost == since->seen);
    // What is lost is what the ring had no room for.
    if (taken <= keep) RC_ASSERT(lost == 0u);
  }
}

RC_GTEST_PROP(SinceProperty, AnotherRunIsReadFromItsBeginning, ()) {
  const VirtualClock clock;
  Store store("h", "run_B", 10);
  const int n = *rc::gen::inRange(0, 30);
  for (int i = 1; i <= n; ++i) store.add(reading(i));
  const auto page =
      meter::read_agent_page(readings_page(store, {}, Since{"run_A", *rc::gen::inRange<uint64_t>(0, 100)}, clock));
  RC_ASSERT(page.has_value());
  RC_ASSERT(page->samples.size() == static_cast<size_t>(std::min(n, 10)));
  RC_ASSERT(page->lost + page->samples.size() == static_cast<size_t>(n));
}

// Whatever happens to a page on its way, reading it ends in a page or in an error, and never beyond its bytes.
RC_GTEST_PROP(AgentPageProperty, ADamagedPageIsReadOrRefused, ()) {
  const VirtualClock clock;
  Store store("h", "run_A", 10);
  for (int i = 1; i <= 5; ++i) store.add(reading(i));
  std::string text = readings_page(store, {}, std::nullopt, clock);
  const int edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits && !text.empty(); ++i) {
    const auto at = *rc::gen::inRange<size_t>(0, text.size());
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        text.erase(at, *rc::gen::inRange<size_t>(1, 20));
        break;
      case 2:
        text.insert(at, text.substr(*rc::gen::inRange<size_t>(0, text.size()), *rc::gen::inRange<size_t>(1, 40)));
        break;
      default:
        text.insert(at, *rc::gen::element<std::string>("-", "9", "null", "1e9", "[", "{}", "\"\"", ","));
    }
  }
  const auto page = meter::read_agent_page(text);
  if (!page) {
    RC_ASSERT(!page.error().message.empty());
    return;
  }
  for (const auto& s : page->samples) {
    RC_ASSERT(s.device < page->devices.size());
    RC_ASSERT(s.counter_uj.value_or(0) >= 0);
    RC_ASSERT(s.power_w.value_or(0) >= 0);
    RC_ASSERT(s.utilisation.value_or(0) >= 0 && s.utilisation.value_or(0) <= 1);
  }
}

}  // namespace
}  // namespace trine::meter_agent::since_property_test
