// A segment's file mapped for writing. Owns descriptor and mapping. Internal to the journal.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "ledger/space.h"

namespace trine::ledger {

class MappedSegment {
 public:
  // resource_exhausted: no space. Every block is allocated before it is mapped (a hole would be a SIGBUS later).
  static Result<std::shared_ptr<MappedSegment>> create(Space& space, const std::filesystem::path& path, uint64_t number,
                                                       uint64_t bytes);
  ~MappedSegment();
  MappedSegment(const MappedSegment&) = delete;
  MappedSegment& operator=(const MappedSegment&) = delete;

  std::byte* data() { return data_; }
  uint64_t number() const { return number_; }
  const std::filesystem::path& path() const { return path_; }
  Result<void> sync();

 private:
  MappedSegment(int fd, std::byte* data, uint64_t bytes, uint64_t number, std::filesystem::path path)
      : fd_(fd), data_(data), bytes_(bytes), number_(number), path_(std::move(path)) {}

  int fd_;
  std::byte* data_;
  uint64_t bytes_;
  uint64_t number_;
  std::filesystem::path path_;
};

}  // namespace trine::ledger
