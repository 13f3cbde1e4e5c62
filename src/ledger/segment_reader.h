// Reads segments back, also while they are being written. By pread, not by mapping: a file cut short under us is an
// error, not a signal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"
#include "ledger/segment.h"

namespace trine::ledger {

struct SegmentFile {
  std::filesystem::path path;
  uint32_t worker = 0;
  uint64_t number = 0;
};

// The journal's files in `dir`, by worker, then number.
Result<std::vector<SegmentFile>> list_segments(const std::filesystem::path& dir);

// One thread. Move-only.
class SegmentReader {
 public:
  // nullopt: prepared or about to be, but nothing was ever written to it. `writable`: for tombstones and seals.
  static Result<std::optional<SegmentReader>> open(const std::filesystem::path& path, bool writable = false);
  SegmentReader(SegmentReader&& o) noexcept;
  SegmentReader& operator=(SegmentReader&& o) noexcept;
  ~SegmentReader();

  const SegmentHeader& header() const { return header_; }
  bool sealed() const { return header_.state == kSealed; }
  Result<void> refresh();  // reads the head again: sealed meanwhile?

  // The record numbered `sequence` at `offset`. `record` and `end` as parse_record; `invalid` only after a second look
  // (a record may be on its way in). The view lives until the next call.
  Result<Found> read(uint64_t offset, uint64_t sequence, RecordView& out);
  // See claimed_length().
  size_t claimed_length_at(uint64_t offset);
  // Whether a whole record with a higher number than `sequence` lies somewhere behind `from`.
  Result<bool> published_after(uint64_t from, uint64_t sequence);
  Result<ProgressValues> progress(uint64_t offset);

  // Turns the record at `offset` into RecordType::erased and wipes its payload (not an intent's progress).
  // REQUIRES: opened writable, the record was folded.
  Result<void> erase(uint64_t offset, const RecordView& record);
  Result<void> seal(uint64_t end);
  Result<void> sync();

 private:
  SegmentReader(int fd, SegmentHeader header) : fd_(fd), header_(header) {}
  Result<void> fill(uint64_t offset, size_t bytes);
  std::span<const std::byte> buffered(uint64_t offset) const;
  Result<void> write(uint64_t offset, const void* data, size_t n);

  int fd_ = -1;
  SegmentHeader header_;
  std::vector<std::byte> buffer_;
  uint64_t base_ = 0;
};

}  // namespace trine::ledger
