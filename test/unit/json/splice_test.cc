#include "json/splice.h"

#include <gtest/gtest.h>

namespace trine::json::splice_test {
namespace {

TEST(Splice, WithoutEditsIsTheDocument) {
  const std::string document = R"({"a":1})";
  const Splice splice(document);
  EXPECT_TRUE(splice.untouched());
  ASSERT_EQ(splice.pieces().size(), 1u);
  EXPECT_EQ(splice.pieces().front().data(), document.data());
  EXPECT_EQ(splice.size(), document.size());
}

TEST(Splice, KeepsTheOriginalBytesInPlace) {
  const std::string document = R"({"model":"a","x":2})";
  Splice splice(document);
  splice.replace(std::string_view(document).substr(9, 3), R"("big-model")");
  splice.insert(1, R"("s":true,)");
  splice.insert(document.size(), "\n");
  EXPECT_EQ(splice.str(), "{\"s\":true,\"model\":\"big-model\",\"x\":2}\n");
  EXPECT_EQ(splice.size(), splice.str().size());
  const auto pieces = splice.pieces();
  EXPECT_EQ(pieces.front().data(), document.data());
  EXPECT_EQ(pieces[2].data(), document.data() + 1);
}

TEST(Splice, InsertionsAtOnePlaceKeepTheirOrderAndComeBeforeAReplacement) {
  const std::string document = "abc";
  Splice splice(document);
  splice.replace(std::string_view(document).substr(1, 1), "B");
  splice.insert(1, "1");
  splice.insert(1, "2");
  splice.insert(2, "3");
  EXPECT_EQ(splice.str(), "a12B3c");
}

TEST(Splice, MayEmptyADocumentAndFillAnEmptyOne) {
  const std::string document = "abc";
  Splice gone(document);
  gone.replace(document, "");
  EXPECT_EQ(gone.str(), "");
  EXPECT_TRUE(gone.pieces().empty());
  Splice filled{std::string_view()};
  filled.insert(0, "x");
  EXPECT_EQ(filled.str(), "x");
}

}  // namespace
}  // namespace trine::json::splice_test
