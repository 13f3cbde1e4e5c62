// The bytes of a journal segment: layout, checks, parsing (docs/formats/journal.md). Pure: memory in, verdict out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "ledger/records.h"

namespace trine::ledger {

constexpr uint64_t kSegmentMagic = 0x314C4E524A4E5254ull;  // "TRNJRNL1" as bytes
constexpr uint32_t kFormatVersion = 1;
constexpr size_t kHeaderBytes = 128;
constexpr size_t kRecordHeaderBytes = 32;
constexpr size_t kProgressBytes = 32;  // behind the payload of an intent
constexpr uint64_t kMinSegmentBytes = 16 * 1024;
constexpr uint64_t kMaxSegmentBytes = 1ull << 30;
constexpr uint32_t kOpen = 0, kSealed = 1;

// As on disk, from byte 0. Everything before `checksum` is under it.
struct SegmentHeader {
  uint64_t magic = 0;
  uint32_t version = 0;
  uint32_t worker = 0;
  uint64_t number = 0;          // counts up per worker
  uint64_t incarnation = 0;     // one random value per opening of a journal: (worker, incarnation, sequence) is unique
  uint64_t first_sequence = 0;  // of the first record in this segment
  int64_t created_ns = 0;
  uint64_t bytes = 0;  // the file's size
  uint64_t checksum = 0;
  uint64_t sealed_end = 0;  // where the records end; valid once state is kSealed
  uint32_t state = kOpen;
  uint32_t reserved = 0;
};
static_assert(sizeof(SegmentHeader) == 80);

struct RecordHeader {
  uint32_t length = 0;  // of the whole record, a multiple of 8; stored last, so 0 means: nothing here yet
  uint32_t reserved = 0;
  uint64_t checksum = 0;  // XXH3-64 of [16, length), without an intent's progress
  uint64_t sequence = 0;
  uint32_t length_again = 0;  // under the checksum
  uint16_t type = 0;
  uint16_t version = 0;
};
static_assert(sizeof(RecordHeader) == kRecordHeaderBytes);

uint64_t checksum(std::span<const std::byte> bytes);
uint64_t header_checksum(const SegmentHeader& h);

// Bytes a record takes in a segment.
constexpr size_t record_bytes(RecordType type, size_t payload) {
  return kRecordHeaderBytes + (payload + 7) / 8 * 8 + (type == RecordType::call_intent ? kProgressBytes : 0);
}

// nullopt: never started (zero magic), or its file is still being made (empty, zeroes). data_loss: not one of ours, or
// damaged.
Result<std::optional<SegmentHeader>> parse_header(std::span<const std::byte> bytes);

enum class Found {
  record,
  end,      // no record starts here (yet)
  partial,  // a record starts here and goes on behind the bytes given
  invalid,  // what is here is not the record expected
};

struct RecordView {
  RecordType type = RecordType::erased;
  uint16_t version = 0;
  uint64_t sequence = 0;
  size_t length = 0;
  std::span<const std::byte> payload;  // with padding; empty for an erased record
};

// The record at the front of `bytes`, which must be the one numbered `sequence`.
Found parse_record(std::span<const std::byte> bytes, uint64_t sequence, RecordView& out);

// How long the record at the front claims to be, if both of its length fields agree on something possible; else 0.
size_t claimed_length(std::span<const std::byte> bytes);

// An intent's progress from the last kProgressBytes of its record.
ProgressValues parse_progress(std::span<const std::byte> tail);

std::string segment_name(uint32_t worker, uint64_t number);

}  // namespace trine::ledger
