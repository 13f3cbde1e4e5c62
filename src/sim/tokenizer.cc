#include "sim/tokenizer.h"

namespace trine::sim {
namespace {

bool is_space(unsigned char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

// The bytes of the character that begins at `at`: continuation bytes stay with their lead.
size_t character_end(std::string_view text, size_t at) {
  size_t end = at + 1;
  if (static_cast<unsigned char>(text[at]) < 0xC0) return end;
  while (end < text.size() && end < at + 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return end;
}

size_t piece_end(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  size_t i = at;
  if (is_space(byte(i))) {
    const bool leads = byte(i) == ' ' && i + 1 < text.size() && !is_space(byte(i + 1));
    if (!leads) {
      while (i < text.size() && is_space(byte(i))) ++i;
      // the last space of a run belongs to the word behind it
      if (i < text.size() && i > at + 1 && byte(i - 1) == ' ') --i;
      return i;
    }
    ++i;
  }
  const size_t start = i;
  if (is_letter(byte(i))) {
    while (i < text.size() && is_letter(byte(i))) {
      const size_t next = character_end(text, i);
      if (next - start > 6 && i > start) break;
      i = next;
    }
    return i;
  }
  if (is_digit(byte(i))) {
    while (i < text.size() && i < start + 3 && is_digit(byte(i))) ++i;
    return i;
  }
  return i + 1;
}

uint64_t mix(uint64_t x) {  // splitmix64's finaliser
  x ^= x >> 30, x *= 0xBF58476D1CE4E5B9ull;
  x ^= x >> 27, x *= 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

}  // namespace

std::vector<std::string_view> pieces(std::string_view text) {
  std::vector<std::string_view> out;
  out.reserve(text.size() / 4 + 1);
  for (size_t at = 0; at < text.size();) {
    const size_t end = piece_end(text, at);
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

Tokens count_tokens(std::string_view text) {
  Tokens n = 0;
  for (size_t at = 0; at < text.size(); at = piece_end(text, at)) ++n;
  return n;
}

uint64_t hash_text(std::string_view text, uint64_t seed) {
  uint64_t h = mix(seed + 0x9E3779B97F4A7C15ull);
  for (const unsigned char c : text) h = (h ^ c) * 0x100000001B3ull;  // FNV-1a, mixed at the end
  return mix(h);
}

std::vector<uint64_t> block_hashes(const std::vector<std::string_view>& prompt) {
  const size_t block = static_cast<size_t>(block_tokens);
  std::vector<uint64_t> out;
  out.reserve(prompt.size() / block);
  uint64_t chain = 0;
  for (size_t i = 0; i + block <= prompt.size(); i += block) {
    for (size_t k = i; k < i + block; ++k) chain = hash_text(prompt[k], chain);
    out.push_back(chain);
  }
  return out;
}

}  // namespace trine::sim
