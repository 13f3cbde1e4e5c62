// Keys and passwords leave a text whole, and nothing but them.
#include "guard/secrets.h"

#include <gtest/gtest.h>

#include "guard/guard.h"
#include "guard/key_body.h"

namespace trine::guard::secrets_test {
namespace {

// As a request's text goes on under `pii: redact`.
std::string redacted(const std::string& text, Provenance provenance = Provenance::user) {
  GuardScratch scratch;
  Policy policy;
  policy.personal_data["SECRET"] = Action::redact;
  for (const char* type : {"EMAIL", "IBAN", "CREDIT_CARD"}) policy.personal_data[type] = Action::redact;
  const std::vector<Finding> found = {Guard::shipped()->inspect({provenance, text}, scratch)};
  const Outcome outcome = decide_all(policy, found, {}, {});
  if (outcome.total.verdict.action == Action::block) return "blocked";
  std::string out;
  size_t at = 0;
  for (const Entity& e : outcome.parts[0].redact) {
    EXPECT_GE(e.start, at) << "spans follow one another";
    out += text.substr(at, e.start - at) + "[" + e.type + "]";
    at = e.end;
  }
  return out + text.substr(at);
}

std::string key_lines(const std::string& end_of_line) {
  std::string out;
  for (int i = 0; i < 20; ++i) out += "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj" + end_of_line;
  return out;
}

TEST(Secrets, APrivateKeyGoesWithItsHead) {
  for (const std::string kind : {"", "RSA ", "EC ", "ENCRYPTED ", "OPENSSH "})
    for (const std::string eol : {"\n", "\r\n", "\\n", "\\r\\n", "\n    ", "\" +\n\""}) {
      const std::string key = "-----BEGIN " + kind + "PRIVATE KEY-----" + eol + key_lines(eol) + "Aw==" + eol +
                              "-----END " + kind + "PRIVATE KEY-----";
      EXPECT_EQ(redacted("Use this: " + key + " and no other."), "Use this: [SECRET] and no other.") << kind << eol;
    }
  const std::string headers = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n";
  EXPECT_EQ(redacted(headers + key_lines("\n") + "-----END RSA PRIVATE KEY-----\nBye."), "[SECRET]\nBye.");
  EXPECT_EQ(redacted("-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n" + key_lines("\n") +
                     "=njUN\n-----END PGP PRIVATE KEY BLOCK-----\nBye."),
            "[SECRET]\nBye.");
}

TEST(Secrets, AKeyWithoutItsEndGoesAsFarAsItLooksLikeOne) {
  const std::string prose = " That was my key, and what do you make of it? " + std::string(400, 'a');
  EXPECT_EQ(redacted("-----BEGIN PRIVATE KEY-----\n" + key_lines("\n") + prose), "[SECRET]\n" + prose);
  EXPECT_EQ(redacted("What does -----BEGIN PRIVATE KEY----- mean in a file?"), "What does [SECRET] mean in a file?");
}

TEST(Secrets, ATextAboutKeysLosesTheirHeadsAlone) {
  const std::string json = R"({"key":"[SECRET]","meta":{"id":"a1b2c3d4e5f6a7b8c9"},"z":1})";
  const std::string code =
      "if (pem.startsWith(\"[SECRET]\")) { const key = crypto.createPrivateKey(pem); return signWithPrivateKey(key) }";
  for (std::string text : {json, code}) {
    const std::string expected = text;
    text.replace(text.find("[SECRET]"), 8, "-----BEGIN PRIVATE KEY-----");
    EXPECT_EQ(redacted(text), expected);
  }
}

TEST(Secrets, APuttyKeyGoesWithItsLines) {
  EXPECT_EQ(redacted("PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: rsa-key-20240101\nPublic-Lines: 6\n" +
                     key_lines("\n") + "Private-Lines: 14\n" + key_lines("\n") +
                     "Private-MAC: 1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b\nBye."),
            "[SECRET]\nBye.");
}

TEST(Secrets, AServiceAccountLosesItsKeyAndStaysJson) {
  EXPECT_EQ(redacted(R"({"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\n)" + key_lines("\\n") +
                     R"(-----END PRIVATE KEY-----\n", "x": 1})"),
            R"({"type": "[SECRET]", "private_key": "[SECRET]\n", "x": 1})");
}

TEST(Secrets, OfAnAssignmentOnlyTheValueGoes) {
  EXPECT_EQ(redacted(R"({"password":"hunter2secret"})"), R"({"password":"[SECRET]"})");
  EXPECT_EQ(redacted(R"(api_key = "abcdefghijklmnop1234")"), R"(api_key = "[SECRET]")");
  EXPECT_EQ(redacted("Authorization: Bearer abcdefghijklmnopqrst1234"), "Authorization: [SECRET]");
  EXPECT_EQ(redacted("Server=x;Password=correct=horse;Port=1"), "Server=x;Password=[SECRET];Port=1");
  EXPECT_EQ(redacted(R"({"c":"Server=x;Password=horse","d":1})"), R"({"c":"Server=x;Password=[SECRET]","d":1})");
  EXPECT_EQ(redacted("AccountKey=" + std::string(86, 'A') + "==;x"), "AccountKey=[SECRET];x");
  EXPECT_EQ(redacted(R"({"aws":"x","secret":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"})"),
            R"({"aws":"x","secret":"[SECRET]"})");
}

TEST(Secrets, EscapesOfJsonHideNothingAndStayWhole) {
  const std::string text =
      R"({"body":"Dear all,\nmax@example.com\nDE89370400440532013000\n4111111111111111\nAKIAIOSFODNN7EXAMPLE"})";
  EXPECT_EQ(redacted(text), R"({"body":"Dear all,\n[EMAIL]\n[IBAN]\n[CREDIT_CARD]\n[SECRET]"})");
  EXPECT_EQ(redacted(R"({"a":"{\"password\":\"hunter2secret\"}"})"), R"({"a":"{\"password\":\"[SECRET]\"}"})");
  EXPECT_EQ(redacted(R"({"a":"{\"b\":\"x\\nDE89370400440532013000\"}"})"), R"({"a":"{\"b\":\"x\\n[IBAN]\"}"})");
  EXPECT_EQ(redacted(R"({"a":"max\u0040example.com, DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000"})"),
            R"({"a":"[EMAIL], [IBAN]"})");
  EXPECT_EQ(redacted(R"({"password":"hunter2\"x"})"), R"({"password":"[SECRET]x"})");
}

TEST(Secrets, MoreThanCanBeCutOutAreRefused) {
  const auto keys = [](size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) {
      std::string key = "AKIAIOSFODNN7EXAAAAA";
      for (size_t at = key.size() - 1, n = i; n > 0; --at, n /= 26) key[at] = static_cast<char>('A' + n % 26);
      out += key + " ";
    }
    return out;
  };
  EXPECT_EQ(redacted(keys(kMaxSpans)).find("AKIA"), std::string::npos);
  EXPECT_EQ(redacted(keys(kMaxSpans + 1)), "blocked");
}

TEST(Secrets, ManyHeadsInOneKeyAreReadOnce) {
  std::string text;
  for (size_t i = 0; i < kMaxSpans; ++i) text += "-----BEGIN PRIVATE KEY-----\n";
  text += std::string(size_t{2} << 20, 'A') + "1";
  const RuleSet& rules = *Guard::shipped()->rules();
  RuleScratch scratch;
  std::vector<RuleHit> hits;
  rules.scan(text, RuleInput::original, Provenance::user, scratch, hits);
  const auto spans = secrets_of(rules, text, hits);
  ASSERT_FALSE(spans.empty());
  EXPECT_EQ(spans.front().begin, 0);
  size_t end = 0;
  for (const ByteSpan& s : spans) end = std::max(end, s.end);
  EXPECT_EQ(end, text.size());
}

TEST(KeyBody, IsTheSameInPiecesOfAnySize) {
  const std::string text =
      "\n" + key_lines("\n") + "-----END RSA PRIVATE KEY----- and then " + key_lines("\n") + std::string(300, ' ');
  KeyBody whole;
  whole.feed(text);
  EXPECT_TRUE(whole.ended());
  EXPECT_EQ(text.substr(whole.size(), 9), " and then");
  for (size_t size : {1, 2, 7, 64}) {
    KeyBody body;
    for (size_t at = 0; at < text.size(); at += size) body.feed(text.substr(at, size));
    EXPECT_EQ(body.size(), whole.size()) << size;
  }
}

}  // namespace
}  // namespace trine::guard::secrets_test
