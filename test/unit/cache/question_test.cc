#include "cache/question.h"

#include <gtest/gtest.h>

#include <string>

namespace trine::cache::question_test {
namespace {

TEST(QuestionHash, EachBitOfNameAndBodyCounts) {
  const QuestionHash hash;
  const std::string name = "org acme", body = R"({"model":"small","messages":[]})";
  const auto value = hash.of({name, body});
  EXPECT_EQ(hash.of({name, body}), value);
  for (size_t i = 0; i < 8 * name.size(); ++i) {
    std::string other = name;
    other[i / 8] = static_cast<char>(other[i / 8] ^ (1 << i % 8));
    EXPECT_NE(hash.of({other, body}), value) << i;
  }
  for (size_t i = 0; i < 8 * body.size(); ++i) {
    std::string other = body;
    other[i / 8] = static_cast<char>(other[i / 8] ^ (1 << i % 8));
    EXPECT_NE(hash.of({name, other}), value) << i;
  }
}

TEST(QuestionHash, WhereTheNameEndsCounts) {
  const QuestionHash hash;
  EXPECT_NE(hash.of({"ab", "c"}), hash.of({"a", "bc"}));
  EXPECT_NE(hash.of({"ab", ""}), hash.of({"", "ab"}));
  EXPECT_NE(hash.of({"", std::string(1, '\0')}), hash.of({"", std::string(2, '\0')}));
}

TEST(QuestionHash, IsAnotherInEachProcess) {
  EXPECT_NE(QuestionHash().of({"a", "b"}), QuestionHash().of({"a", "b"}));
}

}  // namespace
}  // namespace trine::cache::question_test
