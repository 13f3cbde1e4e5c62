// The system prompts of late, ready to be recognised: most requests of an application have the same one. One thread.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "base/hash.h"
#include "guard/leak.h"

namespace trine::gateway {

// By a keyed hash of 128 bits; 64 of them, at most 14 MB.
class LeakIndexes {
 public:
  explicit LeakIndexes(uint64_t secret) : secret_(secret) {}

  // Null: the prompt has nothing to give away. `canary`: a text that must never be said, or empty.
  std::shared_ptr<const guard::LeakIndex> of(std::string_view prompt, std::string_view canary) {
    const uint64_t a = hash64(prompt, secret_), b = hash64(prompt, mix64(secret_ + a));
    Slot& slot = slots_[a % slots_.size()];
    if (!slot.index || slot.a != a || slot.b != b) {
      slot.a = a;
      slot.b = b;
      guard::LeakOptions options;
      if (!canary.empty()) options.never = std::span(&canary, 1);
      slot.index = std::make_shared<const guard::LeakIndex>(prompt, options);
    }
    return slot.index->empty() ? nullptr : slot.index;
  }

 private:
  struct Slot {
    uint64_t a = 0, b = 0;
    std::shared_ptr<const guard::LeakIndex> index;
  };
  uint64_t secret_;
  std::array<Slot, 64> slots_;
};

}  // namespace trine::gateway
