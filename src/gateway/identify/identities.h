// The keys of the identity store at one moment, as the request path sees them. Immutable but for the times of use.
#pragma once

#include <memory>
#include <vector>

#include "gateway/snapshot.h"
#include "protect/key_table.h"

namespace trine::gateway {

struct Identities {
  std::shared_ptr<const protect::KeyTable> table;
  std::vector<Key> rights;  // of each of the table's grants, by its place; tenant.key is empty

  explicit Identities(std::shared_ptr<const protect::KeyTable> t);
};

}  // namespace trine::gateway
