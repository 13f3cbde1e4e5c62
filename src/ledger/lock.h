// One writer per ledger directory.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace trine::ledger {

// Held for as long as the object lives; the kernel drops it when the process dies. Move-only, any thread.
class DirectoryLock {
 public:
  // Creates the directory if it is missing. failed_precondition, naming the holder's pid, if somebody holds it.
  static Result<DirectoryLock> acquire(const std::filesystem::path& dir);

  DirectoryLock(DirectoryLock&& o) noexcept;
  DirectoryLock& operator=(DirectoryLock&& o) noexcept;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace trine::ledger
