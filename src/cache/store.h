// Answers in memory, by key.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/answer.h"
#include "cache/question.h"

namespace trine::cache {

// Any thread; a lock, held for a look-up. When it is full, what was put in first goes first, but for what was asked for
// since it was last passed over (SIEVE, Zhang et al., NSDI 2024): a run of requests that come once does not push out
// what is asked for all the time, and a hit moves nothing.
class Store {
 public:
  // Longer ones are not remembered: they are seldom, and would be hashed once more than others.
  static constexpr size_t kMostQuestion = 256 << 10;

  explicit Store(size_t bytes) : most_(bytes) {}

  std::shared_ptr<const Answer> find(const Key& key, Wall now);
  // What remember() was told: most requests that come again come byte for byte as before, and need no key then.
  std::shared_ptr<const Answer> find(const Question& question, Wall now);
  // That `question` asks for the answer with this key, for as long as that is kept; of several the last. Only a hash by
  // keys of this process is kept of it. Nothing where there is no such answer.
  void remember(const Key& key, const Question& question);
  // In place of what was there. One that is longer than all may be, or has expired, is not kept.
  void put(const Key& key, std::shared_ptr<const Answer> answer);
  // Those asked for by this key or user; whose they were.
  std::vector<Key> erase_key(std::string_view name) { return erase(&Answer::key, name); }
  std::vector<Key> erase_user(std::string_view name) { return erase(&Answer::user, name); }
  // What has expired goes.
  void sweep(Wall now);

  // Keeps so many bytes from now on.
  void resize(size_t bytes);
  size_t most() const;
  size_t bytes() const;
  size_t size() const;

 private:
  struct Entry {
    Key key;
    std::shared_ptr<const Answer> answer;
    bool asked = false;  // since the hand passed
    std::optional<QuestionHash::Value> question = std::nullopt;
  };
  using Entries = std::list<Entry>;
  struct KeyHash {  // keys are hashes already
    size_t operator()(const Key& k) const;
  };
  struct ValueHash {  // likewise
    size_t operator()(const QuestionHash::Value& v) const { return v[0]; }
  };

  std::vector<Key> erase(std::string Answer::*whose, std::string_view name);
  std::shared_ptr<const Answer> given(Entries::iterator it, Wall now);
  void forget(Entry& e);
  Entries::iterator drop(Entries::iterator it);
  void make_room();
  static size_t cost(const Entry& e);

  mutable std::mutex mutex_;
  size_t most_;
  Entries entries_;                          // newest first
  Entries::iterator hand_ = entries_.end();  // goes from the oldest to the newest; end(): begins again
  std::unordered_map<Key, Entries::iterator, KeyHash> by_key_;
  const QuestionHash hash_;
  std::unordered_map<QuestionHash::Value, Entries::iterator, ValueHash> by_question_;
  size_t bytes_ = 0;
};

}  // namespace trine::cache
