#include "gateway/cache/answer_cache.h"

#include <charconv>
#include <future>

#include "base/id.h"
#include "base/log.h"
#include "base/text.h"

namespace trine::gateway {
namespace {

constexpr std::string_view kKind = AnswerCache::kVaultKind;
constexpr size_t kMostLoaded = 1'000'000;

// Of this process, told to nobody.
std::string random_secret() {
  std::string out;
  while (out.size() < vault::kLeastSecret) out += fmt::format("{:016x}", random_seed());
  return out;
}

std::string secret_of(const vault::Vault* vault) {
  return vault ? hex(vault->hash("cache secret", {})) : random_secret();
}

std::optional<cache::Key> parse_key(std::string_view text) {
  cache::Key key{};
  if (text.size() != 2 * key.size()) return std::nullopt;
  for (size_t i = 0; i < key.size(); ++i) {
    const char* digits = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, key[i], 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
  }
  return key;
}

}  // namespace

AnswerCache::AnswerCache(size_t bytes, vault::Vault* vault)
    : vault_(vault), sealer_(secret_of(vault)), store_(bytes), vectors_(bytes) {}

void AnswerCache::keep(const cache::Key& key, std::shared_ptr<const cache::Answer> answer, const energy::Tenant& tenant,
                       bool persist) {
  store_.put(key, answer);
  if (!persist || !vault_) return;
  // Where the disk is behind, the answer is in memory only: it can be made again.
  executor_.post([this, key, answer = std::move(answer), tenant] {
    const vault::Owner owner{tenant.org, tenant.team, tenant.project, answer->key, answer->user};
    const auto put = vault_->put(kKind, hex(key), owner, answer->made, answer->expires, cache::to_bytes(*answer));
    if (!put && put.error().code != Code::resource_exhausted) log::warning("cache: {}", put.error().message);
  });
}

Result<size_t> AnswerCache::load(Wall now) {
  if (!vault_) return size_t{0};
  const auto entries = vault_->list(kKind, {}, kMostLoaded);
  if (!entries) return tl::unexpected(entries.error());
  size_t loaded = 0, bytes = 0;
  for (const vault::Entry& e : *entries) {
    bytes += e.bytes;
    if (bytes > store_.most()) break;
    const auto key = parse_key(e.id);
    const auto blob = vault_->get(kKind, e.id, now);
    if (!blob && blob.error().code != Code::data_loss) return tl::unexpected(blob.error());
    if (!blob) log::warning("cache: {}", blob.error().message);
    auto answer = key && blob && *blob ? cache::from_bytes((*blob)->bytes) : std::nullopt;
    if (!answer) {  // expired, damaged, or of another version
      if (auto dropped = vault_->drop(kKind, e.id); !dropped) return tl::unexpected(dropped.error());
      continue;
    }
    if (!answer->streamed) cache::find_places(*answer);
    store_.put(*key, std::make_shared<const cache::Answer>(std::move(*answer)));
    ++loaded;
  }
  return loaded;
}

Result<void> AnswerCache::erase(vault::Identity kind, std::string_view name) {
  const auto gone = kind == vault::Identity::key ? store_.erase_key(name) : store_.erase_user(name);
  for (const cache::Key& key : gone) vectors_.forget(key);
  if (!vault_) return {};
  // Behind the answers that are on their way to the disk.
  std::promise<Result<void>> done;
  const auto work = [&] {
    const auto erased = vault_->erase(kind, name);
    done.set_value(erased ? Result<void>() : tl::unexpected(erased.error()));
  };
  while (!executor_.post(work)) std::this_thread::yield();
  return done.get_future().get();
}

void AnswerCache::sweep(Wall now) {
  store_.sweep(now);
  if (!vault_) return;
  executor_.post([this, now] {
    if (const auto swept = vault_->sweep(now); !swept) log::warning("{}", swept.error().message);
  });
}

}  // namespace trine::gateway
