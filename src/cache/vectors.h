// Embeddings of texts, by scope: which of those seen is the nearest to a new one.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cache/answer.h"

namespace trine::cache {

// Any thread; a lock, held while one vector is compared with all of its scope. Vectors of unequal lengths never meet.
class Vectors {
 public:
  // Beyond so many bytes the oldest go.
  explicit Vectors(size_t bytes) : most_(bytes) {}

  struct Near {
    Key key;        // of the answer
    double cosine;  // 1: the same direction
  };
  // Of length one, or nothing for a vector without a direction (empty, zero, not finite).
  static std::optional<std::vector<float>> unit(std::vector<float> v);

  // REQUIRES: `unit` is one.
  std::optional<Near> nearest(const Key& scope, const std::vector<float>& unit) const;
  // Of more than `most` in the scope, which bounds the time of a look-up, the oldest go.
  void put(const Key& scope, std::vector<float> unit, const Key& answer, size_t most);
  void forget(const Key& answer);
  void clear();
  size_t bytes() const;
  size_t size() const;

 private:
  struct Entry {
    Key answer;
    std::vector<float> unit;
    uint64_t order;
  };
  struct KeyHash {
    size_t operator()(const Key& k) const;
  };
  using Scopes = std::unordered_map<Key, std::deque<Entry>, KeyHash>;

  static size_t cost(const Entry& e) { return sizeof(Entry) + 128 + e.unit.size() * sizeof(float); }
  void drop_oldest(Scopes::iterator scope);

  const size_t most_;
  mutable std::mutex mutex_;
  Scopes scopes_;                                // each oldest first
  std::deque<std::pair<uint64_t, Key>> orders_;  // of all, oldest first; some are gone already
  uint64_t next_ = 0;
  size_t bytes_ = 0, size_ = 0;
};

}  // namespace trine::cache
