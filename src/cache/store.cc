#include "cache/store.h"

#include <cstring>

namespace trine::cache {
namespace {

constexpr size_t kEntryBytes = 240;  // list, tables and counters of one

}  // namespace

size_t Store::KeyHash::operator()(const Key& k) const {
  size_t out = 0;
  std::memcpy(&out, k.data(), sizeof out);
  return out;
}

size_t Store::cost(const Entry& e) {
  return kEntryBytes + e.answer->bytes();
}

std::shared_ptr<const Answer> Store::given(Entries::iterator it, Wall now) {
  if (it->answer->expires <= now) {
    drop(it);
    return nullptr;
  }
  it->asked = true;
  return it->answer;
}

std::shared_ptr<const Answer> Store::find(const Key& key, Wall now) {
  const std::lock_guard lock(mutex_);
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : given(it->second, now);
}

std::shared_ptr<const Answer> Store::find(const Question& question, Wall now) {
  if (question.body.size() > kMostQuestion) return nullptr;
  const auto hash = hash_.of(question);
  const std::lock_guard lock(mutex_);
  const auto it = by_question_.find(hash);
  return it == by_question_.end() ? nullptr : given(it->second, now);
}

void Store::remember(const Key& key, const Question& question) {
  if (question.body.size() > kMostQuestion) return;
  const auto hash = hash_.of(question);
  const std::lock_guard lock(mutex_);
  const auto it = by_key_.find(key);
  if (it == by_key_.end()) return;
  forget(*it->second);
  it->second->question = hash;
  if (const auto [other, fresh] = by_question_.try_emplace(hash, it->second); !fresh) {
    other->second->question.reset();
    other->second = it->second;
  }
}

void Store::forget(Entry& e) {
  if (!e.question) return;
  by_question_.erase(*e.question);
  e.question.reset();
}

void Store::put(const Key& key, std::shared_ptr<const Answer> answer) {
  const std::lock_guard lock(mutex_);
  if (const auto old = by_key_.find(key); old != by_key_.end()) drop(old->second);
  Entry e{key, std::move(answer)};
  const size_t bytes = cost(e);
  if (bytes > most_) return;
  bytes_ += bytes;
  make_room();
  entries_.push_front(std::move(e));
  by_key_[key] = entries_.begin();
}

Store::Entries::iterator Store::drop(Entries::iterator it) {
  forget(*it);
  bytes_ -= cost(*it);
  by_key_.erase(it->key);
  // The hand goes on towards the newest, which is towards the front.
  if (hand_ == it) hand_ = it == entries_.begin() ? entries_.end() : std::prev(it);
  return entries_.erase(it);
}

void Store::make_room() {
  while (bytes_ > most_ && !entries_.empty()) {
    if (hand_ == entries_.end()) hand_ = std::prev(entries_.end());
    if (hand_->asked) {
      hand_->asked = false;
      hand_ = hand_ == entries_.begin() ? entries_.end() : std::prev(hand_);
      continue;
    }
    drop(hand_);
  }
}

std::vector<Key> Store::erase(std::string Answer::*whose, std::string_view name) {
  std::vector<Key> gone;
  if (name.empty()) return gone;
  const std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    if ((*it->answer).*whose != name) {
      ++it;
      continue;
    }
    gone.push_back(it->key);
    it = drop(it);
  }
  return gone;
}

void Store::sweep(Wall now) {
  const std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) it = it->answer->expires <= now ? drop(it) : std::next(it);
}

void Store::resize(size_t bytes) {
  const std::lock_guard lock(mutex_);
  most_ = bytes;
  make_room();
}

size_t Store::most() const {
  const std::lock_guard lock(mutex_);
  return most_;
}

size_t Store::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

size_t Store::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace trine::cache
