#include "meter/prometheus_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace trine::meter::prometheus_text_test {
namespace {

struct Got {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  double value;
  std::optional<int64_t> timestamp_ms;
};

std::vector<Got> all(std::string_view text, TextFormat format = TextFormat::prometheus) {
  std::vector<Got> got;
  const auto visit = [&](const Series& s) {
    Got g{std::string(s.name), {}, s.value, s.timestamp_ms};
    for (const Label& l : s.labels) g.labels.emplace_back(std::string(l.name), l.text());
    got.push_back(std::move(g));
  };
  const auto r = parse_text(text, format, visit);
  EXPECT_TRUE(r) << r.error().message;
  return got;
}

std::string complaint(std::string_view text, TextFormat format = TextFormat::prometheus, TextLimits limits = {}) {
  const auto r = parse_text(
      text, format, [](const Series&) {}, limits);
  return r ? "" : r.error().message;
}

TEST(PrometheusText, ReadsTheExampleOfTheFormat) {
  const auto got = all(R"(# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
rpc_duration_seconds { quantile = "0.01" , } 3102
)");
  ASSERT_EQ(got.size(), 6u);
  EXPECT_EQ(got[0].labels, (std::vector<std::pair<std::string, std::string>>{{"method", "post"}, {"code", "200"}}));
  EXPECT_EQ(got[0].timestamp_ms, 1395066363000);
  EXPECT_EQ(got[2].labels[1].second, "Cannot find file:\n\"FILE.TXT\"");
  EXPECT_EQ(got[2].labels[0].second, "C:\\DIR\\FILE.TXT");
  EXPECT_DOUBLE_EQ(got[2].value, 1.458255915e9);
  EXPECT_FALSE(got[3].timestamp_ms.has_value());
  EXPECT_TRUE(std::isinf(got[4].value));
  EXPECT_EQ(got[4].timestamp_ms, -3982045);
  EXPECT_EQ(got[5].labels[0].first, "quantile");
}

TEST(PrometheusText, ReadsEverySpellingOfANumber) {
  const auto got = all("a -0.5\nb 7.307144e+06\nc NaN\nd -Inf\ne 1e999\nf 1e-999\ng .5\nh +3\n");
  EXPECT_EQ(got[0].value, -0.5);
  EXPECT_EQ(got[1].value, 7307144);
  EXPECT_TRUE(std::isnan(got[2].value));
  EXPECT_TRUE(std::isinf(got[3].value) && got[3].value < 0);
  EXPECT_TRUE(std::isinf(got[4].value));
  EXPECT_EQ(got[5].value, 0);
  EXPECT_EQ(got[6].value, 0.5);
  EXPECT_EQ(got[7].value, 3);
}

TEST(PrometheusText, ReadsOpenMetricsWithExemplarsAndSeconds) {
  const auto got =
      all("# TYPE foo histogram\n# UNIT foo seconds\n"
          "foo_bucket{le=\"0.1\"} 8.0 # {} 0.054\n"
          "foo_bucket{le=\"1.0\"} 10.0 1520879607.789 # {trace_id=\"KOO5S4vxi0o\"} 0.67 1520879607.8\n"
          "# EOF\n",
          TextFormat::openmetrics);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].value, 8);
  EXPECT_FALSE(got[0].timestamp_ms.has_value());
  EXPECT_EQ(got[1].timestamp_ms, 1520879607789);
}

TEST(PrometheusText, KnowsTheFormatByItsContentType) {
  EXPECT_EQ(text_format("application/openmetrics-text; version=1.0.0"), TextFormat::openmetrics);
  EXPECT_EQ(text_format("text/plain; version=0.0.4; charset=utf-8"), TextFormat::prometheus);
  EXPECT_EQ(text_format(""), TextFormat::prometheus);
}

TEST(PrometheusText, RefusesATextThatWasCutOff) {
  EXPECT_EQ(complaint("up 1\nenergy 12345"), "line 2: the text ends inside a line: it was cut off");
  EXPECT_EQ(complaint("up 1\n", TextFormat::openmetrics), "'# EOF' is missing: the text was cut off");
  EXPECT_EQ(complaint("# EOF\nup 1\n", TextFormat::openmetrics), "line 2: nothing may follow '# EOF'");
}

TEST(PrometheusText, SaysWhereAndWhat) {
  EXPECT_EQ(complaint("up 1\n<html>\n"), "line 2, column 1: a metric name was expected");
  EXPECT_EQ(complaint("up\n"), "line 1, column 3: a value was expected");
  EXPECT_EQ(complaint("up one\n"), "line 1, column 4: this is not a number");
  EXPECT_EQ(complaint("up 0x1F\n"), "line 1, column 4: this is not a number");
  EXPECT_EQ(complaint("up 1\r\n"), "line 1, column 4: this is not a number");
  EXPECT_EQ(complaint("up 1 2 3\n"), "line 1, column 8: nothing may follow here");
  EXPECT_EQ(complaint("up 1 1.5\n"), "line 1, column 6: this is not a timestamp");
  EXPECT_EQ(complaint("up{a=\"1\" b=\"2\"} 1\n"), "line 1, column 10: ',' or '}' was expected");
  EXPECT_EQ(complaint("up{a=1} 1\n"), "line 1, column 6: '\"' was expected");
  EXPECT_EQ(complaint("up{a:b=\"1\"} 1\n"), "line 1, column 5: '=' was expected");
  EXPECT_EQ(complaint("up{a=\"1\",a=\"2\"} 1\n"), "line 1, column 10: this label is there twice");
  EXPECT_EQ(complaint("up{a=\"\\t\"} 1\n"), "line 1, column 7: only \\\\, \\\" and \\n are escapes");
  EXPECT_EQ(complaint("up{a=\"x} 1\n"), "line 1, column 6: this quote is never closed");
  EXPECT_EQ(complaint("up{a=\"\xC0\xAF\"} 1\n"), "line 1, column 7: this is not UTF-8");
  EXPECT_EQ(complaint("{\"up\"} 1\n"),
            "line 1, column 1: names in quotes are not supported: the exporter must escape them (underscores)");
  EXPECT_EQ(complaint("up 1 # {} 1\n"), "line 1, column 6: nothing may follow here");  // exemplars: OpenMetrics only
}

TEST(PrometheusText, StopsAtItsLimits) {
  TextLimits limits;
  limits.line_bytes = 10;
  EXPECT_EQ(complaint("up 1\nlonger_name 1\n", TextFormat::prometheus, limits), "line 2 is over 10 bytes");
  limits = {};
  limits.series = 2;
  EXPECT_EQ(complaint("a 1\nb 1\n# c\nc 1\n", TextFormat::prometheus, limits), "there are over 2 series");
  limits = {};
  limits.labels = 1;
  EXPECT_EQ(complaint("a{x=\"1\",y=\"2\"} 1\n", TextFormat::prometheus, limits), "line 1, column 9: too many labels");
}

TEST(Decimal, ShiftsThePointWithoutADouble) {
  EXPECT_EQ(decimal("123450.25", 6), 123450250000);
  EXPECT_EQ(decimal("9007199254740993", 0), 9007199254740993);
  EXPECT_EQ(decimal("251885217371", 3), 251885217371000);
  EXPECT_EQ(decimal("7.307144e+06", 0), 7307144);
  EXPECT_EQ(decimal("1.5E3", -2), 15);
  EXPECT_EQ(decimal("-2.5", 0), -3);
  EXPECT_EQ(decimal("0.49", 0), 0);
  EXPECT_EQ(decimal("4.5", -1), 0);
  EXPECT_EQ(decimal("5", -1), 1);
  EXPECT_EQ(decimal("9", -5), 0);
  EXPECT_EQ(decimal("9223372036854775807", 0), 9223372036854775807);
}

TEST(Decimal, GivesNothingForWhatIsNoIntegerOf64Bits) {
  for (const char* text : {"", ".", "NaN", "Inf", "-", "1e", "1e+-5", "1..2", "1.2.3", "0x10", "1 ", "1e99999"})
    EXPECT_EQ(decimal(text, 0), std::nullopt) << text;
  EXPECT_EQ(decimal("9223372036854775808", 0), std::nullopt);
  EXPECT_EQ(decimal("9223372036854775807.5", 0), std::nullopt);
  EXPECT_EQ(decimal("9223372036854775", 4), std::nullopt);
  EXPECT_EQ(decimal("0", 5000), 0);
}

}  // namespace
}  // namespace trine::meter::prometheus_text_test
