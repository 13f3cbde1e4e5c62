#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "guard/pii/scanner.h"
#include "guard/pii/vault.h"

namespace trine::guard::pii_vault_test {
namespace {

constexpr const char* kText = "IBAN DE89370400440532013000, mail a@example.org, again DE89370400440532013000.";

TEST(Vault, TokensComeBackToWhatTheyStandFor) {
  const std::string_view text = kText;
  std::vector<PiiSpan> spans;
  PiiScanner().scan(text, spans);
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(text.substr(spans[1].begin, spans[1].end - spans[1].begin), "a@example.org");
  PiiVault vault;
  std::string out;
  size_t at = 0;
  for (const PiiSpan& s : spans) {
    out.append(text.substr(at, s.begin - at)).append(vault.token(s.type, text.substr(s.begin, s.end - s.begin)));
    at = s.end;
  }
  out.append(text.substr(at));
  EXPECT_EQ(out, "IBAN <IBAN_1>, mail <EMAIL_1>, again <IBAN_1>.");
  EXPECT_EQ(restore(vault, out), kText);
}

TEST(PiiStream, PlainWordsAreNotHeld) {
  const PiiScanner scanner;
  PiiStream s(scanner);
  std::string out;
  s.push("the quick brown fox jumps over ", [&](std::string_view t, const PiiSpan*) { out += t; });
  EXPECT_LE(s.held(), 6U);
}

TEST(PiiStream, HoldsAtMostSomeHundredBytes) {
  const PiiScanner scanner;
  for (const char* piece : {"1", "a", "1 ", "1-", "Aa ", "１", "a.", "@a.", "(", ":1", "é"}) {
    PiiStream s(scanner);
    for (int i = 0; i < 3000; ++i) {
      s.push(piece, [](std::string_view, const PiiSpan*) {});
      ASSERT_LE(s.held(), 400U) << piece;
    }
  }
}

TEST(Vault, NeverHandsOutWhatTheRequestHolds) {
  PiiVault vault;
  vault.avoid("my text has <IBAN_1> in it");
  EXPECT_EQ(vault.token(PiiType::iban, "DE89"), "<IBAN_2>");
  EXPECT_EQ(restore(vault, "<IBAN_1> <IBAN_2>"), "<IBAN_1> DE89");
}

TEST(Vault, IsStrict) {
  PiiVault vault;
  vault.token(PiiType::iban, "DE89");
  for (const char* s : {"<iban_1>", "IBAN_1", "<IBAN_01>", "<IBAN_2>", "< IBAN_1>", "<IBAN_1", "<<<", "<EMAIL_1>"}) {
    EXPECT_EQ(restore(vault, s), s);
  }
  EXPECT_EQ(restore(vault, "<<IBAN_1>>"), "<DE89>");
}

TEST(Vault, IsFullAtItsBound) {
  PiiVault vault;
  for (size_t i = 0; i < PiiVault::kMostEntries; ++i) {
    ASSERT_FALSE(vault.token(PiiType::iban, std::to_string(i)).empty());
  }
  EXPECT_EQ(vault.token(PiiType::iban, "one more"), "");
  EXPECT_EQ(vault.token(PiiType::iban, "7"), "<IBAN_8>");
}

}  // namespace
}  // namespace trine::guard::pii_vault_test
