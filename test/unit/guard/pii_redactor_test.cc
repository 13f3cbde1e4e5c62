#include <gtest/gtest.h>

#include <string>

#include "guard/pii/redactor.h"

namespace trine::guard::pii_redactor_test {
namespace {

constexpr const char* kText = "IBAN DE89370400440532013000, mail a@example.org, again DE89370400440532013000.";

PiiPolicy all(PiiAction a) {
  PiiPolicy p;
  p.set_all(a);
  return p;
}

const PiiScanner kScanner;

TEST(Redactor, BlanksWithTheNameOfTheKind) {
  std::string out;
  const auto outcome = Redactor(kScanner, all(PiiAction::redact)).redact(kText, nullptr, out);
  EXPECT_EQ(out, "IBAN [IBAN], mail [EMAIL], again [IBAN].");
  EXPECT_EQ(outcome.spans.size(), 3U);
  EXPECT_FALSE(outcome.blocked);
}

TEST(Redactor, SpansAreOfTheOriginalText) {
  std::string out;
  const auto outcome = Redactor(kScanner, all(PiiAction::redact)).redact(kText, nullptr, out);
  const std::string_view text = kText;
  EXPECT_EQ(text.substr(outcome.spans[1].begin, outcome.spans[1].end - outcome.spans[1].begin), "a@example.org");
}

TEST(Redactor, TokensComeBackToWhatTheyStandFor) {
  PiiVault vault;
  std::string out;
  const Redactor r(kScanner, all(PiiAction::token));
  r.redact(kText, &vault, out);
  EXPECT_EQ(out, "IBAN <IBAN_1>, mail <EMAIL_1>, again <IBAN_1>.");
  EXPECT_EQ(restore(vault, out), kText);
}

TEST(Redactor, AllowsByKindAndConfidence) {
  PiiPolicy p = all(PiiAction::redact);
  p.actions[static_cast<size_t>(PiiType::email)] = PiiAction::allow;
  p.least_confidence = 0.9F;
  std::string out;
  Redactor(kScanner, p).redact("a@example.org, 62 Harbour Street", nullptr, out);
  EXPECT_EQ(out, "a@example.org, 62 Harbour Street");
}

TEST(Redactor, BlockSaysSoAndStops) {
  std::string out;
  EXPECT_TRUE(Redactor(kScanner, all(PiiAction::block)).redact(kText, nullptr, out).blocked);
}

TEST(Redactor, TokensWithoutAVaultAreBlanked) {
  std::string out;
  Redactor(kScanner, all(PiiAction::token)).redact("a@example.org", nullptr, out);
  EXPECT_EQ(out, "[EMAIL]");
}

TEST(RedactStream, NothingComesOutOnceBlocked) {
  const Redactor r(kScanner, all(PiiAction::block));
  RedactStream s(r);
  std::string out;
  s.push("mail a@example.org and more; ", out);
  const size_t size = out.size();
  EXPECT_TRUE(s.outcome().blocked);
  s.push("text", out);
  s.finish(out);
  EXPECT_EQ(out.size(), size);
  EXPECT_EQ(out.find("a@"), std::string::npos);
}

TEST(RedactStream, PlainWordsAreNotHeld) {
  const PiiScanner scanner;
  PiiStream s(scanner);
  std::string out;
  s.push("the quick brown fox jumps over ", [&](std::string_view t, const PiiSpan*) { out += t; });
  EXPECT_LE(s.held(), 6U);
}

TEST(RedactStream, HoldsAtMostSomeHundredBytes) {
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
}  // namespace trine::guard::pii_redactor_test
