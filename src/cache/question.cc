#include "cache/question.h"

#include <sodium/crypto_shorthash.h>

#include "base/id.h"

namespace trine::cache {
namespace {

using Value = QuestionHash::Value;
static_assert(sizeof(Value) == crypto_shorthash_siphashx24_KEYBYTES);
static_assert(sizeof(Value) == crypto_shorthash_siphashx24_BYTES);

Value hash(std::string_view text, const Value& key) {
  Value out;
  const auto bytes = [](const void* p) { return static_cast<const unsigned char*>(p); };
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(out.data()), bytes(text.data()), text.size(),
                              bytes(key.data()));
  return out;
}

}  // namespace

QuestionHash::QuestionHash() : key_{random_seed(), random_seed()} {}

// The name's value is the key for the body, so that where one ends and the other begins counts.
Value QuestionHash::of(const Question& q) const {
  return hash(q.body, hash(q.name, key_));
}

}  // namespace trine::cache
