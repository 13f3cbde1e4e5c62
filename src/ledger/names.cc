#include "ledger/names.h"

namespace trine::ledger {
namespace {

constexpr size_t kMost = 16 * 1024;  // of each kind

}  // namespace

Named* Names::find(Map& map, std::string_view packed) {
  auto it = map.find(packed);
  if (it == map.end()) {
    it = map.emplace(std::string(packed), Named()).first;
    it->second.packed = it->first;
  }
  return &it->second;
}

void Names::forget_ids() {
  for (auto* map : {&targets_, &origins_, &users_}) {
    for (auto& [packed, named] : *map) {
      named.id = 0;
      named.key.reset();
    }
  }
}

void Names::shrink() {
  for (auto* map : {&targets_, &origins_, &users_}) {
    if (map->size() > kMost) map->clear();
  }
}

}  // namespace trine::ledger
