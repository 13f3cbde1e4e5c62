#include "gateway/idempotency.h"

namespace trine::gateway {

std::string Idempotency::name_of(std::string_view who, std::string_view key) {
  std::string name(who);
  name += '\0';
  name += key;
  return name;
}

void Idempotency::drop(Entries::iterator it) {
  bytes_ -= it->bytes();
  by_name_.erase(it->name);
  entries_.erase(it);
}

Idempotency::Claim Idempotency::claim(std::string_view who, std::string_view key, const KeyHash& fingerprint,
                                      Mono now) {
  const std::string name = name_of(who, key);
  const std::lock_guard lock(mutex_);
  for (auto old = entries_.begin(); old != entries_.end() && old->expires <= now;) {
    const auto next = std::next(old);
    if (!old->running) drop(old);
    old = next;
  }
  if (const auto it = by_name_.find(name); it != by_name_.end()) {
    const Entry& e = *it->second;
    if (e.fingerprint != fingerprint) return {Verdict::other_request, nullptr};
    if (e.running) return {Verdict::running, nullptr};
    if (e.answer) return {Verdict::replay, e.answer};
    return {Verdict::not_kept, nullptr};
  }
  entries_.push_back({.name = name, .fingerprint = fingerprint, .expires = now + kKept, .running = true, .answer = {}});
  by_name_[entries_.back().name] = std::prev(entries_.end());
  bytes_ += entries_.back().bytes();
  return {};
}

void Idempotency::finish(std::string_view who, std::string_view key, std::shared_ptr<const StoredAnswer> answer) {
  const std::string name = name_of(who, key);
  const std::lock_guard lock(mutex_);
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return;
  Entry& e = *it->second;
  bytes_ -= e.bytes();
  e.running = false;
  e.answer = std::move(answer);
  bytes_ += e.bytes();
  for (auto old = entries_.begin(); bytes_ > kMaxBytes && old != entries_.end();) {
    const auto next = std::next(old);
    if (!old->running) drop(old);
    old = next;
  }
}

void Idempotency::release(std::string_view who, std::string_view key) {
  const std::string name = name_of(who, key);
  const std::lock_guard lock(mutex_);
  if (const auto it = by_name_.find(name); it != by_name_.end()) drop(it->second);
}

size_t Idempotency::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace trine::gateway
