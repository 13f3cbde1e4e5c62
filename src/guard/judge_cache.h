// Verdicts of the judge that were had already: the same text need not be judged twice.
//
// Bounded: `capacity` verdicts, all memory taken at once; the least recently used one goes. Keys are a keyed hash
// (HMAC-SHA-256, 128 bits of it) over text, question, model and policy, so no text is kept, and who does not know the
// secret can neither find two texts that meet nor pile entries up in one bucket. One thread (one cache per worker): a
// verdict is worth milliseconds of a GPU, a lock on the request path is not.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "guard/judge.h"

namespace trine::guard {

class JudgeCache {
 public:
  using Key = std::array<uint64_t, 2>;

  // At most 2^20 are kept, nothing with a capacity of 0. `secret`: random, of this process.
  JudgeCache(size_t capacity, Nanos time_to_live, std::string secret);

  // `policy`: the text or fingerprint of what the judge was told, so that a change of it asks again.
  Key key(JudgeFamily family, std::string_view model, std::string_view policy, const JudgeQuestion& question) const;

  // The verdict without its rationale, if it is there and younger than time_to_live.
  std::optional<JudgeVerdict> find(const Key& key, Mono now);
  void put(const Key& key, const JudgeVerdict& verdict, Mono now);
  size_t size() const { return size_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Slot {
    Key key{};
    Mono until{};
    JudgeVerdict verdict;
    uint32_t older = kNone, newer = kNone;  // by use
    uint32_t chain = kNone;                 // in its bucket
  };
  uint32_t& bucket(const Key& key) { return buckets_[key[0] % buckets_.size()]; }
  uint32_t lookup(const Key& key);
  void unlink(uint32_t i);
  void to_front(uint32_t i);
  void leave_bucket(uint32_t i);

  const Nanos time_to_live_;
  const std::string secret_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> buckets_;
  size_t size_ = 0;
  uint32_t newest_ = kNone, oldest_ = kNone;
};

}  // namespace trine::guard
