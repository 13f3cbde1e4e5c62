#include "score/prefix_table.h"

#include <algorithm>

#include "base/hash.h"

namespace trine::score {

Mono PrefixTable::Entry::used() const {
  Mono last{};
  for (const Holder& h : holders) last = std::max(last, h.seen);
  return last;
}

PrefixTable::Found PrefixTable::find(std::span<const uint64_t> cuts, Mono now) const {
  Found found;
  if (table_.empty()) return found;
  for (size_t n = cuts.size(); n > 0; --n) {
    for (const Entry& e : table_[mix64(cuts[n - 1]) & (sets_ - 1)]) {
      if (e.key != cuts[n - 1]) continue;
      for (const Holder& h : e.holders) {
        if (h.seen == Mono{} || now - h.seen >= kTtl) continue;
        const auto end = found.held.begin() + static_cast<std::ptrdiff_t>(found.n);
        if (std::any_of(found.held.begin(), end, [&](const Held& x) { return x.place == h.place; })) continue;
        found.held[found.n++] = {h.place, n};
        if (found.n == kMost) return found;
      }
    }
  }
  return found;
}

void PrefixTable::put(std::span<const uint64_t> cuts, uint64_t place, Mono now) {
  if (table_.empty()) table_.resize(sets_);
  for (const uint64_t key : cuts) {
    auto& set = table_[mix64(key) & (sets_ - 1)];
    Entry* to = &set[0];
    for (Entry& e : set) {
      if (e.key == key) {
        to = &e;
        break;
      }
      if (e.used() < to->used()) to = &e;
    }
    if (to->key != key) *to = {key, {}};
    Holder* holder = &to->holders[0];
    for (Holder& h : to->holders) {
      if (h.place == place) {
        holder = &h;
        break;
      }
      if (h.seen < holder->seen) holder = &h;
    }
    *holder = {place, now};
  }
}

}  // namespace trine::score
