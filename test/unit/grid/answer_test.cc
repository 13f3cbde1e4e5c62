// What each source's text means: small texts of our own, and the recorded answers beside the repository.
#include "grid/answer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "grid/factors.h"

namespace trine::grid::answer_test {
namespace {

using namespace std::chrono_literals;

Wall at(const char* text) {
  return *parse_iso8601(text);
}

Answer must(const Result<Answer>& answer) {
  EXPECT_TRUE(answer) << answer.error().message;
  return answer.value_or(Answer{});
}
std::string refusal(const Result<Answer>& answer) {
  EXPECT_FALSE(answer);
  return answer ? "" : answer.error().message;
}

TEST(ElectricityMaps, ReadsHistoryWithItsEstimates) {
  const auto a = must(read_electricity_maps(R"({"zone": "FR", "history": [
    {"datetime": "2026-01-05T08:00:00.000Z", "carbonIntensity": 41, "emissionFactorType": "lifecycle", "isEstimated": false},
    {"datetime": "2026-01-05T09:00:00.000Z", "carbonIntensity": 43.5, "isEstimated": true, "estimationMethod": "X"}]})"));
  ASSERT_EQ(a.points.size(), 2u);
  EXPECT_EQ(a.points[0], (Observation{at("2026-01-05T08:00:00Z"), 1h, Intensity{41}, Method::lifecycle, false, false}));
  EXPECT_TRUE(a.points[1].estimated);
}

TEST(ElectricityMaps, TakesADirectValueForWhatItIs) {
  const auto a = must(read_electricity_maps(
      R"({"zone": "FR", "carbonIntensity": 30, "datetime": "2026-01-05T08:00:00Z", "emissionFactorType": "direct"})"));
  ASSERT_EQ(a.points.size(), 1u);
  EXPECT_EQ(a.points[0].method, Method::direct);
}

TEST(ElectricityMaps, CountsHolesAndAbsurdValuesAndNeverGivesZero) {
  const auto a = must(read_electricity_maps(R"({"history": [
    {"datetime": "2026-01-05T05:00:00Z", "carbonIntensity": null},
    {"datetime": "2026-01-05T06:00:00Z", "carbonIntensity": 0},
    {"datetime": "2026-01-05T07:00:00Z"},
    {"datetime": "2026-01-05T08:00:00Z", "carbonIntensity": -3},
    {"datetime": "2026-01-05T09:00:00Z", "carbonIntensity": 20000},
    {"datetime": "2026-01-05T10:00:00Z", "carbonIntensity": "low"},
    {"datetime": "2026-01-05T11:00:00Z", "carbonIntensity": 50}]})"));
  EXPECT_EQ(a.points.size(), 1u);
  EXPECT_EQ(a.holes, 4u);
  EXPECT_EQ(a.absurd, 2u);
}

TEST(ElectricityMaps, MarksAForecast) {
  const auto a = must(read_electricity_maps(
      R"({"zone": "FR", "forecast": [{"datetime": "2026-01-05T12:00:00Z", "carbonIntensity": 44}]})"));
  ASSERT_EQ(a.points.size(), 1u);
  EXPECT_TRUE(a.points[0].forecast);
}

TEST(ElectricityMaps, TurnsAConsumptionMixIntoALifecycleEstimate) {
  const auto a =
      must(read_electricity_maps(R"({"zone": "FR", "datetime": "2026-01-05T08:00:00Z", "powerConsumptionBreakdown":
    {"nuclear": 3000, "gas": 1000, "coal": null, "hydro discharge": 5000}})"));
  ASSERT_EQ(a.points.size(), 1u);
  EXPECT_DOUBLE_EQ(a.points[0].value.g_per_kwh, (3000 * 12.0 + 1000 * 490.0) / 4000);
  EXPECT_TRUE(a.points[0].estimated);
  EXPECT_EQ(a.points[0].method, Method::lifecycle);
}

TEST(ElectricityMaps, SaysWhatItCannotRead) {
  EXPECT_EQ(refusal(read_electricity_maps(R"({"status": "no-data", "data": {}})")),
            "Electricity Maps: it has no data of this zone");
  EXPECT_EQ(refusal(read_electricity_maps(R"({"error": "Invalid auth-token"})")),
            "Electricity Maps: Invalid auth-token");
  EXPECT_EQ(refusal(read_electricity_maps(R"({"NL": {"access": []}})")),
            "Electricity Maps: the answer holds no intensity");
  EXPECT_EQ(refusal(read_electricity_maps(R"({"history": [{"carbonIntensity": 3}]})")),
            "Electricity Maps: a row has no datetime");
  for (const char* junk : {"", "{", "[]", "null", "<html>", R"({"history": [1]})", R"({"datetime": 3})"})
    EXPECT_FALSE(read_electricity_maps(junk)) << junk;
}

TEST(WattTime, IsMarginalAndTurnsPoundsPerMwhIntoGramsPerKwh) {
  const auto a = must(read_watttime(R"({"data": [
    {"point_time": "2026-01-05T08:00:00+00:00", "value": 1000, "imputed_data_used": true},
    {"point_time": "2026-01-05T08:05:00+00:00", "value": null}],
    "meta": {"data_point_period_seconds": 300, "units": "lbs_co2_per_mwh"}})"));
  ASSERT_EQ(a.points.size(), 1u);
  EXPECT_DOUBLE_EQ(a.points[0].value.g_per_kwh, 453.59237);
  EXPECT_EQ(a.points[0].method, Method::marginal);
  EXPECT_EQ(a.points[0].length, 5min);
  EXPECT_TRUE(a.points[0].estimated);
  EXPECT_EQ(a.holes, 1u);
}

TEST(WattTime, RefusesAPercentileAndTellsItsErrors) {
  EXPECT_EQ(refusal(read_watttime(R"({"data": [{"point_time": "2026-01-05T08:00:00Z", "value": 96}],
    "meta": {"units": "percentile"}})")),
            "WattTime: the values are in percentile, not in lbs_co2_per_mwh");
  const auto scope = read_watttime(R"({"error": "Invalid query", "message": "Invalid scope. Not yours."})");
  ASSERT_FALSE(scope);
  EXPECT_EQ(scope.error().code, Code::permission_denied);
  EXPECT_EQ(read_watttime_token(R"({"token": "t0"})").value(), "t0");
  EXPECT_EQ(read_watttime_region(R"({"region": "PSCO"})").value(), "PSCO");
  EXPECT_FALSE(read_watttime_region(R"({"error": "No coverage"})"));
  EXPECT_FALSE(read_watttime_token("{}"));
}

TEST(UkCarbonIntensity, IsDirectAndAHalfHourWithoutActualIsAForecast) {
  const auto a = must(read_uk_carbon_intensity(R"({"data": [
    {"from": "2026-01-05T08:00Z", "to": "2026-01-05T08:30Z", "intensity": {"forecast": 83, "actual": 85}},
    {"from": "2026-01-05T08:30Z", "to": "2026-01-05T09:00Z", "intensity": {"forecast": 90, "actual": null}},
    {"from": "2026-01-05T09:00Z", "to": "2026-01-05T09:30Z", "intensity": {"forecast": null, "actual": null}}]})"));
  ASSERT_EQ(a.points.size(), 2u);
  EXPECT_EQ(a.points[0].method, Method::direct);
  EXPECT_DOUBLE_EQ(a.points[0].value.g_per_kwh, 85);
  EXPECT_FALSE(a.points[0].forecast);
  EXPECT_EQ(a.points[0].length, 30min);
  EXPECT_TRUE(a.points[1].forecast);
  EXPECT_EQ(a.holes, 1u);
  EXPECT_EQ(refusal(read_uk_carbon_intensity(R"({"error": {"code": "400", "message": "Please enter a valid date"}})")),
            "UK Carbon Intensity: Please enter a valid date");
  EXPECT_FALSE(read_uk_carbon_intensity(R"({"data": [{"from": "2026-01-05T08:00Z", "to": "2026-01-05T07:30Z"}]})"));
}

TEST(Eco2mix, GivesTheDirectRateAndTheMixOfTheSamePlants) {
  const auto a = must(read_eco2mix(R"({"results": [
    {"nature": "Donn\u00e9es temps r\u00e9el", "date_heure": "2026-01-05T08:15:00+00:00", "taux_co2": null},
    {"nature": "Donn\u00e9es temps r\u00e9el", "date_heure": "2026-01-05T08:00:00+00:00", "taux_co2": 15,
     "nucleaire": 38000, "gaz": 2000, "eolien": "ND", "pompage": -500}]})"));
  ASSERT_EQ(a.points.size(), 2u);
  EXPECT_EQ(a.holes, 1u);
  EXPECT_EQ(a.points[0].method, Method::direct_production);
  EXPECT_DOUBLE_EQ(a.points[0].value.g_per_kwh, 15);
  EXPECT_EQ(a.points[0].length, 15min);
  EXPECT_EQ(a.points[1].method, Method::lifecycle_production);
  EXPECT_DOUBLE_EQ(a.points[1].value.g_per_kwh, (38000 * 12.0 + 2000 * 490.0) / 40000);
  EXPECT_FALSE(read_eco2mix(R"({"results": [{"taux_co2": 3}]})"));
  EXPECT_FALSE(read_eco2mix(R"({"error_code": "RecordNotFound", "message": "no"})"));
}

// Two types by the quarter and the hour, one in the form that leaves out what does not change, and a pump.
constexpr const char* kGeneration = R"(<?xml version="1.0" encoding="UTF-8"?>
<GL_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0">
  <type>A75</type>
  <TimeSeries><inBiddingZone_Domain.mRID codingScheme="A01">X</inBiddingZone_Domain.mRID><curveType>A01</curveType>
    <MktPSRType><psrType>B14</psrType></MktPSRType>
    <Period><timeInterval><start>2026-01-05T08:00Z</start><end>2026-01-05T10:00Z</end></timeInterval>
      <resolution>PT60M</resolution>
      <Point><position>1</position><quantity>3000</quantity></Point>
      <Point><position>2</position><quantity>1000</quantity></Point></Period></TimeSeries>
  <TimeSeries><inBiddingZone_Domain.mRID>X</inBiddingZone_Domain.mRID><curveType>A03</curveType>
    <MktPSRType><psrType>B04</psrType></MktPSRType>
    <Period><timeInterval><start>2026-01-05T08:00Z</start><end>2026-01-05T10:00Z</end></timeInterval>
      <resolution>PT15M</resolution>
      <Point><position>1</position><quantity>1000</quantity></Point>
      <Point><position>5</position><quantity>3000</quantity></Point></Period></TimeSeries>
  <TimeSeries><outBiddingZone_Domain.mRID>X</outBiddingZone_Domain.mRID><curveType>A01</curveType>
    <MktPSRType><psrType>B05</psrType></MktPSRType>
    <Period><timeInterval><start>2026-01-05T08:00Z</start><end>2026-01-05T09:00Z</end></timeInterval>
      <resolution>PT60M</resolution><Point><position>1</position><quantity>9999</quantity></Point></Period></TimeSeries>
  <TimeSeries><inBiddingZone_Domain.mRID>X</inBiddingZone_Domain.mRID><curveType>A01</curveType>
    <MktPSRType><psrType>B10</psrType></MktPSRType>
    <Period><timeInterval><start>2026-01-05T08:00Z</start><end>2026-01-05T09:00Z</end></timeInterval>
      <resolution>PT60M</resolution><Point><position>1</position><quantity>500</quantity></Point></Period></TimeSeries>
</GL_MarketDocument>)";

TEST(Entsoe, MixesTypesByTheHourWithTheirFactors) {
  const auto a = must(read_entsoe(kGeneration));
  ASSERT_EQ(a.points.size(), 2u);
  EXPECT_EQ(a.points[0].start, at("2026-01-05T08:00:00Z"));
  EXPECT_EQ(a.points[0].length, 1h);
  EXPECT_EQ(a.points[0].method, Method::lifecycle_production);
  EXPECT_DOUBLE_EQ(a.points[0].value.g_per_kwh, (3000 * 12.0 + 1000 * 490.0) / 4000);
  EXPECT_DOUBLE_EQ(a.points[1].value.g_per_kwh, (1000 * 12.0 + 3000 * 490.0) / 4000);
}

TEST(Entsoe, ASlotThatMostPlantsHaveNotReportedIsAHole) {
  std::string text = kGeneration;
  const auto replace = [&](std::string_view from, std::string_view to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace("<position>2</position><quantity>1000<", "<position>2</position><quantity>10<");
  replace("<position>5</position><quantity>3000<", "<position>5</position><quantity>1<");
  const auto a = must(read_entsoe(text));
  EXPECT_EQ(a.points.size(), 1u);
  EXPECT_EQ(a.holes, 1u);
}

TEST(Entsoe, TellsItsErrorsAndRefusesWhatIsNotItsFormat) {
  const auto none = read_entsoe(R"(<Acknowledgement_MarketDocument xmlns="x"><Reason><code>999</code>
    <text>No matching data found</text></Reason></Acknowledgement_MarketDocument>)");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::not_found);
  EXPECT_EQ(none.error().message, "ENTSO-E: No matching data found");
  for (const char* junk : {"", "{}", "<a>", "<a/>", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>"})
    EXPECT_FALSE(read_entsoe(junk)) << junk;
  std::string text = kGeneration;
  text.replace(text.find("<position>2"), 11, "<position>9");
  EXPECT_NE(refusal(read_entsoe(text)).find("position"), std::string::npos);
  text = kGeneration;
  text.replace(text.find("PT60M"), 5, "P1Y00");
  EXPECT_NE(refusal(read_entsoe(text)).find("resolution"), std::string::npos);
}

TEST(Factors, NameTheirSourceAndAreNeverAbsurd) {
  for (const auto table : {entsoe_factors(), electricity_maps_factors(), eco2mix_factors()})
    for (const Factor& f : table) {
      EXPECT_FALSE(f.source.empty()) << f.kind;
      EXPECT_TRUE(f.storage() || (f.g_per_kwh >= 10 && f.g_per_kwh <= 1100)) << f.kind;
      EXPECT_EQ(find_factor(table, f.kind), &f) << "twice: " << f.kind;
    }
}

TEST(Mix, OfNothingHasNoIntensity) {
  Mix mix;
  EXPECT_FALSE(mix.intensity());
  mix.add(*find_factor(entsoe_factors(), "B14"), -50);
  mix.add(*find_factor(entsoe_factors(), "B10"), 50);
  EXPECT_FALSE(mix.intensity());
}

// Every recorded answer is read, or refused for a reason that stands in it.
TEST(RecordedAnswers, AreRead) {
  const std::filesystem::path folder = TRINE_SOURCE_DIR "/../shared/data/grid/api-examples";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the recorded answers are not beside the repository";
  struct Expected {
    size_t points, holes;
    Method method;
    double first;
    const char* refusal;
  };
  const Method L = Method::lifecycle, D = Method::direct, P = Method::direct_production, M = Method::marginal;
  const std::map<std::string, Expected> expected = {
      {"co2signal_latest.json", {1, 0, L, 474, ""}},
      {"electricitymaps_carbon_intensity_history.json", {24, 0, L, 599, ""}},
      {"electricitymaps_forecast.json", {1, 0, L, 999, ""}},
      {"electricitymaps_history_null.json", {0, 1, L, 0, ""}},
      {"electricitymaps_latest_carbon_intensity.json", {1, 0, L, 216, ""}},
      {"electricitymaps_latest_power_breakdown.json", {1, 0, L, 0, ""}},
      {"electricitymaps_no-data-response.json", {0, 0, L, 0, "it has no data of this zone"}},
      {"electricitymaps_power_breakdown_history.json", {24, 0, L, 0, ""}},
      {"electricitymaps_zones_access.json", {0, 0, L, 0, "holds no intensity"}},
      {"odre_eco2mix_national_tr_records.json", {2, 0, P, 15, ""}},
      {"odre_eco2mix_null_taux_co2.json", {2, 1, P, 15, ""}},
      {"odre_eco2mix_v1_record_fields.json", {2, 0, P, 55, ""}},
      {"ukci_intensity_current.json", {1, 0, D, 85, ""}},
      {"ukci_intensity_fw24h_null_actual.json", {3, 0, D, 233, ""}},
      {"ukci_intensity_range.json", {2, 0, D, 239, ""}},
      {"ukci_regional_postcode.json", {1, 0, D, 107, ""}},
      {"watttime_v3_coordinates_not_found_response.json", {0, 0, M, 0, "No coverage available"}},
      {"watttime_v3_forecasted_emissions_response.json", {3, 0, M, 870 * 0.45359237, ""}},
      {"watttime_v3_grid_region_response.json", {0, 0, M, 0, "holds no data"}},
      {"watttime_v3_historical_emissions_response.json", {2, 0, M, 870 * 0.45359237, ""}},
      {"watttime_v3_invalid_scope_response.json", {0, 0, M, 0, "Invalid scope"}},
      {"watttime_v3_realtime_emissions_response.json", {0, 0, M, 0, "percentile"}},
  };
  size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(".json")) continue;
    ++seen;
    ASSERT_TRUE(expected.contains(name)) << name << " is new: say here what it holds";
    const Expected& e = expected.at(name);
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto read = name.starts_with("watttime") ? read_watttime
                      : name.starts_with("ukci")   ? read_uk_carbon_intensity
                      : name.starts_with("odre")   ? read_eco2mix
                                                   : read_electricity_maps;
    const auto answer = read(text);
    if (*e.refusal) {
      EXPECT_NE(refusal(answer).find(e.refusal), std::string::npos) << name;
      continue;
    }
    ASSERT_TRUE(answer) << name << ": " << answer.error().message;
    EXPECT_EQ(answer->points.size(), e.points) << name;
    EXPECT_EQ(answer->holes, e.holes) << name;
    if (answer->points.empty()) continue;
    EXPECT_EQ(answer->points[0].method, e.method) << name;
    if (e.first > 0) {
      EXPECT_DOUBLE_EQ(answer->points[0].value.g_per_kwh, e.first) << name;
    }
    // Germany in March 2024, by Electricity Maps' own count of the same hours about 600.
    if (name.find("power_breakdown") != std::string::npos) {
      EXPECT_NEAR(answer->points[0].value.g_per_kwh, 540, 120) << name;
    }
  }
  EXPECT_EQ(seen, expected.size());
}

}  // namespace
}  // namespace trine::grid::answer_test
