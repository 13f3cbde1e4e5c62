// The file of weights, byte by byte: docs/formats/guard-weights.md.
#include <bit>
#include <cmath>
#include <cstring>

#include "guard/classifier.h"

namespace trine::guard {
namespace {

constexpr std::string_view kMagic = "TRINEGW\n";
constexpr uint32_t kVersion = 2;
constexpr size_t kHashDigits = 64;

// FNV-1a: against a damaged file, not against an enemy.
uint64_t checksum(std::string_view bytes) {
  uint64_t sum = 0xcbf29ce484222325;
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return sum;
}

template <class Int>
void put(std::string& out, Int v) {
  for (size_t i = 0; i < sizeof v; ++i) out += static_cast<char>(v >> (8 * i) & 0xff);
}
void put(std::string& out, float v) {
  put(out, std::bit_cast<uint32_t>(v));
}

template <class Int>
Int get(std::string_view bytes, size_t at) {
  Int v = 0;
  for (size_t i = 0; i < sizeof v; ++i) v |= static_cast<Int>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return v;
}

constexpr size_t kHeadBytes = kMagic.size() + 3 * sizeof(uint32_t) + 2 * kHashDigits;
constexpr size_t kFloats = kHeads * (4 + kShapes * kShapeBins);
constexpr size_t kFileBytes =
    kHeadBytes + kFloats * sizeof(float) + size_t{kFeatureRows} * (kHeads + 1) + sizeof(uint64_t);

// Every float of the file, in its order.
template <class W, class Visit>
void each_float(W& weights, Visit&& visit) {
  for (auto* part : {&weights.scale, &weights.bias, &weights.one_in_hundred, &weights.one_in_thousand}) {
    for (auto& v : *part) visit(v);
  }
  for (auto& bins : weights.shapes) {
    for (auto& bin : bins) {
      for (auto& v : bin) visit(v);
    }
  }
}

bool is_hash(std::string_view s) {
  return s.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string write_weights(const Weights& weights) {
  std::string out(kMagic);
  out.reserve(kFileBytes);
  put(out, kVersion);
  put(out, static_cast<uint32_t>(kFeatureBits));
  put(out, static_cast<uint32_t>(kHeads));
  for (const auto* hash : {&weights.recipe, &weights.data}) {
    std::string digits = *hash;
    digits.resize(kHashDigits, '0');
    out += digits;
  }
  each_float(weights, [&](const float& v) { put(out, v); });
  for (size_t h = 0; h < kHeads; ++h) {  // head by head: a column compresses, a row does not
    for (const auto& row : weights.rows) out += static_cast<char>(row[h]);
  }
  for (const uint8_t mark : weights.marks) out += static_cast<char>(mark);
  put(out, checksum(out));
  return out;
}

Result<Weights> read_weights(std::string_view file) {
  if (!file.starts_with(kMagic) || file.size() < kHeadBytes) {
    return fail(Code::invalid_argument, "This is no file of guard weights: write one with 'trine guard train'.");
  }
  size_t at = kMagic.size();
  const auto version = get<uint32_t>(file, at);
  const auto bits = get<uint32_t>(file, at + 4);
  const auto heads = get<uint32_t>(file, at + 8);
  if (version != kVersion || bits != kFeatureBits || heads != kHeads) {
    return fail(Code::invalid_argument,
                "The guard weights are of format {} ({} bits, {} heads); this program reads format {} ({} bits, {} "
                "heads): train them again with 'trine guard train'.",
                version, bits, heads, kVersion, kFeatureBits, kHeads);
  }
  if (file.size() != kFileBytes) {
    return fail(Code::data_loss, "The guard weights have {} bytes instead of {}: the file is cut off or damaged.",
                file.size(), kFileBytes);
  }
  if (get<uint64_t>(file, kFileBytes - sizeof(uint64_t)) != checksum(file.substr(0, kFileBytes - sizeof(uint64_t)))) {
    return fail(Code::data_loss, "The guard weights do not match their checksum: the file is damaged.");
  }
  Weights out;
  at += 3 * sizeof(uint32_t);
  for (auto* hash : {&out.recipe, &out.data}) {
    *hash = file.substr(at, kHashDigits);
    at += kHashDigits;
    if (!is_hash(*hash)) return fail(Code::data_loss, "The guard weights name no recipe or data: the file is damaged.");
  }
  bool finite = true;
  each_float(out, [&](float& v) {
    v = std::bit_cast<float>(get<uint32_t>(file, at));
    at += sizeof(float);
    finite &= std::isfinite(v);
  });
  if (!finite) return fail(Code::data_loss, "The guard weights hold a number that is none: the file is damaged.");
  out.rows.resize(kFeatureRows);
  for (size_t h = 0; h < kHeads; ++h) {
    for (auto& row : out.rows) row[h] = static_cast<int8_t>(file[at++]);
  }
  out.marks.resize(kFeatureRows);
  for (auto& mark : out.marks) mark = static_cast<uint8_t>(file[at++]);
  return out;
}

}  // namespace trine::guard
