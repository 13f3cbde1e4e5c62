#include "meter/prometheus_query.h"

#include <gtest/gtest.h>

namespace trine::meter::prometheus_query_test {
namespace {

PromQuery query(Quantity quantity) {
  PromQuery q;
  q.promql = "some_meter";
  q.quantity = quantity;
  q.device_label = "UUID";
  return q;
}

std::string vector(std::string_view elements) {
  return fmt::format(R"({{"status":"success","data":{{"resultType":"vector","result":[{}]}},"warnings":[]}})",
                     elements);
}
std::string element(std::string_view uuid, std::string_view value) {
  return fmt::format(R"({{"metric":{{"__name__":"x","UUID":"{}"}},"value":[1763900000.123,"{}"]}})", uuid, value);
}

TEST(PrometheusQuery, PutsSeveralQueriesOfADeviceTogether) {
  Readings out;
  ASSERT_TRUE(read_prometheus_query(vector(element("GPU-a", "251885217371") + "," + element("GPU-b", "7")),
                                    query(Quantity::millijoules), "h", out));
  ASSERT_TRUE(read_prometheus_query(vector(element("GPU-a", "245.5")), query(Quantity::watts), "h", out));
  ASSERT_TRUE(read_prometheus_query(vector(element("GPU-a", "37")), query(Quantity::utilisation_percent), "h", out));
  ASSERT_EQ(out.devices.size(), 2u);
  const DeviceReading& a = *out.find("GPU-a");
  EXPECT_EQ(a.counter_uj, 251'885'217'371'000);
  EXPECT_EQ(a.power_w, 245.5);
  EXPECT_EQ(a.utilisation, 0.37);
  EXPECT_EQ(a.host, "h");
  EXPECT_EQ(a.at, from_unix_ns(1'763'900'000'123'000'000));
  EXPECT_FALSE(a.mono.has_value());
  EXPECT_EQ(out.find("GPU-b")->counter_uj, 7000);
}

TEST(PrometheusQuery, KnowsEveryUnit) {
  const auto counter = [](Quantity q, std::string_view value) {
    Readings out;
    EXPECT_TRUE(read_prometheus_query(vector(element("d", value)), query(q), "", out));
    return out.devices.front().counter_uj;
  };
  EXPECT_EQ(counter(Quantity::joules, "1.25"), 1'250'000);
  EXPECT_EQ(counter(Quantity::microjoules, "9007199254740993"), 9007199254740993);
  EXPECT_EQ(counter(Quantity::kilowatt_hours, "1.5"), 5'400'000'000'000);
  EXPECT_EQ(counter(Quantity::kilowatt_hours, "1e9"), std::nullopt);  // more than 64 bits hold
  const auto power = [](Quantity q, std::string_view value) {
    Readings out;
    EXPECT_TRUE(read_prometheus_query(vector(element("d", value)), query(q), "", out));
    return out.devices.front().power_w;
  };
  EXPECT_EQ(power(Quantity::milliwatts, "1500"), 1.5);
  EXPECT_DOUBLE_EQ(*power(Quantity::microwatts, "2e6"), 2);
  for (const std::string_view name : quantity_names()) EXPECT_EQ(trine::meter::name(*quantity(name)), name);
  EXPECT_EQ(quantity("calories"), std::nullopt);
}

TEST(PrometheusQuery, TakesAScalarForItsOneDevice) {
  PromQuery q = query(Quantity::watts);
  q.device_label.clear();
  q.device = "rack-7";
  q.boundary = Boundary::host;
  Readings out;
  ASSERT_TRUE(read_prometheus_query(R"({"status":"success","data":{"resultType":"scalar","result":[1763900000,"42"]}})",
                                    q, "", out));
  EXPECT_EQ(out.devices.front().device, "rack-7");
  EXPECT_EQ(out.devices.front().boundary, Boundary::host);
  EXPECT_EQ(out.devices.front().power_w, 42);
}

TEST(PrometheusQuery, LeavesOutNaNAndNegativeValues) {
  for (const char* value : {"NaN", "-3", "+Inf"}) {
    Readings out;
    ASSERT_TRUE(read_prometheus_query(vector(element("d", value)), query(Quantity::joules), "", out));
    EXPECT_FALSE(out.devices.front().counter_uj.has_value()) << value;
    EXPECT_EQ(out.notes.size(), 1u);
  }
}

// Slices, pods and replicas repeat a device: adding them would count its joules several times.
TEST(PrometheusQuery, RefusesSeveralSeriesOfOneDevice) {
  Readings out;
  const auto r = read_prometheus_query(vector(element("GPU-a", "1") + "," + element("GPU-a", "1")),
                                       query(Quantity::joules), "", out);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::invalid_argument);
  EXPECT_NE(r.error().message.find("max by (UUID)"), std::string::npos) << r.error().message;
}

TEST(PrometheusQuery, SaysWhatIsWrong) {
  const auto code = [](std::string_view body) {
    Readings out;
    const auto r = read_prometheus_query(body, query(Quantity::joules), "", out);
    return r ? "" : r.error().message;
  };
  EXPECT_EQ(code(R"({"status":"error","errorType":"bad_data","error":"1:5: parse error: unexpected \"}\""})"),
            "Prometheus refuses the query: 1:5: parse error: unexpected \"}\"");
  EXPECT_EQ(code(vector("")), "the query gives no series: is the exporter behind it down, or the name wrong?");
  EXPECT_EQ(code(R"({"status":"success","data":{"resultType":"matrix","result":[]}})"),
            "the query gives a matrix: an instant vector is wanted, without a [range] around it");
  for (const char* body : {"", "<html>", "[]", "{}", R"({"status":"success"})", R"({"status":"success","data":{}})",
                           R"({"status":"success","data":{"resultType":"vector","result":[3]}})",
                           R"({"status":"success","data":{"resultType":"vector","result":[{"value":["x","1"]}]}})",
                           R"({"status":"success","data":{"resultType":"vector","result":[{"value":[1,"x"]}]}})",
                           R"({"status":"success","data":{"resultType":"vector","result":[{"value":[1]}]}})",
                           R"({"status":"success","data":{"resultType":"vector","result":[{"value":[1,"1\n2"]}]}})"})
    EXPECT_EQ(code(body), "the answer is not that of Prometheus' /api/v1/query") << body;
}

TEST(PrometheusQuery, LeavesOutSeriesWithoutTheLabelThatNamesTheDevice) {
  Readings out;
  ASSERT_TRUE(read_prometheus_query(vector(R"({"metric":{},"value":[1763900000,"1"]},)" + element("GPU-a", "2")),
                                    query(Quantity::joules), "", out));
  EXPECT_EQ(out.devices.size(), 1u);
  EXPECT_EQ(out.notes.size(), 1u);
}

}  // namespace
}  // namespace trine::meter::prometheus_query_test
