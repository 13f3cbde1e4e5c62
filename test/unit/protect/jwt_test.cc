// Tokens of a provider: the right ones pass, and each known way around the check does not.
#include "protect/jwt.h"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include "provider.h"

namespace trine::protect::jwt_test {
namespace {

using namespace std::chrono_literals;
using std::string;

const Wall kNow = *parse_iso8601("2026-11-28T10:00:00Z");
constexpr long long kNowS = 1795860000;

struct JwtTest : testing::Test {
  static const ProviderKey& rsa() {
    static const ProviderKey key(ProviderKey::Kind::rsa);
    return key;
  }
  static const ProviderKey& ec() {
    static const ProviderKey key(ProviderKey::Kind::ec);
    return key;
  }
  static const ProviderKey& ed() {
    static const ProviderKey key(ProviderKey::Kind::ed25519);
    return key;
  }
  JwtTest() {
    rule.issuer = "https://login.example";
    rule.audiences = {"trine"};
    keys = set(rsa().jwk("r") + "," + ec().jwk("e") + "," + ed().jwk("d"));
  }
  static std::shared_ptr<const Jwks> set(const string& list) {
    auto parsed = Jwks::parse("{\"keys\":[" + list + "]}");
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed.value_or(nullptr);
  }
  static string payload(const string& more = "", long long exp = kNowS + 600,
                        const string& iss = "https://login.example", const string& aud = "\"trine\"") {
    return fmt::format(R"({{"iss":"{}","aud":{},"sub":"alice","iat":{},"exp":{}{}}})", iss, aud, kNowS - 60, exp, more);
  }
  string check(const string& token) {
    JwtFault fault{};
    claims = verify_jwt(token, *keys, rule, kNow, fault);
    return claims ? "good" : name(fault);
  }
  static string rs(const string& p) { return rsa().token(R"({"alg":"RS256","kid":"r"})", p); }

  JwtRule rule;
  std::shared_ptr<const Jwks> keys;
  std::optional<Claims> claims;
};

TEST_F(JwtTest, EachAlgorithmsTokenPasses) {
  EXPECT_EQ(check(rs(payload(R"(,"groups":["a","b"],"team":"billing")"))), "good");
  EXPECT_EQ(claims->subject, "alice");
  EXPECT_EQ(claims->expires, kNow + 600s);
  EXPECT_EQ(claims->texts.at("team"), "billing");
  EXPECT_EQ(claims->lists.at("groups"), (std::vector<string>{"a", "b"}));
  EXPECT_EQ(check(ec().token(R"({"alg":"ES256","kid":"e"})", payload())), "good");
  EXPECT_EQ(check(ed().token(R"({"alg":"EdDSA","kid":"d"})", payload())), "good");
  EXPECT_EQ(check(rs(payload("", kNowS + 600, "https://login.example", R"(["x","trine"])"))), "good");
}

TEST_F(JwtTest, NoneAndSharedSecretsAreNoAlgorithms) {
  const string p = base64url(payload());
  for (const char* alg : {"none", "None", "NONE", "nOnE", "", "RS512", "PS256"})
    EXPECT_NE(check(base64url(fmt::format(R"({{"alg":"{}"}})", alg)) + "." + p + "."), "good") << alg;
  // the public key taken for an HMAC's secret
  const string text = base64url(R"({"alg":"HS256","kid":"r"})") + "." + p;
  const string public_key = rsa().jwk("r");
  std::array<unsigned char, 32> mac{};
  unsigned length = 0;
  HMAC(EVP_sha256(), public_key.data(), static_cast<int>(public_key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &length);
  EXPECT_EQ(check(text + "." + base64url({reinterpret_cast<const char*>(mac.data()), mac.size()})),
            "its algorithm is not allowed");
}

TEST_F(JwtTest, AKeyIsUsedForItsOwnAlgorithmOnly) {
  EXPECT_EQ(check(rsa().token(R"({"alg":"ES256","kid":"r"})", payload())), "its algorithm is not allowed");
  EXPECT_EQ(check(ec().token(R"({"alg":"RS256","kid":"e"})", payload())), "its algorithm is not allowed");
  rule.algorithms = {Algorithm::es256};
  EXPECT_EQ(check(rs(payload())), "its algorithm is not allowed") << "not on the operator's list";
}

TEST_F(JwtTest, AnotherKeysOrAChangedTokensSignatureIsWrong) {
  const ProviderKey other(ProviderKey::Kind::ec);
  EXPECT_EQ(check(other.token(R"({"alg":"ES256","kid":"e"})", payload())), "its signature is wrong");
  const string good = rs(payload());
  const size_t first = good.find('.'), second = good.rfind('.');
  const string changed = good.substr(0, first + 1) + base64url(payload(R"(,"admin":"yes")")) + good.substr(second);
  EXPECT_EQ(check(changed), "its signature is wrong");
  EXPECT_EQ(check(good.substr(0, second + 1)), "its signature is wrong");
  EXPECT_EQ(check(ec().token(R"({"alg":"ES256","kid":"e"})", payload()) + "AAAA"), "its signature is wrong");
  // r = s = 0, which some verifiers take
  const string text = base64url(R"({"alg":"ES256","kid":"e"})") + "." + base64url(payload());
  EXPECT_EQ(check(text + "." + base64url(string(64, '\0'))), "its signature is wrong");
}

TEST_F(JwtTest, AKeyThatTheTokenBringsAlongIsNotTaken) {
  const ProviderKey attacker(ProviderKey::Kind::ec);
  EXPECT_NE(check(attacker.token(R"({"alg":"ES256","kid":"e","jwk":)" + attacker.jwk("e") + "}", payload())), "good");
  EXPECT_NE(check(attacker.token(R"({"alg":"ES256","kid":"e","jku":"https://evil.example"})", payload())), "good");
  EXPECT_EQ(check(rsa().token(R"({"alg":"RS256","kid":"r","crit":["b64"],"b64":false})", payload())),
            "its algorithm is not allowed");
}

TEST_F(JwtTest, AnUnknownKidIsSaidSoThatTheSetCanBeAskedForAgain) {
  EXPECT_EQ(check(rsa().token(R"({"alg":"RS256","kid":"new"})", payload())), "no key of the provider has its kid");
  EXPECT_EQ(check(rsa().token(R"({"alg":"RS256"})", payload())), "no key of the provider has its kid")
      << "which of three";
  keys = set(rsa().jwk("r"));
  EXPECT_EQ(check(rsa().token(R"({"alg":"RS256"})", payload())), "good") << "the only one";
  EXPECT_EQ(jwt_kid(rs(payload())), "r");
  EXPECT_EQ(jwt_kid("no.token"), std::nullopt);
}

TEST_F(JwtTest, IssuerAndAudienceAreExact) {
  EXPECT_EQ(check(rs(payload("", kNowS + 600, "https://login.example/"))), "another issuer's");
  EXPECT_EQ(check(rs(payload("", kNowS + 600, "https://LOGIN.example"))), "another issuer's");
  EXPECT_EQ(check(rs(payload("", kNowS + 600, "https://login.example", "\"other\""))), "for another audience");
  EXPECT_EQ(check(rs(payload("", kNowS + 600, "https://login.example", "[]"))), "for another audience");
  EXPECT_EQ(check(rs(payload("", kNowS + 600, "https://login.example", "7"))), "a claim is missing or cannot be");
}

TEST_F(JwtTest, TimesHoldWithALeeway) {
  EXPECT_EQ(check(rs(payload("", kNowS - 59))), "good");
  EXPECT_EQ(check(rs(payload("", kNowS - 60))), "expired");
  EXPECT_EQ(check(rs(payload(fmt::format(R"(,"nbf":{})", kNowS + 60)))), "good");
  EXPECT_EQ(check(rs(payload(fmt::format(R"(,"nbf":{})", kNowS + 61)))), "not valid yet");
  EXPECT_EQ(check(rs(payload("", kNowS + 86400))), "a claim is missing or cannot be") << "lives longer than a day";
  for (const char* exp : {"\"1795860600\"", "-1", "1e300", "null"})
    EXPECT_NE(
        check(rs(fmt::format(R"({{"iss":"https://login.example","aud":"trine","iat":{},"exp":{}}})", kNowS, exp))),
        "good")
        << exp;
  EXPECT_NE(check(rs(R"({"iss":"https://login.example","aud":"trine"})")), "good") << "no exp";
}

TEST_F(JwtTest, WhatIsNoTokenIsMalformed) {
  const string good = rs(payload());
  for (const string& no : {string(), string("."), string(".."), string("a.b"), string("a.b.c.d"), good + ".x",
                           "." + good, "e30." + good.substr(good.find('.') + 1), string(kMaxToken + 1, 'a'),
                           base64url("{\"alg\":\"RS256\",\"alg\":\"none\"}") + good.substr(good.find('.'))})
    EXPECT_EQ(check(no), "not a token") << no.substr(0, 60);
  EXPECT_EQ(from_base64url("YQ"), "a");
  for (const char* no : {"YR", "Y", "YQ==", "Y Q", "Y+"}) EXPECT_FALSE(from_base64url(no)) << no;
}

TEST(JwksTest, LeavesOutWhatIsNoKeyForSignatures) {
  const ProviderKey ec(ProviderKey::Kind::ec), weak(ProviderKey::Kind::rsa, 1024);
  const auto one =
      Jwks::parse("{\"keys\":[" + weak.jwk("weak") + "," + ec.jwk("e") + "," +
                  R"({"kty":"oct","k":"AAAA","kid":"shared"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},7])" + "}");
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ((*one)->size(), 1u);
  EXPECT_TRUE((*one)->has("e"));
  string off_curve = ec.jwk("e");
  off_curve[off_curve.size() - 5] = off_curve[off_curve.size() - 5] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(Jwks::parse("{\"keys\":[" + off_curve + "]}")) << "a point that is not on the curve";
  for (const char* no : {"", "{}", "[]", "{\"keys\":7}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"RSA\"}]"})
    EXPECT_FALSE(Jwks::parse(no)) << no;
  string many;
  for (int i = 0; i < 70; ++i) many += (i ? "," : "") + ec.jwk(std::to_string(i));
  EXPECT_FALSE(Jwks::parse("{\"keys\":[" + many + "]}"));
}

}  // namespace
}  // namespace trine::protect::jwt_test
