// The keys of the identity store at one moment, as the request path sees them, under the limits of one configuration.
// Immutable but for the times of use.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <vector>

#include "gateway/limit/table.h"
#include "gateway/snapshot.h"
#include "protect/key_table.h"

namespace trine::gateway {

class Identities {
 public:
  // Not for the path of a request: asks for the account of each key that has limits or budgets of its own.
  Identities(std::shared_ptr<const protect::KeyTable> table, std::shared_ptr<const Snapshot> snapshot);

  const std::shared_ptr<const protect::KeyTable>& table() const { return table_; }
  // What keys of this grant may do; tenant.key is empty.
  const Key& rights(uint32_t grant) const { return rights_[grant]; }
  // Of the key, its project, team and organisation.
  const KeyPolicy& limits(const protect::KeyTable::Match& key) const;
  const LimitTable& limit_table() const { return limits_; }

 private:
  std::shared_ptr<const protect::KeyTable> table_;
  std::shared_ptr<const Snapshot> snapshot_;  // whose configuration the limits are of
  LimitTable limits_;
  std::vector<Key> rights_;                                   // by grant
  boost::unordered_flat_map<protect::KeyId, KeyPolicy> own_;  // of keys with limits or budgets of their own
};

}  // namespace trine::gateway
