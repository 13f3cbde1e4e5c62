// What is cut out of a whole answer is cut out of one in pieces, and nothing of it goes out before.
#include "guard/data_stream.h"

#include <gtest/gtest.h>

#include "guard/guard.h"

namespace trine::guard::data_stream_test {
namespace {

DataPolicy policy_of(PiiAction secrets, PiiAction personal = PiiAction::redact) {
  DataPolicy policy;
  policy.secrets = secrets;
  policy.personal.set_all(personal);
  return policy;
}

struct Streaming {
  explicit Streaming(const DataPolicy& p)
      : policy(p), stream(Guard::shipped()->rules(), Guard::shipped()->personal_data(), policy) {}
  std::string pushed(std::string_view text) {
    std::string out;
    stream.push(text, scratch, out);
    return out;
  }
  std::string finished() {
    std::string out;
    stream.finish(scratch, out);
    return out;
  }

  DataPolicy policy;
  DataStream stream;
  RuleScratch scratch;
};

std::string through(const std::string& text, size_t size, PiiAction secrets = PiiAction::redact) {
  Streaming s(policy_of(secrets));
  std::string out;
  for (size_t at = 0; at < text.size(); at += size) out += s.pushed(std::string_view(text).substr(at, size));
  return out + s.finished();
}

std::string key_of(size_t lines, const std::string& eol = "\n") {
  std::string out = "-----BEGIN RSA PRIVATE KEY-----" + eol;
  for (size_t i = 0; i < lines; ++i) out += "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj" + eol;
  return out + "Aw==" + eol + "-----END RSA PRIVATE KEY-----";
}

TEST(DataStream, BlanksWithTheNameOfTheKind) {
  EXPECT_EQ(through("IBAN DE89370400440532013000, mail a@example.org, again DE89370400440532013000.", 7),
            "IBAN [IBAN], mail [EMAIL], again [IBAN].");
}

TEST(DataStream, AllowsByKindAndConfidence) {
  DataPolicy policy = policy_of(PiiAction::allow);
  policy.personal.actions[static_cast<size_t>(PiiType::email)] = PiiAction::allow;
  policy.personal.least_confidence = 0.9F;
  Streaming s(policy);
  const std::string text = "a@example.org, 62 Harbour Street";
  std::string out = s.pushed(text);
  out += s.finished();
  EXPECT_EQ(out, text);
}

TEST(DataStream, NothingComesOutOnceBlocked) {
  Streaming s(policy_of(PiiAction::allow, PiiAction::block));
  const std::string out = s.pushed("mail a@example.org and more; ");
  EXPECT_TRUE(s.stream.blocked());
  EXPECT_EQ(out.find("a@"), std::string::npos);
  EXPECT_EQ(s.pushed("text"), "");
  EXPECT_EQ(s.finished(), "");
}

TEST(DataStream, CutsASecretOutWhereverThePiecesAreCut) {
  for (size_t size : {1, 3, 5, 17, 100, 100'000}) {
    EXPECT_EQ(through("Your key is AKIAIOSFODNN7EXAMPLE, keep it.", size), "Your key is [SECRET], keep it.") << size;
    EXPECT_EQ(through("AKIAIOSFODNN7EXAMPLE", size), "[SECRET]") << size;
    EXPECT_EQ(through(R"(It is {"password": "hunter2secret"}, he wrote to max@example.com.)", size),
              R"(It is {"password": "[SECRET]"}, he wrote to [EMAIL].)")
        << size;
    EXPECT_EQ(through(R"(Server=x;Password="correct horse battery";Port=1)", size),
              R"(Server=x;Password="[SECRET]";Port=1)")
        << size;
    EXPECT_EQ(through("See https://ada:lovelace1@example.com/x now.", size), "See [SECRET]/x now.") << size;
    EXPECT_EQ(through("Nothing here: a=b, \"c\", 使用，程序。 OK", size), "Nothing here: a=b, \"c\", 使用，程序。 OK")
        << size;
  }
}

TEST(DataStream, CutsAPrivateKeyOutWhateverItsLength) {
  for (size_t lines : {1, 20, 2000})
    for (size_t size : {1, 7, 64, 100'000}) {
      const std::string out = through("Take it: " + key_of(lines) + "\nand keep it.", size);
      EXPECT_EQ(out.find("MII"), std::string::npos) << lines << " " << size;
      EXPECT_TRUE(out.starts_with("Take it: ")) << out;
      EXPECT_TRUE(out.ends_with("[SECRET]\nand keep it.")) << lines << " " << size << ": " << out;
    }
  EXPECT_EQ(through("It begins with -----BEGIN PRIVATE KEY----- and goes on.", 4),
            "It begins with -----BEGIN PRIVATE [SECRET] and goes on.");
}

TEST(DataStream, EscapesHideNothingWhereverTheyAreCut) {
  const std::string arguments =
      R"({"body":"Dear all,\nmax@example.com\nDE89370400440532013000\n4111111111111111\nAKIAIOSFODNN7EXAMPLE\u00fc"})";
  for (size_t size = 1; size < 20; ++size)
    EXPECT_EQ(through(arguments, size), R"({"body":"Dear all,\n[EMAIL]\n[IBAN]\n[CREDIT_CARD]\n[SECRET]\u00fc"})")
        << size;
  for (const std::string odd : {R"(\)", R"(\x \ud83d\ude00 \ud83d \ud83dx \u12 \\ \" end\)", R"(\ud83d\u0041)"})
    for (size_t size : {1, 2, 5, 50}) EXPECT_EQ(through(odd, size), odd) << size;
}

TEST(DataStream, BlocksBeforeAnyOfItGoesOut) {
  for (size_t size : {1, 4, 100}) {
    Streaming s(policy_of(PiiAction::block, PiiAction::allow));
    const std::string text = "Your key is AKIAIOSFODNN7EXAMPLE, keep it.";
    std::string out;
    for (size_t at = 0; at < text.size(); at += size) out += s.pushed(std::string_view(text).substr(at, size));
    out += s.finished();
    EXPECT_TRUE(s.stream.blocked()) << size;
    EXPECT_EQ(out.find("AKIA"), std::string::npos) << out;
  }
}

TEST(DataStream, HoldsWordsAndNotSentences) {
  Streaming s(policy_of(PiiAction::redact, PiiAction::allow));
  EXPECT_EQ(s.pushed("The weather is "), "The weather is ");
  EXPECT_EQ(s.pushed("fi"), "");
  EXPECT_EQ(s.pushed("ne. So"), "fine. ");
  EXPECT_EQ(s.finished(), "So");
}

TEST(DataStream, ALongWordIsLookedAtInParts) {
  Streaming s(policy_of(PiiAction::redact, PiiAction::allow));
  const std::string blob(3 * SecretStream::kMostHeld, 'x');
  std::string out;
  for (size_t at = 0; at < blob.size(); at += 100) out += s.pushed(blob.substr(at, 100));
  EXPECT_GT(out.size(), SecretStream::kMostHeld);
  out += s.pushed(".AKIAIOSFODNN7EXAMPLE.");
  out += s.finished();
  EXPECT_EQ(out, blob + ".[SECRET].");
  // A secret longer than that goes on to its word's end.
  const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + blob;
  EXPECT_EQ(through("It is " + jwt + " now", 100), "It is [SECRET] now");
}

TEST(DataStream, MoreSecretsThanAreToldEndIt) {
  std::string text;
  for (size_t i = 0; i <= kMaxSpans; ++i) text += "AKIAIOSFODNN7EXAMPLE ";
  Streaming s(policy_of(PiiAction::redact));
  s.pushed(text);
  EXPECT_TRUE(s.stream.blocked());
}

}  // namespace
}  // namespace trine::guard::data_stream_test
