#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "meter/prometheus_text.h"

namespace trine::meter::text_property_test {
namespace {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
  std::optional<int64_t> timestamp_ms;
  bool operator==(const Sample&) const = default;
};

rc::Gen<std::string> word(const std::string& first, const std::string& rest) {
  return rc::gen::map(
      rc::gen::pair(rc::gen::elementOf(first), rc::gen::container<std::string>(rc::gen::elementOf(rest))),
      [](const auto& p) { return p.first + p.second; });
}

rc::Gen<std::string> label_value() {
  static const std::vector<std::string> kPieces = {"a", "\\", "\"", "\n", "{", "}",      ",",          "=",
                                                   "#", " ",  "\t", "n",  "é", "\u4e2d", "\U0001f50b", "\r"};
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kPieces)),
                      [](const auto& pieces) {
                        std::string s;
                        for (const auto& p : pieces) s += p;
                        return s;
                      });
}

Sample arbitrary_sample() {
  Sample s;
  s.name = *word("abZ_:", "abZ_:059");
  s.labels = *rc::gen::container<std::map<std::string, std::string>>(word("abZ_", "abZ_059"), label_value());
  if (s.labels.size() > 8) s.labels.clear();
  s.value = *rc::gen::element(0.0, -1.5, 1e300, 5e-324, 9007199254740993.0, std::numeric_limits<double>::infinity());
  if (*rc::gen::arbitrary<bool>()) s.timestamp_ms = *rc::gen::arbitrary<int64_t>();
  return s;
}

std::string rendered(const Sample& s) {
  std::string out = s.name;
  if (!s.labels.empty()) {
    out += '{';
    for (const auto& [name, value] : s.labels) {
      out += name + "=\"";
      for (const char c : value) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
          out += "\\n";
        else
          out += c;
      }
      out += "\",";
    }
    out += '}';
  }
  out += fmt::format(" {}", s.value);
  if (s.timestamp_ms) out += fmt::format(" {}", *s.timestamp_ms);
  return out + "\n";
}

Result<std::vector<Sample>> parsed(std::string_view text) {
  std::vector<Sample> got;
  const auto visit = [&](const Series& series) {
    Sample s{std::string(series.name), {}, series.value, series.timestamp_ms};
    for (const Label& l : series.labels) s.labels[std::string(l.name)] = l.text();
    got.push_back(std::move(s));
  };
  if (auto r = parse_text(text, TextFormat::prometheus, visit); !r) return tl::unexpected(r.error());
  return got;
}

RC_GTEST_PROP(PrometheusTextProperty, ReadsBackWhatWasWritten, ()) {
  std::vector<Sample> samples(static_cast<size_t>(*rc::gen::inRange(0, 8)));
  std::string text;
  for (Sample& s : samples) {
    s = arbitrary_sample();
    text += rendered(s);
  }
  const auto got = parsed(text);
  if (!got) RC_FAIL(got.error().message + "\n" + text);
  RC_ASSERT(*got == samples);
}

RC_GTEST_PROP(PrometheusTextProperty, ACutOffPageIsRefusedOrEndsAtALine, ()) {
  std::vector<Sample> samples(static_cast<size_t>(*rc::gen::inRange(1, 5)));
  std::string text;
  for (Sample& s : samples) {
    s = arbitrary_sample();
    text += rendered(s);
  }
  const auto cut = static_cast<size_t>(*rc::gen::inRange(0, static_cast<int>(text.size()) + 1));
  const auto got = parsed(text.substr(0, cut));
  if (!got) return;
  const bool at_a_line = cut == 0 || text[cut - 1] == '\n';  // RC_ASSERT evaluates both sides of ||
  RC_ASSERT(at_a_line);
  samples.resize(got->size());
  RC_ASSERT(*got == samples);
}

RC_GTEST_PROP(PrometheusTextProperty, AnyBytesGiveAnAnswerOrAReason, ()) {
  const auto bytes = *rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string("a{}=\"\\\n# 1.eE+-,NI"))));
  for (const TextFormat format : {TextFormat::prometheus, TextFormat::openmetrics}) {
    const auto r = parse_text(bytes, format, [](const Series&) {});
    if (!r) RC_ASSERT(!r.error().message.empty());
  }
}

RC_GTEST_PROP(DecimalProperty, AgreesWithWideIntegers, (int64_t digits)) {
  const int point = *rc::gen::inRange(0, 12);
  const int exponent = *rc::gen::inRange(-6, 7);
  // digits / 10^point, written out
  const bool negative = digits < 0;
  std::string text = std::to_string(digits).substr(negative ? 1 : 0);
  while (text.size() <= static_cast<size_t>(point)) text.insert(0, "0");
  text.insert(text.size() - static_cast<size_t>(point), ".");
  if (negative) text.insert(0, "-");

  __extension__ using Wide = __int128;
  Wide v = digits;
  int shift = exponent - point;
  for (; shift > 0; --shift) v *= 10;
  if (shift < 0) {
    Wide divisor = 1;
    for (; shift < 0; ++shift) divisor *= 10;
    const Wide half = divisor / 2;
    v = v < 0 ? -((-v + half) / divisor) : (v + half) / divisor;
  }
  constexpr Wide kMax = std::numeric_limits<int64_t>::max();
  const auto got = decimal(text, exponent);
  if (v > kMax || v < -kMax)
    RC_ASSERT(!got.has_value());
  else
    RC_ASSERT(got == static_cast<int64_t>(v));
}

}  // namespace
}  // namespace trine::meter::text_property_test
