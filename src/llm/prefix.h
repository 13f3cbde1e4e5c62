// Hashes of how a prompt begins, at lengths that grow by about 1.4: two prompts share exactly the cuts that lie in
// their common beginning, give or take a cut. From the JSON text as it stands, while it is walked; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trine::llm {

class PrefixCuts {
 public:
  // 256 bytes are about 77 tokens, five of an engine's blocks: what is shorter is not worth a cache. Behind 1 MiB
  // nothing is read.
  static constexpr size_t kFirst = 256, kMost = 25;
  // Bytes of content before the n-th cut, counted from 1: 256, 362, 512, ..., 1 MiB.
  static constexpr size_t bytes(size_t n) {
    const size_t octave = kFirst << ((n - 1) / 2);
    return n % 2 == 1 ? octave : octave + octave * 53 / 128;
  }

  // The next text of the prompt: two texts are not the same as one that is both.
  void add(std::string_view text);
  // The n-th is at bytes(n).
  std::span<const uint64_t> hashes() const { return {hashes_.data(), n_}; }
  size_t total() const { return total_; }  // bytes of all texts, read or not

 private:
  std::array<uint64_t, kMost> hashes_{};
  size_t n_ = 0;
  uint64_t chain_ = 0;
  size_t length_ = 0, total_ = 0;
};

}  // namespace trine::llm
