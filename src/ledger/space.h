// Where segments come from: real disk blocks, or an error. A seam, so that tests can run out of disk at will.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.h"

namespace trine::ledger {

class Space {
 public:
  virtual ~Space() = default;
  // Creates `path` with `bytes` bytes of zeroes, every block allocated; returns its descriptor, opened for reading and
  // writing. Nothing is left behind on failure (resource_exhausted: disk full). Any thread.
  virtual Result<int> create(const std::filesystem::path& path, uint64_t bytes) = 0;
};

// fallocate(2), which never leaves a hole: a write into the mapping later cannot fail for want of space. A file system
// without it gets the zeroes written.
Space& disk_space();

}  // namespace trine::ledger
