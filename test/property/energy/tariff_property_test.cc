#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "energy/tariff.h"

namespace trine::energy::tariff_property_test {
namespace {

using namespace std::chrono_literals;

// Hours of two or three prices that do not overlap, anywhere on Earth.
Tariff some_tariff() {
  std::vector<TariffSlot> slots;
  int from = *rc::gen::inRange(0, 12 * 60);
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    TariffSlot slot;
    for (auto& day : slot.days) day = *rc::gen::arbitrary<bool>();
    slot.from = from;
    slot.to = from + *rc::gen::inRange(1, 5 * 60);
    slot.per_kwh = Money::raw(*rc::gen::element<int64_t>(100, 200, 300));
    from = slot.to + *rc::gen::inRange(0, 60);
    slots.push_back(slot);
  }
  auto t = Tariff::make(Money::raw(200), slots, *rc::gen::inRange(-48, 57) * 15min,
                        *rc::gen::element(SummerTime::none, SummerTime::eu, SummerTime::us));
  RC_ASSERT(t.has_value());
  return *t;
}

Wall some_time() {
  return from_unix_ns(1'700'000'000'000'000'000) + *rc::gen::inRange<int64_t>(0, 3 * 366 * 86400) * 1s;
}

RC_GTEST_PROP(TariffProperty, NothingChangesBeforeTheNextChangeAndSomethingAtIt, ()) {
  const Tariff tariff = some_tariff();
  const Wall t = some_time();
  const auto change = tariff.next_change(t);
  const Wall end = change.value_or(t + 24h * 400);
  for (int i = 0; i < 50; ++i) {
    const auto inside = t + Nanos(*rc::gen::inRange<int64_t>(0, (end - t).count()));
    RC_ASSERT(tariff.at(inside) == tariff.at(t));
  }
  if (change) {
    RC_ASSERT(*change > t);
    RC_ASSERT(tariff.at(*change) != tariff.at(t));
    RC_ASSERT(*change - t <= 24h * 8);
  }
}

// Windows that are cut at each change cost, in sum, what the mean price of the whole says.
RC_GTEST_PROP(TariffProperty, TheMeanIsThatOfItsParts, ()) {
  const Tariff tariff = some_tariff();
  const Wall from = some_time(), to = from + *rc::gen::inRange(1, 24 * 30) * 1h;
  const Wall middle = from + *rc::gen::inRange<int64_t>(1, (to - from) / 1s) * 1s;
  const auto weighed = [&](Wall a, Wall b) { return static_cast<double>(tariff.mean(a, b).raw()) * seconds(b - a); };
  RC_ASSERT(std::abs(weighed(from, to) - weighed(from, middle) - weighed(middle, to)) <= seconds(to - from));
}

}  // namespace
}  // namespace trine::energy::tariff_property_test
