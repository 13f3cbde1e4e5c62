#include "llm/prefix.h"

#include <algorithm>

#include "base/hash.h"

namespace trine::llm {

static_assert(PrefixCuts::bytes(PrefixCuts::kMost) == 1 << 20);

void PrefixCuts::add(std::string_view text) {
  total_ += text.size();
  while (n_ < kMost && !text.empty()) {
    const size_t room = bytes(n_ + 1) - length_;
    const std::string_view piece = text.substr(0, room);
    chain_ = hash64(piece, chain_ + 1);
    length_ += piece.size();
    text.remove_prefix(piece.size());
    if (piece.size() == room) hashes_[n_++] = chain_;
  }
}

}  // namespace trine::llm
