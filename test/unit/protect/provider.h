// An OpenID provider's keys, made for one test: signs what the test says, right or wrong.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trine::protect {

inline std::string base64url(std::string_view bytes) {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (const char b : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(b);
    for (held += 8; held >= 6; held -= 6) out += kLetters[bits >> (held - 6) & 63];
  }
  if (held > 0) out += kLetters[bits << (6 - held) & 63];
  return out;
}

class ProviderKey {
 public:
  enum class Kind { rsa, ec, ed25519 };
  explicit ProviderKey(Kind kind, unsigned bits = 2048) : kind_(kind) {
    key_ = kind == Kind::rsa  ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(bits))
           : kind == Kind::ec ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")
                              : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  ~ProviderKey() { EVP_PKEY_free(key_); }
  ProviderKey(const ProviderKey&) = delete;
  ProviderKey& operator=(const ProviderKey&) = delete;

  std::string jwk(const std::string& kid, const std::string& more = "") const {
    const std::string head = "{\"kid\":\"" + kid + "\",\"use\":\"sig\"," + more;
    if (kind_ == Kind::rsa)
      return head + "\"kty\":\"RSA\",\"n\":\"" + base64url(number("n")) + "\",\"e\":\"" + base64url(number("e")) +
             "\"}";
    if (kind_ == Kind::ec)
      return head + "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + base64url(padded(number("qx"))) + "\",\"y\":\"" +
             base64url(padded(number("qy"))) + "\"}";
    std::string raw(32, '\0');
    size_t n = raw.size();
    EVP_PKEY_get_raw_public_key(key_, reinterpret_cast<unsigned char*>(raw.data()), &n);
    return head + "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + base64url(raw) + "\"}";
  }

  std::string sign(std::string_view text) const {
    EVP_MD_CTX* c = EVP_MD_CTX_new();
    EVP_DigestSignInit_ex(c, nullptr, kind_ == Kind::ed25519 ? nullptr : "SHA256", nullptr, nullptr, key_, nullptr);
    size_t n = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(text.data());
    EVP_DigestSign(c, nullptr, &n, data, text.size());
    std::string out(n, '\0');
    EVP_DigestSign(c, reinterpret_cast<unsigned char*>(out.data()), &n, data, text.size());
    out.resize(n);
    EVP_MD_CTX_free(c);
    return kind_ == Kind::ec ? raw_of(out) : out;
  }

  std::string token(const std::string& header, const std::string& payload) const {
    const std::string text = base64url(header) + "." + base64url(payload);
    return text + "." + base64url(sign(text));
  }

 private:
  static std::string padded(std::string s) { return std::string(s.size() < 32 ? 32 - s.size() : 0, '\0') + s; }
  static std::string bytes_of(const BIGNUM* n) {
    std::string out(static_cast<size_t>(BN_num_bytes(n)), '\0');
    BN_bn2bin(n, reinterpret_cast<unsigned char*>(out.data()));
    return out;
  }
  std::string number(const char* name) const {
    BIGNUM* n = nullptr;
    EVP_PKEY_get_bn_param(key_, name, &n);
    std::string out = bytes_of(n);
    BN_free(n);
    return out;
  }
  static std::string raw_of(const std::string& der) {
    const auto* p = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* s = d2i_ECDSA_SIG(nullptr, &p, static_cast<long>(der.size()));
    std::string out = padded(bytes_of(ECDSA_SIG_get0_r(s))) + padded(bytes_of(ECDSA_SIG_get0_s(s)));
    ECDSA_SIG_free(s);
    return out;
  }

  Kind kind_;
  EVP_PKEY* key_ = nullptr;
};

}  // namespace trine::protect
