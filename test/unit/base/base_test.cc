#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "base/units.h"

namespace trine::base_test {
namespace {

TEST(Units, OneKilowattHourAtHundredGramsIsHundredGrams) {
  EXPECT_EQ(emitted(kilowatt_hours(1), Intensity{100}), grams(100));
  EXPECT_DOUBLE_EQ(to_kwh(kilowatt_hours(1)), 1.0);
  EXPECT_EQ(joules(1.5).raw(), 1'500'000);
  EXPECT_EQ(scale(euros(2), 0.25), euros(0.5));
}

RC_GTEST_PROP(Units, DoublingIntensityDoublesGramsWithinOneNanogram, ()) {
  const auto e = Energy::raw(*rc::gen::inRange<int64_t>(0, 1'000'000'000'000));
  const double i = *rc::gen::inRange(1, 1000);
  const auto once = emitted(e, Intensity{i}).raw();
  const auto twice = emitted(e, Intensity{2 * i}).raw();
  RC_ASSERT(std::abs(twice - 2 * once) <= 1);
}

TEST(Time, IsoRoundTripAndOffsets) {
  const auto t = from_unix_ns(1'700'000'000'123'000'000);
  EXPECT_EQ(iso8601(t), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(parse_iso8601("2023-11-14T22:13:20.123Z"), t);
  EXPECT_EQ(parse_iso8601("2023-11-15T00:13:20.123+02:00"), t);
  EXPECT_EQ(parse_iso8601("2023-11-14"), parse_iso8601("2023-11-14T00:00:00Z"));
  EXPECT_TRUE(parse_iso8601("2261-12-31T23:59:59-14:00") && parse_iso8601("1970-01-01T00:00:00+14:00"));
  EXPECT_FALSE(parse_iso8601("7026-11-23")) << "beyond 64 bits of nanoseconds";
  EXPECT_FALSE(parse_iso8601("0001-01-01T00:00:00Z"));
  EXPECT_EQ(parse_iso8601("2023-11-14T22:13Z"), parse_iso8601("2023-11-14T22:13:00Z"));
  for (auto bad : {"", "2023", "2023-13-01", "2023-02-30", "2023-11-14T25:00:00Z", "2023-11-14T22:13:20.Z",
                   "2023-11-14T22:13:20Zjunk", "2023-11-14T22:13:20+99:00", "1500-01-01", "2262-01-01"})
    EXPECT_FALSE(parse_iso8601(bad)) << bad;
}

TEST(Time, Durations) {
  EXPECT_EQ(parse_duration("15m"), std::chrono::minutes(15));
  EXPECT_EQ(parse_duration("500ms"), std::chrono::milliseconds(500));
  EXPECT_EQ(parse_duration("7d"), std::chrono::hours(168));
  for (auto bad : {"", "5", "-1s", "1w", "1e300d", "s"}) EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(Time, VirtualClockMovesOnlyWhenTold) {
  VirtualClock clock;
  const auto w = clock.wall();
  const auto m = clock.mono();
  clock.step_wall(-Nanos(5));
  EXPECT_EQ(clock.wall(), w - Nanos(5));
  EXPECT_EQ(clock.mono(), m);
  clock.advance(Nanos(7));
  EXPECT_EQ(clock.mono(), m + Nanos(7));
}

RC_GTEST_PROP(RequestId, TextRoundTrips, (uint64_t hi, uint64_t lo)) {
  const RequestId id{hi, lo};
  RC_ASSERT(RequestId::parse(id.text()) == id);
}

TEST(RequestId, SortsByTimeAndRefusesOtherText) {
  IdGenerator g(42);
  const auto a = g.next(from_unix_ns(1'000'000'000));
  const auto b = g.next(from_unix_ns(2'000'000'000));
  EXPECT_LT(a, b);
  EXPECT_LT(a.text(), b.text());
  for (auto bad : {"", "req_", "req_ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "req_0000000000000000000000000U",
                   "abc_00000000000000000000000000", "req_000000000000000000000000000"})
    EXPECT_FALSE(RequestId::parse(bad)) << bad;
}

TEST(Text, NearestSuggestsATypo) {
  const std::string_view names[] = {"listen", "deployments", "routes"};
  EXPECT_EQ(nearest("deploymets", names), "deployments");
  EXPECT_EQ(nearest("zzzz", names), "");
  const std::string_view few[] = {"name", "url"};
  EXPECT_EQ(nearest("nmae", few), "name") << "two swapped letters are one slip";
  EXPECT_EQ(nearest("ulr", few), "url");
}

TEST(Text, NumbersMustBeWhole) {
  EXPECT_EQ(parse_int("-12"), -12);
  EXPECT_FALSE(parse_int("12x"));
  EXPECT_FALSE(parse_int(""));
  EXPECT_EQ(parse_number("1.5"), 1.5);
  EXPECT_FALSE(parse_number("1.5 "));
  EXPECT_EQ(trim(" \ta b\t "), "a b");
  EXPECT_TRUE(iequals("Content-Length", "content-length"));
  EXPECT_TRUE(equal_secret("abc", "abc"));
  EXPECT_FALSE(equal_secret("abc", "abd"));
  EXPECT_EQ(hex(std::array<unsigned char, 2>{0x0f, 0xa0}), "0fa0");
}

TEST(Error, CarriesASentence) {
  const Result<int> r = fail(Code::not_found, "no zone named {}", "XX");
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message, "no zone named XX");
  EXPECT_STREQ(name(r.error().code), "not_found");
}

}  // namespace
}  // namespace trine::base_test
