// The development data beside the repository, if it is there: how much of what is marked is found, and how much of what
// is found is marked. ./unit_guard --gtest_filter='PiiData.*' prints the table of docs/personal-data.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "guard/pii/scanner.h"
#include "json/read.h"

namespace trine::guard::pii_shared_data_test {
namespace {

struct Score {
  int found = 0, missed = 0, wrong = 0;
  double recall() const { return static_cast<double>(found) / std::max(1, found + missed); }
  double precision() const { return static_cast<double>(found) / std::max(1, found + wrong); }
};

// Byte offsets of the code points of a text, and its end.
std::vector<size_t> offsets_of(std::string_view text) {
  std::vector<size_t> at;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) at.push_back(i);
  }
  at.push_back(text.size());
  return at;
}

using Marks = std::set<std::tuple<size_t, size_t, std::string>>;

Marks marks_of(std::string_view spans, std::string_view text) {
  const auto at = offsets_of(text);
  Marks marks;
  const auto walked = json::each_element(spans, [&](json::Value v) {
    std::vector<json::Value> parts;
    const auto inner = json::each_element(v.raw, [&](json::Value part) {
      parts.push_back(part);
      return true;
    });
    if (!inner || parts.size() != 3) return false;
    marks.emplace(at.at(static_cast<size_t>(*parts[0].as_int())), at.at(static_cast<size_t>(*parts[1].as_int())),
                  *parts[2].as_string());
    return true;
  });
  EXPECT_TRUE(walked.has_value());
  return marks;
}

TEST(PiiData, NumbersWithCheckDigitsAreFoundAndNothingElseIs) {
  const auto path = std::filesystem::path(TRINE_SOURCE_DIR) / "../shared/data/guard/pii/data.jsonl";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "there is no " << path << ": the data are not in the repository";
  std::ifstream in(path);
  const PiiScanner scanner;
  std::map<std::string, Score> scores;
  for (std::string line; std::getline(in, line);) {
    const auto source = json::member(line, "source");
    ASSERT_TRUE(source.has_value() && source->has_value());
    if (!(*source)->as_string()->starts_with("generated")) continue;  // the other source marks names and towns
    const std::string text = *(*json::member(line, "text"))->as_string();
    Marks marks = marks_of((*json::member(line, "spans"))->raw, text);
    std::vector<PiiSpan> spans;
    scanner.scan(text, spans);
    for (const PiiSpan& s : spans) {
      const std::string type(name(s.type));
      ++(marks.erase({s.begin, s.end, type}) > 0 ? scores[type].found : scores[type].wrong);
    }
    for (const auto& [begin, end, type] : marks) ++scores[type].missed;
  }
  ASSERT_GT(scores.size(), 10U);
  for (const auto& [type, score] : scores) {
    std::printf("%-20s %5d  recall %.4f  precision %.4f\n", type.c_str(), score.found + score.missed, score.recall(),
                score.precision());
    if (type == "PERSON") continue;  // no rule finds names
    EXPECT_GE(score.recall(), 0.99) << type;
    EXPECT_GE(score.precision(), 0.99) << type;
  }
}

}  // namespace
}  // namespace trine::guard::pii_shared_data_test
