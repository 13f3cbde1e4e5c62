#include "vault/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <new>
#include <span>

namespace trine::vault {
namespace {

constexpr size_t kSalt = 16, kNonce = 12, kTag = 16;
constexpr size_t kBlock = 64;  // of SHA-256
static_assert(kSalt + kNonce + kTag == Sealer::kOverhead);

const unsigned char* bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

struct FreeDigest {
  void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
};

// RFC 2104. By hand, as a name is made for every request: OpenSSL 3's HMAC() looks its algorithm up anew each time,
// which takes longer than to hash a kilobyte.
Sealer::Hash hmac(std::string_view key, std::string_view message) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> c(EVP_MD_CTX_new());
  Sealer::Hash out{};
  std::array<unsigned char, kBlock> pad{};
  // Steps fail for want of memory only.
  const auto digest = [&](unsigned char with, const unsigned char* more, size_t size) {
    std::array<unsigned char, kBlock> padded = pad;
    for (auto& byte : padded) byte ^= with;
    const bool good = c && EVP_DigestInit_ex2(c.get(), sha256, nullptr) == 1 &&
                      EVP_DigestUpdate(c.get(), padded.data(), padded.size()) == 1 &&
                      EVP_DigestUpdate(c.get(), more, size) == 1 &&
                      EVP_DigestFinal_ex(c.get(), out.data(), nullptr) == 1;
    OPENSSL_cleanse(padded.data(), padded.size());
    if (!good) throw std::bad_alloc();
  };
  if (key.size() > kBlock) {
    if (EVP_Digest(key.data(), key.size(), pad.data(), nullptr, sha256, nullptr) != 1) throw std::bad_alloc();
  } else {
    std::copy(key.begin(), key.end(), pad.begin());
  }
  digest(0x36, bytes(message), message.size());
  const Sealer::Hash inner = out;
  digest(0x5c, inner.data(), inner.size());
  OPENSSL_cleanse(pad.data(), pad.size());
  return out;
}

std::string_view view(const Sealer::Hash& h) {
  return {reinterpret_cast<const char*>(h.data()), h.size()};
}

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const EVP_CIPHER* cipher() {
  static const EVP_CIPHER* const aes = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return aes;
}

// A key for each blob: so many may be sealed with one secret that random nonces alone would come to repeat.
Sealer::Hash key_of(const Sealer::Hash& seal_key, std::string_view salt) {
  return hmac(view(seal_key), salt);
}

}  // namespace

Sealer::Sealer(std::string_view secret) {
  Hash root = hmac("trine vault", secret);
  seal_key_ = hmac(view(root), std::string_view("seal\x01", 5));
  hash_key_ = hmac(view(root), std::string_view("hash\x01", 5));
  OPENSSL_cleanse(root.data(), root.size());
}

Sealer::~Sealer() {
  OPENSSL_cleanse(seal_key_.data(), seal_key_.size());
  OPENSSL_cleanse(hash_key_.data(), hash_key_.size());
}

Result<std::string> Sealer::seal(std::string_view plain, std::string_view context) const {
  if (plain.size() > INT_MAX - kOverhead || context.size() > INT_MAX)
    return fail(Code::invalid_argument, "{} bytes are too many to be sealed at once", plain.size());
  std::string out(kOverhead + plain.size(), '\0');
  auto* const p = reinterpret_cast<unsigned char*>(out.data());
  if (RAND_bytes(p, kSalt + kNonce) != 1) return fail(Code::unavailable, "the system has no random numbers");
  Hash key = key_of(seal_key_, {out.data(), kSalt});
  const Context c(EVP_CIPHER_CTX_new());
  int n = 0;
  const bool good = c && EVP_EncryptInit_ex2(c.get(), cipher(), key.data(), p + kSalt, nullptr) == 1 &&
                    EVP_EncryptUpdate(c.get(), nullptr, &n, bytes(context), static_cast<int>(context.size())) == 1 &&
                    EVP_EncryptUpdate(c.get(), p + kOverhead, &n, bytes(plain), static_cast<int>(plain.size())) == 1 &&
                    EVP_EncryptFinal_ex(c.get(), p + kOverhead + plain.size(), &n) == 1 &&
                    EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, kTag, p + kSalt + kNonce) == 1;
  OPENSSL_cleanse(key.data(), key.size());
  if (!good) return fail(Code::internal, "AES-256-GCM does not work on this machine");
  return out;
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view context) const {
  const auto refused = fail(Code::data_loss, "it was sealed with another secret, or changed since");
  if (sealed.size() < kOverhead || sealed.size() > INT_MAX || context.size() > INT_MAX) return refused;
  const unsigned char* const p = bytes(sealed);
  std::string plain(sealed.size() - kOverhead, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(plain.data());
  std::array<unsigned char, kTag> tag{};
  std::copy_n(p + kSalt + kNonce, kTag, tag.begin());
  Hash key = key_of(seal_key_, sealed.substr(0, kSalt));
  const Context c(EVP_CIPHER_CTX_new());
  int n = 0;
  const bool good = c && EVP_DecryptInit_ex2(c.get(), cipher(), key.data(), p + kSalt, nullptr) == 1 &&
                    EVP_DecryptUpdate(c.get(), nullptr, &n, bytes(context), static_cast<int>(context.size())) == 1 &&
                    EVP_DecryptUpdate(c.get(), out, &n, p + kOverhead, static_cast<int>(plain.size())) == 1 &&
                    EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1 &&
                    EVP_DecryptFinal_ex(c.get(), out + plain.size(), &n) == 1;
  OPENSSL_cleanse(key.data(), key.size());
  if (!good) return refused;
  return plain;
}

Sealer::Hash Sealer::hash(std::string_view label, std::string_view name) const {
  std::string message(label);
  message += '\0';  // labels hold none
  message += name;
  return hmac(view(hash_key_), message);
}

}  // namespace trine::vault
