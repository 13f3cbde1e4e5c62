// Whose key is it? A table of all keys in memory, made anew when one changes, shared by the workers as it is.
// Immutable but for the time of last use; any thread.
#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "protect/digest.h"
#include "protect/key_text.h"
#include "protect/role.h"

namespace trine::protect {

// What keys of one project share, or what one key alone may do: many keys, few of these.
struct Grant {
  std::string org, team, project;
  std::string workload;                // default of its requests; empty: the route's
  std::vector<std::string> routes;     // model names that clients may ask for; empty: all
  std::vector<std::string> endpoints;  // chat, completions, embeddings, responses, other; empty: all
  Role role = Role::none;
  bool operator==(const Grant&) const = default;
};

// The secret that keys are hashed with: without it the stored hashes cannot be tried against guesses.
using Pepper = std::array<unsigned char, 32>;
// HMAC-SHA-256 of the whole key's text.
Digest hash_key_text(const Pepper& pepper, std::string_view key);

class KeyTable {
 public:
  struct Row {
    KeyId id = 0;
    Digest hash{};
    uint32_t grant = 0;     // into `grants`
    int64_t expires_s = 0;  // Unix seconds; 0: never
  };
  // REQUIRES: rows[i].grant < grants.size(), ids unique.
  KeyTable(const Pepper& pepper, std::vector<Grant> grants, const std::vector<Row>& rows);

  struct Match {
    KeyId id = 0;
    uint32_t grant = 0;  // into grants()
  };
  // Null for a key that is malformed, unknown, expired, or whose secret is another: in the same time, whichever it is.
  // Notes the time of use.
  std::optional<Match> find(std::string_view key, Wall now) const;

  // The key of that id while it may be used: for work that goes on without the key itself. Notes no use.
  std::optional<Match> find_id(KeyId id, Wall now) const;

  const std::vector<Grant>& grants() const { return grants_; }
  // Calls visit(id, grant) for each key, in no order.
  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& [id, entry] : index_) visit(id, entry.grant);
  }

  // Of each key that was used since the table was made and not before `since_s`, its last time; in Unix seconds.
  std::vector<std::pair<KeyId, int64_t>> used(int64_t since_s = 0) const;

  size_t size() const { return index_.size(); }
  size_t bytes() const;  // of memory, for keys

 private:
  struct Entry {
    Digest hash{};
    uint32_t expires_s = 0;  // until 2106
    uint32_t grant = 0;
    uint32_t slot = 0;  // in used_
  };
  Pepper pepper_;
  std::vector<Grant> grants_;
  boost::unordered_flat_map<KeyId, Entry> index_;
  mutable std::vector<std::atomic<uint32_t>> used_;  // Unix seconds, 0: not yet
};

}  // namespace trine::protect
