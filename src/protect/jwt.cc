#include "protect/jwt.h"

#include <algorithm>

#include "json/read.h"
#include "protect/jwt_keys.h"

namespace trine::protect {
namespace {

constexpr size_t kMaxKid = 256, kMaxClaims = 64, kMaxList = 256;

int digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

struct Parts {
  std::string_view header, payload, signature, signed_text;
};

std::optional<Parts> split(std::string_view token) {
  if (token.size() > kMaxToken) return std::nullopt;
  const size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
               token.substr(0, second)};
}

struct Header {
  std::string alg, kid;
  bool forbidden = false;  // crit, or a key that the token brings along
};

std::optional<Header> read_header(std::string_view encoded) {
  const auto json = from_base64url(encoded);
  if (!json) return std::nullopt;
  Header h;
  bool good = true;
  const auto walked = json::each_member(*json, [&](std::string_view key, json::Value v) {
    if (key == "alg" || key == "kid") {
      const auto s = v.as_string();
      good = good && s && s->size() <= kMaxKid;
      if (s) (key == "alg" ? h.alg : h.kid) = *s;
    } else if (key == "crit" || key == "jwk" || key == "jku" || key == "x5u" || key == "x5c") {
      h.forbidden = true;
    }
    return good;
  });
  if (!walked || !good || h.alg.empty()) return std::nullopt;
  return h;
}

struct Payload {
  Claims claims;
  std::string issuer;
  std::vector<std::string> audiences;
  std::optional<double> exp, nbf, iat;
  bool good = true;
};

std::optional<std::vector<std::string>> strings(json::Value v) {
  std::vector<std::string> out;
  bool good = true;
  const auto walked = json::each_element(v.raw, [&](json::Value item) {
    auto s = item.as_string();
    good = s && out.size() < kMaxList;
    if (good) out.push_back(std::move(*s));
    return good;
  });
  if (!walked || !good) return std::nullopt;
  return out;
}

void take(Payload& p, std::string_view key, json::Value v) {
  const auto number = [&](std::optional<double>& into) {
    const auto n = v.as_double();
    p.good = p.good && n && *n >= 0 && *n < 1e11;
    if (n) into = *n;
  };
  if (key == "exp") return number(p.exp);
  if (key == "nbf") return number(p.nbf);
  if (key == "iat") return number(p.iat);
  if (v.is_string()) {
    const auto s = v.as_string();
    if (!s) return void(p.good = false);
    if (key == "iss") p.issuer = *s;
    if (key == "sub") p.claims.subject = *s;
    if (key == "aud") p.audiences = {*s};
    if (p.claims.texts.size() < kMaxClaims) p.claims.texts.emplace(key, *s);
  } else if (v.is_array()) {
    auto list = strings(v);
    if (key == "aud" && !list) p.good = false;
    if (!list) return;  // of something else: no claim that anybody asks for
    if (key == "aud") p.audiences = *list;
    if (p.claims.lists.size() < kMaxClaims) p.claims.lists.emplace(key, std::move(*list));
  } else if (key == "iss" || key == "aud" || key == "sub") {
    p.good = false;
  }
}

Wall wall_of(double unix_s) {
  return from_unix_ns(static_cast<int64_t>(std::min(unix_s, 9e9) * 1e9));
}

std::optional<JwtFault> check(const Payload& p, const JwtRule& rule, Wall now) {
  if (!p.good || !p.exp) return JwtFault::claims;
  if (p.issuer != rule.issuer || rule.issuer.empty()) return JwtFault::issuer;
  const bool ours = std::any_of(p.audiences.begin(), p.audiences.end(), [&](const std::string& a) {
    return std::find(rule.audiences.begin(), rule.audiences.end(), a) != rule.audiences.end();
  });
  if (!ours) return JwtFault::audience;
  if (now >= wall_of(*p.exp) + rule.leeway) return JwtFault::expired;
  if (p.nbf && now + rule.leeway < wall_of(*p.nbf)) return JwtFault::not_yet;
  if (p.iat && now + rule.leeway < wall_of(*p.iat)) return JwtFault::not_yet;
  if (rule.longest > Nanos(0)) {
    const auto begin = p.iat ? p.iat : p.nbf;
    if (!begin || wall_of(*p.exp) - wall_of(*begin) > rule.longest) return JwtFault::claims;
  }
  return std::nullopt;
}

}  // namespace

const char* name(Algorithm a) {
  return a == Algorithm::rs256 ? "RS256" : a == Algorithm::es256 ? "ES256" : "EdDSA";
}

std::optional<Algorithm> parse_algorithm(std::string_view text) {
  for (const Algorithm a : {Algorithm::rs256, Algorithm::es256, Algorithm::eddsa})
    if (text == name(a)) return a;
  return std::nullopt;
}

const char* name(JwtFault fault) {
  switch (fault) {
    case JwtFault::malformed:
      return "not a token";
    case JwtFault::algorithm:
      return "its algorithm is not allowed";
    case JwtFault::unknown_key:
      return "no key of the provider has its kid";
    case JwtFault::signature:
      return "its signature is wrong";
    case JwtFault::issuer:
      return "another issuer's";
    case JwtFault::audience:
      return "for another audience";
    case JwtFault::expired:
      return "expired";
    case JwtFault::not_yet:
      return "not valid yet";
    case JwtFault::claims:
      return "a claim is missing or cannot be";
  }
  return "unknown";
}

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int d = digit(c);
    if (d < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(d);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xff);
    }
  }
  if ((bits & ((1u << held) - 1)) != 0) return std::nullopt;
  return out;
}

std::optional<std::string> jwt_kid(std::string_view token) {
  const auto parts = split(token);
  if (!parts) return std::nullopt;
  auto header = read_header(parts->header);
  if (!header) return std::nullopt;
  return std::move(header->kid);
}

std::optional<Claims> verify_jwt(std::string_view token, const Jwks& keys, const JwtRule& rule, Wall now,
                                 JwtFault& fault) {
  const auto refuse = [&fault](JwtFault f) {
    fault = f;
    return std::nullopt;
  };
  const auto parts = split(token);
  if (!parts) return refuse(JwtFault::malformed);
  const auto header = read_header(parts->header);
  if (!header) return refuse(JwtFault::malformed);
  const auto algorithm = parse_algorithm(header->alg);
  if (header->forbidden || !algorithm ||
      std::find(rule.algorithms.begin(), rule.algorithms.end(), *algorithm) == rule.algorithms.end())
    return refuse(JwtFault::algorithm);
  const auto signature = from_base64url(parts->signature);
  const auto json = from_base64url(parts->payload);
  if (!signature || !json) return refuse(JwtFault::malformed);
  // The signature before anything that the payload says.
  switch (Verifier::verify(keys, header->kid, *algorithm, parts->signed_text, *signature)) {
    case Verifier::Outcome::good:
      break;
    case Verifier::Outcome::unknown_key:
      return refuse(JwtFault::unknown_key);
    case Verifier::Outcome::other_kind:
      return refuse(JwtFault::algorithm);
    case Verifier::Outcome::wrong:
      return refuse(JwtFault::signature);
  }
  Payload p;
  const auto walked = json::each_member(*json, [&](std::string_view key, json::Value v) {
    take(p, key, v);
    return true;
  });
  if (!walked) return refuse(JwtFault::malformed);
  if (const auto wrong = check(p, rule, now)) return refuse(*wrong);
  p.claims.expires = wall_of(*p.exp);
  return std::move(p.claims);
}

}  // namespace trine::protect
