#include "guard/judge_cache.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "net/hmac.h"

namespace trine::guard {

namespace {

constexpr size_t kMaxCapacity = size_t{1} << 20;

// Each field with its length before it, so that no two lists of fields give the same bytes.
void append_field(std::string& out, std::string_view field) {
  out.append(std::to_string(field.size())).append(1, ':').append(field);
}

}  // namespace

JudgeCache::JudgeCache(size_t capacity, Nanos time_to_live, std::string secret)
    : time_to_live_(time_to_live),
      secret_(std::move(secret)),
      slots_(std::min(capacity, kMaxCapacity)),
      buckets_(std::max<size_t>(slots_.size(), 1), kNone) {}

JudgeCache::Key JudgeCache::key(JudgeFamily family, std::string_view model, std::string_view policy,
                                const JudgeQuestion& question) const {
  std::string message;
  message.reserve(question.text.size() + question.asked.size() + policy.size() + 128);
  append_field(message, name(family));
  append_field(message, model);
  append_field(message, policy);
  append_field(message, name(question.risk));
  append_field(message, name(question.provenance));
  append_field(message, question.asked);
  append_field(message, question.text);
  const std::string digits = net::hmac_sha256(secret_, message);
  Key key{};
  for (size_t i = 0; i < key.size(); ++i) {
    std::from_chars(digits.data() + 16 * i, digits.data() + 16 * (i + 1), key[i], 16);
  }
  return key;
}

std::optional<JudgeVerdict> JudgeCache::find(const Key& key, Mono now) {
  const uint32_t i = lookup(key);
  if (i == kNone || now >= slots_[i].until)
    return std::nullopt;  // an old one stays until it is replaced or is the oldest
  unlink(i);
  to_front(i);
  return slots_[i].verdict;
}

void JudgeCache::put(const Key& key, const JudgeVerdict& verdict, Mono now) {
  if (slots_.empty()) return;
  uint32_t i = lookup(key);
  const bool known = i != kNone;
  if (known) {
    unlink(i);
  } else if (size_ < slots_.size()) {
    i = static_cast<uint32_t>(size_++);
  } else {
    i = oldest_;
    unlink(i);
    leave_bucket(i);
  }
  Slot& slot = slots_[i];
  if (!known) {
    slot.key = key;
    slot.chain = std::exchange(bucket(key), i);
  }
  slot.until = now + time_to_live_;
  slot.verdict = verdict;
  slot.verdict.rationale = std::string();  // its memory would not be bounded by the capacity
  to_front(i);
}

uint32_t JudgeCache::lookup(const Key& key) {
  uint32_t i = bucket(key);
  while (i != kNone && slots_[i].key != key) i = slots_[i].chain;
  return i;
}

void JudgeCache::unlink(uint32_t i) {
  const Slot& slot = slots_[i];
  (slot.older == kNone ? oldest_ : slots_[slot.older].newer) = slot.newer;
  (slot.newer == kNone ? newest_ : slots_[slot.newer].older) = slot.older;
}

void JudgeCache::to_front(uint32_t i) {
  Slot& slot = slots_[i];
  slot.older = newest_;
  slot.newer = kNone;
  (newest_ == kNone ? oldest_ : slots_[newest_].newer) = i;
  newest_ = i;
}

void JudgeCache::leave_bucket(uint32_t i) {
  uint32_t* at = &bucket(slots_[i].key);
  while (*at != i) at = &slots_[*at].chain;
  *at = slots_[i].chain;
}

}  // namespace trine::guard
