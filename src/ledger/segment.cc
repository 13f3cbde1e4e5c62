#include "ledger/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace trine::ledger {
namespace {

static_assert(std::endian::native == std::endian::little, "the journal is little-endian");

bool possible(size_t length) {
  return length >= kRecordHeaderBytes && length % 8 == 0 &&
         length <= record_bytes(RecordType::event, kMaxEventJson + 4 * kMaxName + 64);
}

}  // namespace

uint64_t checksum(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

uint64_t header_checksum(const SegmentHeader& h) {
  return XXH3_64bits(&h, offsetof(SegmentHeader, checksum));
}

Result<std::optional<SegmentHeader>> parse_header(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes) {
    if (std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; })) return std::nullopt;
    return fail(Code::data_loss, "shorter than a segment's head");
  }
  SegmentHeader h;
  std::memcpy(&h, bytes.data(), sizeof h);
  if (h.magic == 0) return std::nullopt;
  if (h.magic != kSegmentMagic) return fail(Code::data_loss, "not a journal segment");
  if (h.version != kFormatVersion)
    return fail(Code::data_loss, "journal format {} is not known to this program", h.version);
  if (h.checksum != header_checksum(h)) return fail(Code::data_loss, "the segment's head is damaged");
  if (h.state == kSealed && (h.sealed_end < kHeaderBytes || h.sealed_end > h.bytes || h.sealed_end % 8 != 0)) {
    return fail(Code::data_loss, "the segment's seal is damaged");
  }
  return h;
}

Found parse_record(std::span<const std::byte> bytes, uint64_t sequence, RecordView& out) {
  if (bytes.size() < kRecordHeaderBytes) return Found::end;
  RecordHeader h;
  std::memcpy(&h, bytes.data(), sizeof h);
  if (h.length == 0) return Found::end;
  if (!possible(h.length)) return Found::invalid;
  if (h.length > bytes.size()) return Found::partial;
  const auto type = static_cast<RecordType>(h.type);
  const bool intent = type == RecordType::call_intent;
  if (h.length_again != h.length || h.sequence != sequence) return Found::invalid;
  if (intent && h.length < kRecordHeaderBytes + kProgressBytes) return Found::invalid;
  const size_t end = h.length - (intent ? kProgressBytes : 0);
  out.type = type;
  out.version = h.version;
  out.sequence = h.sequence;
  out.length = h.length;
  out.payload = {};
  if (type == RecordType::erased) return Found::record;
  if (h.checksum != checksum(bytes.subspan(16, end - 16))) return Found::invalid;
  out.payload = bytes.subspan(kRecordHeaderBytes, end - kRecordHeaderBytes);
  return Found::record;
}

size_t claimed_length(std::span<const std::byte> bytes) {
  if (bytes.size() < kRecordHeaderBytes) return 0;
  RecordHeader h;
  std::memcpy(&h, bytes.data(), sizeof h);
  return h.length == h.length_again && possible(h.length) ? h.length : 0;
}

ProgressValues parse_progress(std::span<const std::byte> tail) {
  uint64_t v[4] = {};
  if (tail.size() >= sizeof v) std::memcpy(v, tail.data(), sizeof v);
  return {v[0], v[1], from_unix_ns(static_cast<int64_t>(v[2])), from_unix_ns(static_cast<int64_t>(v[3]))};
}

std::string segment_name(uint32_t worker, uint64_t number) {
  return fmt::format("w{:03}-{:010}.trj", worker, number);
}

}  // namespace trine::ledger
