#include "protect/jwt_keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "json/read.h"

namespace trine::protect {
namespace {

constexpr int kLeastRsaBits = 2048, kMostRsaBits = 8192;
constexpr size_t kEcSize = 32;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;
using PKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using Context = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Number = Owned<BIGNUM, BN_free>;
using Builder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using EcSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

const unsigned char* bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

Number number(std::string_view big_endian) {
  return Number(BN_bin2bn(bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

PKey from_params(const char* type, OSSL_PARAM* params) {
  Context c(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!c || EVP_PKEY_fromdata_init(c.get()) != 1 || EVP_PKEY_fromdata(c.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
    return nullptr;
  return PKey(key);
}

PKey rsa_key(const std::string& n, const std::string& e) {
  const Number modulus = number(n), exponent = number(e);
  Builder b(OSSL_PARAM_BLD_new());
  if (!modulus || !exponent || !b) return nullptr;
  const int bits = BN_num_bits(modulus.get());
  if (bits < kLeastRsaBits || bits > kMostRsaBits || BN_num_bits(exponent.get()) > 64 || !BN_is_odd(exponent.get()) ||
      BN_is_one(exponent.get()))
    return nullptr;
  if (OSSL_PARAM_BLD_push_BN(b.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(b.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
    return nullptr;
  const Params params(OSSL_PARAM_BLD_to_param(b.get()));
  return params ? from_params("RSA", params.get()) : nullptr;
}

PKey ec_key(const std::string& x, const std::string& y) {
  if (x.size() != kEcSize || y.size() != kEcSize) return nullptr;
  const std::string point = "\x04" + x + y;
  char group[] = "P-256";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<char*>(point.data()), point.size()),
      OSSL_PARAM_construct_end()};
  return from_params("EC", params);  // refuses a point that is not on the curve
}

PKey ed25519_key(const std::string& x) {
  return PKey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(x), x.size()));
}

// A token has r and s side by side; OpenSSL wants them in DER.
std::string der_of(std::string_view raw) {
  if (raw.size() != 2 * kEcSize) return {};
  EcSignature sig(ECDSA_SIG_new());
  Number r = number(raw.substr(0, kEcSize)), s = number(raw.substr(kEcSize));
  if (!sig || !r || !s || ECDSA_SIG_set0(sig.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();
  (void)s.release();
  unsigned char* out = nullptr;
  const int n = i2d_ECDSA_SIG(sig.get(), &out);
  std::string der = n > 0 ? std::string(reinterpret_cast<char*>(out), static_cast<size_t>(n)) : std::string();
  OPENSSL_free(out);
  return der;
}

}  // namespace

struct Jwks::Key {
  std::string kid;
  Algorithm algorithm = Algorithm::rs256;
  PKey key;
};

Jwks::Jwks() = default;
Jwks::~Jwks() = default;

size_t Jwks::size() const {
  return keys_.size();
}

bool Jwks::has(std::string_view kid) const {
  for (const auto& k : keys_)
    if (k->kid == kid) return true;
  return false;
}

Result<std::shared_ptr<const Jwks>> Jwks::parse(std::string_view text) {
  if (text.size() > kMaxJwks) return fail(Code::data_loss, "the key set is larger than {} KiB", kMaxJwks >> 10);
  const auto list = json::member(text, "keys");
  if (!list || !*list || !(*list)->is_array()) return fail(Code::data_loss, "the key set has no list \"keys\"");
  auto set = std::make_shared<Jwks>();
  size_t seen = 0;
  const auto read_key = [&](json::Value item) {
    std::map<std::string, std::string> f;
    const auto walked = json::each_member(item.raw, [&](std::string_view name, json::Value v) {
      if (auto s = v.is_string() ? v.as_string() : Result<std::string>(std::string())) f.emplace(name, std::move(*s));
      return true;
    });
    if (!walked || (f.contains("use") && f["use"] != "sig")) return;
    const auto part = [&f](const char* name) { return from_base64url(f[name]).value_or(std::string()); };
    auto key = std::make_unique<Key>();
    key->kid = f["kid"];
    if (f["kty"] == "RSA") {
      key->algorithm = Algorithm::rs256;
      key->key = rsa_key(part("n"), part("e"));
    } else if (f["kty"] == "EC" && f["crv"] == "P-256") {
      key->algorithm = Algorithm::es256;
      key->key = ec_key(part("x"), part("y"));
    } else if (f["kty"] == "OKP" && f["crv"] == "Ed25519") {
      key->algorithm = Algorithm::eddsa;
      key->key = ed25519_key(part("x"));
    }
    // A key that says what it is for is for nothing else.
    if (f.contains("alg") && f["alg"] != name(key->algorithm)) return;
    if (key->key && !set->has(key->kid)) set->keys_.push_back(std::move(key));
  };
  const auto walked = json::each_element((*list)->raw, [&](json::Value item) {
    if (item.is_object()) read_key(item);
    return ++seen <= kMaxJwksKeys;
  });
  if (!walked) return fail(Code::data_loss, "the key set is not JSON");
  if (seen > kMaxJwksKeys) return fail(Code::data_loss, "the key set has more than {} keys", kMaxJwksKeys);
  if (set->keys_.empty()) return fail(Code::data_loss, "the key set has no key for RS256, ES256 or EdDSA");
  return std::shared_ptr<const Jwks>(std::move(set));
}

Verifier::Outcome Verifier::verify(const Jwks& keys, std::string_view kid, Algorithm algorithm, std::string_view text,
                                   std::string_view signature) {
  const Jwks::Key* key = nullptr;
  for (const auto& k : keys.keys_)
    if (kid.empty() ? keys.keys_.size() == 1 : k->kid == kid) key = k.get();
  if (!key) return Outcome::unknown_key;
  if (key->algorithm != algorithm) return Outcome::other_kind;
  const std::string der = algorithm == Algorithm::es256 ? der_of(signature) : std::string(signature);
  if (der.empty()) return Outcome::wrong;
  const DigestContext c(EVP_MD_CTX_new());
  const char* digest = algorithm == Algorithm::eddsa ? nullptr : "SHA256";
  const bool good = c &&
                    EVP_DigestVerifyInit_ex(c.get(), nullptr, digest, nullptr, nullptr, key->key.get(), nullptr) == 1 &&
                    EVP_DigestVerify(c.get(), bytes(der), der.size(), bytes(text), text.size()) == 1;
  return good ? Outcome::good : Outcome::wrong;
}

}  // namespace trine::protect
