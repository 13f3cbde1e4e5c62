// `Idempotency-Key`: a request that is sent again with the same key gets the first one's answer, and is neither
// computed nor billed again. Shared by the workers; only requests with the header come here.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/time.h"
#include "gateway/config/key_hash.h"

namespace trine::gateway {

struct StoredAnswer {
  int status = 200;
  std::string head;  // as own_head() or head_from_upstream() made it, with the figures
  std::string body;
};

// Any thread.
class Idempotency {
 public:
  static constexpr Nanos kKept = std::chrono::hours(24);
  static constexpr size_t kMaxAnswer = size_t{1} << 20;  // longer ones, and streams, are not kept
  static constexpr size_t kMaxBytes = size_t{64} << 20;  // of all; the oldest go first
  static constexpr size_t kMaxKeyLength = 255;

  enum class Verdict { fresh, replay, running, other_request, not_kept };
  struct Claim {
    Verdict verdict = Verdict::fresh;
    std::shared_ptr<const StoredAnswer> answer;  // replay
  };

  // `who` is the API key's id: keys of different clients never meet. A fresh claim is held until finish() or release().
  Claim claim(std::string_view who, std::string_view key, const KeyHash& fingerprint, Mono now);
  // The answer was sent. Without one (streams, answers too long) a repetition is told so.
  void finish(std::string_view who, std::string_view key, std::shared_ptr<const StoredAnswer> answer);
  // Nothing came of it: the next one may try.
  void release(std::string_view who, std::string_view key);
  size_t bytes() const;

 private:
  struct Entry {
    std::string name;
    KeyHash fingerprint;
    Mono expires;
    bool running = true;
    std::shared_ptr<const StoredAnswer> answer;
    size_t bytes() const {
      return name.size() + sizeof(Entry) + (answer ? answer->head.size() + answer->body.size() : 0);
    }
  };
  using Entries = std::list<Entry>;

  static std::string name_of(std::string_view who, std::string_view key);
  void drop(Entries::iterator it);

  mutable std::mutex mutex_;
  Entries entries_;  // oldest first
  std::unordered_map<std::string_view, Entries::iterator> by_name_;
  size_t bytes_ = 0;
};

// Releases a claim unless told that it is finished.
class IdempotencyClaim {
 public:
  IdempotencyClaim() = default;
  IdempotencyClaim(const IdempotencyClaim&) = delete;
  IdempotencyClaim& operator=(const IdempotencyClaim&) = delete;
  ~IdempotencyClaim() {
    if (store_) store_->release(who_, key_);
  }
  void hold(Idempotency& store, std::string who, std::string key) {
    store_ = &store;
    who_ = std::move(who);
    key_ = std::move(key);
  }
  explicit operator bool() const { return store_ != nullptr; }
  void finish(std::shared_ptr<const StoredAnswer> answer) {
    std::exchange(store_, nullptr)->finish(who_, key_, std::move(answer));
  }

 private:
  Idempotency* store_ = nullptr;
  std::string who_, key_;
};

}  // namespace trine::gateway
