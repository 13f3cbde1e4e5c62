#include "energy/tariff.h"

#include <gtest/gtest.h>

#include "energy/provisional.h"

namespace trine::energy::tariff_test {
namespace {

using namespace std::chrono_literals;

Wall at(const char* t) {
  return *parse_iso8601(t);
}

TariffSlot slot(int from_hour, int to_hour, double price, std::array<bool, 7> days = {1, 1, 1, 1, 1, 1, 1}) {
  return {days, from_hour * 60, to_hour * 60, euros(price)};
}

Tariff tariff(std::optional<double> standard, std::vector<TariffSlot> slots, Nanos offset = 0h,
              SummerTime summer = SummerTime::none) {
  auto t = Tariff::make(standard ? std::optional(euros(*standard)) : std::nullopt, slots, offset, summer);
  EXPECT_TRUE(t) << (t ? "" : t.error().message);
  return *t;
}

std::string refusal(std::optional<Money> standard, std::vector<TariffSlot> slots, Nanos offset = 0h) {
  const auto t = Tariff::make(standard, slots, offset);
  return t ? "taken" : t.error().message;
}

constexpr std::array<bool, 7> kWeekend = {0, 0, 0, 0, 0, 1, 1}, kMonday = {1, 0, 0, 0, 0, 0, 0};

TEST(Tariff, ASlotOverMidnightBelongsToTheDayOnWhichItBegins) {
  const auto t = tariff(0.3, {slot(22, 6, 0.1, kMonday)});
  // 2026-11-23 is a Monday.
  EXPECT_EQ(t.at(at("2026-11-23T05:59:59Z")), euros(0.3));
  EXPECT_EQ(t.at(at("2026-11-23T21:59:59Z")), euros(0.3));
  EXPECT_EQ(t.at(at("2026-11-23T22:00:00Z")), euros(0.1));
  EXPECT_EQ(t.at(at("2026-11-24T05:59:59Z")), euros(0.1));
  EXPECT_EQ(t.at(at("2026-11-24T06:00:00Z")), euros(0.3));
  EXPECT_EQ(t.at(at("2026-11-24T22:00:00Z")), euros(0.3));
}

TEST(Tariff, TheNextChangeIsWherePricesDifferAndNotWhereSlotsMeet) {
  const auto t = tariff(0.3, {slot(0, 24, 0.2, kWeekend), slot(22, 24, 0.2, {0, 0, 0, 0, 1, 0, 0})});
  EXPECT_EQ(t.next_change(at("2026-11-23T00:00:00Z")), at("2026-11-27T22:00:00Z"));
  EXPECT_EQ(t.next_change(at("2026-11-27T22:00:00Z")), at("2026-11-30T00:00:00Z"));
  EXPECT_EQ(tariff(0.3, {}).next_change(at("2026-11-23T00:00:00Z")), std::nullopt);
  EXPECT_EQ(tariff({}, {slot(0, 12, 0.3), slot(12, 24, 0.3)}).next_change(at("2026-11-23T00:00:00Z")), std::nullopt);
}

TEST(Tariff, HoursAreLocal) {
  const auto paris = tariff(0.3, {slot(22, 6, 0.1)}, 1h);
  EXPECT_EQ(paris.next_change(at("2026-11-23T12:00:00Z")), at("2026-11-23T21:00:00Z"));
  const auto india = tariff(0.3, {slot(0, 24, 0.1, kMonday)}, 5h + 30min);
  EXPECT_EQ(india.next_change(at("2026-11-22T12:00:00Z")), at("2026-11-22T18:30:00Z"));
  const auto west = tariff(0.3, {slot(0, 24, 0.1, kMonday)}, -8h);
  EXPECT_EQ(west.next_change(at("2026-11-22T12:00:00Z")), at("2026-11-23T08:00:00Z"));
}

TEST(Tariff, SummerTimeOfEuropeMovesTheHours) {
  const auto t = tariff(0.3, {slot(22, 6, 0.1)}, 1h, SummerTime::eu);
  // Clocks go ahead on 2026-03-29 at 01:00 UTC: the night has seven hours.
  EXPECT_EQ(t.next_change(at("2026-03-28T12:00:00Z")), at("2026-03-28T21:00:00Z"));
  EXPECT_EQ(t.next_change(at("2026-03-28T21:00:00Z")), at("2026-03-29T04:00:00Z"));
  // And back on 2026-10-25: it has nine.
  EXPECT_EQ(t.next_change(at("2026-10-24T12:00:00Z")), at("2026-10-24T20:00:00Z"));
  EXPECT_EQ(t.next_change(at("2026-10-24T20:00:00Z")), at("2026-10-25T05:00:00Z"));
  // A slot that the change of clocks cuts off.
  const auto early = tariff(0.3, {slot(2, 3, 0.1)}, 1h, SummerTime::eu);
  EXPECT_EQ(early.next_change(at("2026-03-28T12:00:00Z")), at("2026-03-30T00:00:00Z"))
      << "02:00 does not come that day";
  EXPECT_EQ(early.mean(at("2026-10-24T22:00:00Z"), at("2026-10-25T02:00:00Z")), euros(0.2)) << "it comes twice";
}

TEST(Tariff, SummerTimeOfTheUnitedStatesToo) {
  const auto t = tariff(0.3, {slot(16, 21, 0.5)}, -8h, SummerTime::us);
  EXPECT_EQ(t.next_change(at("2026-03-07T20:00:00Z")), at("2026-03-08T00:00:00Z"));
  EXPECT_EQ(t.next_change(at("2026-03-08T12:00:00Z")), at("2026-03-08T23:00:00Z"));
  EXPECT_EQ(t.next_change(at("2026-11-01T12:00:00Z")), at("2026-11-02T00:00:00Z"));
}

TEST(Tariff, TheMeanWeighsByTime) {
  const auto t = tariff(0.3, {slot(22, 6, 0.1)});
  EXPECT_EQ(t.mean(at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z")), euros((8 * 0.1 + 16 * 0.3) / 24));
  EXPECT_EQ(t.mean(at("2026-11-23T21:30:00Z"), at("2026-11-23T22:30:00Z")), euros(0.2));
  EXPECT_EQ(t.mean(at("2026-11-23T22:00:00Z"), at("2026-11-23T22:00:00Z")), euros(0.1));
}

TEST(Tariff, WhatIsProvisionalCostsTheMeanOverItsTime) {
  OwnHardware hardware;
  hardware.weights = TokenWeights::from({0.05, 2.5});
  hardware.tariff = tariff(0.3, {slot(22, 6, 0.1)});
  CallFacts call;
  call.in = 1000;
  call.out = 5000;
  call.start = at("2026-11-23T21:59:00Z");
  call.end = at("2026-11-23T22:01:00Z");
  const auto f = provisional(call, hardware, {50, 0.08, true});
  EXPECT_NEAR(static_cast<double>(f.cost.raw()), 0.2e9 * to_kwh(f.energy), 1);
}

TEST(Tariff, WhatCannotBeRightIsRefusedWithTheDayAndHour) {
  EXPECT_EQ(refusal({}, {slot(0, 24, 0.1, kWeekend)}), "no slot has a price for Monday 00:00; add one, or a default");
  EXPECT_EQ(refusal({}, {slot(6, 24, 0.1), slot(0, 5, 0.2)}),
            "no slot has a price for Monday 05:00; add one, or a default");
  EXPECT_EQ(refusal(euros(0.1), {slot(22, 6, 0.1), slot(5, 7, 0.2)}), "two slots overlap on Monday 05:00");
  EXPECT_EQ(refusal(euros(0.1), {slot(0, 24, 0.1, kWeekend), slot(23, 1, 0.2, kWeekend)}),
            "two slots overlap on Saturday 23:00");
  EXPECT_EQ(refusal(euros(0), {}), "a price per kWh must be above zero");
  EXPECT_EQ(refusal(euros(0.1), {slot(0, 1, 0)}), "a price per kWh must be above zero");
  EXPECT_EQ(refusal(euros(0.1), {}, 15h), "a UTC offset is at most 14 hours, in whole minutes");
  EXPECT_EQ(refusal(euros(0.1), {slot(-1, 5, 0.1)}), "a slot's hours lie from 00:00 to 24:00");
}

}  // namespace
}  // namespace trine::energy::tariff_test
