// How a prompt begins: what two requests share, and no more.
#include "llm/prefix.h"

#include <gtest/gtest.h>

#include "llm/request.h"

namespace trine::llm::prefix_test {
namespace {

using Texts = std::vector<std::string>;

// A chat of these messages.
RequestScan chat(const Texts& texts, const std::string& more = "") {
  std::string body = R"({"model":"m","messages":[)";
  for (size_t i = 0; i < texts.size(); ++i)
    body += (i ? "," : "") + std::string(R"({"role":"user","content":")") + texts[i] + "\"}";
  const auto scan = scan_request(Endpoint::chat, body + "]" + more + "}");
  EXPECT_TRUE(scan);
  return *scan;
}
size_t shared(const RequestScan& a, const RequestScan& b) {
  const auto x = a.prefix.hashes(), y = b.prefix.hashes();
  size_t n = 0;
  while (n < x.size() && n < y.size() && x[n] == y[n]) ++n;
  return n;
}
std::string letters(size_t n, char c = 'x') {
  return std::string(n, c);
}

TEST(Prefix, CutsGrowByTheRootOfTwo) {
  EXPECT_EQ(PrefixCuts::bytes(1), 256u);
  EXPECT_EQ(PrefixCuts::bytes(2), 362u);
  EXPECT_EQ(PrefixCuts::bytes(3), 512u);
  EXPECT_EQ(PrefixCuts::bytes(PrefixCuts::kMost), 1u << 20);
  for (size_t n = 2; n <= PrefixCuts::kMost; ++n) {
    const double ratio = static_cast<double>(PrefixCuts::bytes(n)) / static_cast<double>(PrefixCuts::bytes(n - 1));
    EXPECT_NEAR(ratio, 1.4142, 0.001) << n;
  }
}

TEST(Prefix, AShortPromptHasNone) {
  EXPECT_TRUE(chat({letters(255)}).prefix.hashes().empty());
  EXPECT_EQ(chat({letters(256)}).prefix.hashes().size(), 1u);
  EXPECT_EQ(chat({letters(1024)}).prefix.hashes().size(), 5u);
}

TEST(Prefix, TwoPromptsShareTheCutsOfTheirCommonBeginning) {
  const auto a = chat({letters(1000) + "a" + letters(3000)}), b = chat({letters(1000) + "b" + letters(3000)});
  EXPECT_EQ(shared(a, b), 4u) << "724 bytes";
  EXPECT_EQ(shared(a, a), a.prefix.hashes().size());
}

TEST(Prefix, AConversationsNextTurnBeginsLikeItsLast) {
  const auto first = chat({letters(600), "how?"}), next = chat({letters(600), "how?", "so.", "and then?"});
  EXPECT_EQ(shared(first, next), first.prefix.hashes().size());
  EXPECT_GT(first.prefix.hashes().size(), 2u);
}

TEST(Prefix, TheSameTextInOtherMessagesIsAnotherPrompt) {
  EXPECT_EQ(shared(chat({letters(100), letters(500)}), chat({letters(500), letters(100)})), 0u);
}

TEST(Prefix, ToolsAreApartAndFieldsThatAreNoPromptDoNotCount) {
  const auto plain = chat({letters(600)});
  EXPECT_EQ(shared(plain, chat({letters(600)}, R"(,"temperature":0.5,"user":"u")")), 3u);
  const auto tools = chat({letters(600)}, R"(,"tools":[{"type":"function","function":{"name":"f"}}])");
  EXPECT_EQ(shared(plain, tools), 3u);
  EXPECT_EQ(plain.tools_hash, 0u);
  EXPECT_NE(tools.tools_hash, 0u);
}

TEST(Prefix, BehindAMebibyteNothingIsRead) {
  PrefixCuts a, b;
  const std::string long_text(3u << 20, 'z');
  a.add(long_text);
  b.add(std::string_view(long_text).substr(0, 1u << 20));
  EXPECT_EQ(a.hashes().size(), PrefixCuts::kMost);
  EXPECT_EQ(a.hashes().back(), b.hashes().back());
  EXPECT_EQ(a.total(), long_text.size());
}

}  // namespace
}  // namespace trine::llm::prefix_test
