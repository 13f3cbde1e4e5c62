#include "protect/key_table.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <algorithm>
#include <new>

namespace trine::protect {
namespace {

constexpr size_t kMostHashed = 256;  // of a key's text: a longer one is none of ours, and costs no more

struct MacFree {
  void operator()(EVP_MAC_CTX* c) const { EVP_MAC_CTX_free(c); }
};

// Set up once per thread and pepper: the key's schedule is most of a short HMAC.
EVP_MAC_CTX* prepared(const Pepper& pepper) {
  thread_local std::unique_ptr<EVP_MAC_CTX, MacFree> context;
  thread_local Pepper of{};
  if (context && of == pepper) return context.get();
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  context.reset(EVP_MAC_CTX_new(hmac));
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_init(context.get(), pepper.data(), pepper.size(), params) != 1) throw std::bad_alloc();
  of = pepper;
  return context.get();
}

uint32_t clamp_s(int64_t s) {
  return static_cast<uint32_t>(std::clamp<int64_t>(s, 0, UINT32_MAX));
}

}  // namespace

const char* name(Role role) {
  switch (role) {
    case Role::none:
      return "none";
    case Role::viewer:
      return "viewer";
    case Role::operator_:
      return "operator";
    case Role::admin:
      return "admin";
  }
  return "none";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const Role r : {Role::none, Role::viewer, Role::operator_, Role::admin})
    if (text == name(r)) return r;
  return std::nullopt;
}

Digest hash_key_text(const Pepper& pepper, std::string_view key) {
  key = key.substr(0, kMostHashed);
  EVP_MAC_CTX* c = prepared(pepper);
  Digest out{};
  size_t length = 0;
  if (EVP_MAC_init(c, nullptr, 0, nullptr) != 1 ||
      EVP_MAC_update(c, reinterpret_cast<const unsigned char*>(key.data()), key.size()) != 1 ||
      EVP_MAC_final(c, out.data(), &length, out.size()) != 1)
    throw std::bad_alloc();
  return out;
}

KeyTable::KeyTable(const Pepper& pepper, std::vector<Grant> grants, const std::vector<Row>& rows)
    : pepper_(pepper), grants_(std::move(grants)), used_(rows.size()) {
  index_.reserve(rows.size());
  uint32_t slot = 0;
  for (const Row& r : rows) index_.emplace(r.id, Entry{r.hash, clamp_s(r.expires_s), r.grant, slot++});
}

std::optional<KeyTable::Match> KeyTable::find(std::string_view key, Wall now) const {
  static const Entry kNobody{};  // compared with where there is no such key, so that the time is the same
  const Digest hash = hash_key_text(pepper_, key);
  const auto id = id_of_key(key);
  const auto it = index_.find(id.value_or(0));
  const bool known = it != index_.end();
  const Entry& e = known ? it->second : kNobody;
  const uint32_t now_s = clamp_s(unix_s(now));
  const bool right = same(hash, e.hash);
  const bool alive = e.expires_s == 0 || now_s < e.expires_s;
  if (!known || !right || !alive) return std::nullopt;
  // Only when it changes: sixteen keys share a cache line with every worker.
  if (auto& used = used_[e.slot]; used.load(std::memory_order_relaxed) != now_s)
    used.store(now_s, std::memory_order_relaxed);
  return Match{*id, e.grant};
}

std::optional<KeyTable::Match> KeyTable::find_id(KeyId id, Wall now) const {
  const auto it = index_.find(id);
  if (it == index_.end()) return std::nullopt;
  const Entry& e = it->second;
  if (e.expires_s != 0 && clamp_s(unix_s(now)) >= e.expires_s) return std::nullopt;
  return Match{id, e.grant};
}

std::vector<std::pair<KeyId, int64_t>> KeyTable::used(int64_t since_s) const {
  std::vector<std::pair<KeyId, int64_t>> out;
  for (const auto& [id, e] : index_)
    if (const uint32_t s = used_[e.slot].load(std::memory_order_relaxed); s != 0 && s >= since_s)
      out.emplace_back(id, s);
  return out;
}

size_t KeyTable::bytes() const {
  // A slot and its byte of metadata; the table is at most 7/8 full and grows by two.
  return index_.bucket_count() * (sizeof(std::pair<const KeyId, Entry>) + 1) + used_.size() * sizeof(used_[0]);
}

}  // namespace trine::protect
