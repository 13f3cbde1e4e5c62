#include "meter_agent/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <new>

#include "meter/rapl.h"

namespace trine::meter_agent {
namespace {

constexpr size_t kShortest = 16;

std::string_view bare(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

Token::Hash Token::hash(std::string_view text) {
  Hash digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  return digest;
}

Result<Token> Token::of(std::string_view secret) {
  const std::string_view text = bare(secret);
  if (text.size() < kShortest)
    return fail(Code::invalid_argument, "the token is shorter than {} bytes: make one with 'openssl rand -hex 32'",
                kShortest);
  return Token(text);
}

Result<Token> Token::from_file(const std::string& path) {
  auto text = meter::read_small_file(path);
  if (!text) return tl::unexpected(text.error());
  constexpr size_t kLongest = 200;  // of what read_small_file() gives
  if (text->size() > kLongest)
    return fail(Code::invalid_argument, "{} is longer than {} bytes: no token", path, kLongest);
  auto token = of(*text);
  OPENSSL_cleanse(text->data(), text->size());
  if (!token) return fail(token.error().code, "{}: {}", path, token.error().message);
  return token;
}

bool Token::matches(std::string_view shown) const {
  const Hash other = hash(shown);
  return CRYPTO_memcmp(other.data(), hash_.data(), hash_.size()) == 0;
}

}  // namespace trine::meter_agent
