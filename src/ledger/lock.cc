#include "ledger/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace trine::ledger {

Result<DirectoryLock> DirectoryLock::acquire(const std::filesystem::path& dir) {
  std::error_code ec;
  using std::filesystem::perms;
  // It holds names of people: not for everybody on the machine.
  if (std::filesystem::create_directories(dir, ec)) {
    std::filesystem::permissions(dir, perms::owner_all | perms::group_read | perms::group_exec, ec);
  }
  if (ec)
    return fail(Code::failed_precondition, "cannot create the ledger directory {}: {}", dir.string(), ec.message());
  const auto path = dir / "lock";
  DirectoryLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.fd_ < 0) {
    return fail(Code::failed_precondition, "cannot open {}: {}", path.string(), std::strerror(errno));
  }
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    char pid[24] = {};
    const auto n = ::pread(lock.fd_, pid, sizeof pid - 1, 0);
    const auto holder = std::string(trim(std::string_view(pid, n > 0 ? static_cast<size_t>(n) : 0).substr(0, 20)));
    return fail(Code::failed_precondition,
                "the ledger in {} is in use by process {}; stop it, or give this one another ledger.dir", dir.string(),
                holder.empty() ? "(unknown)" : holder);
  }
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(lock.fd_, 0) != 0 || ::pwrite(lock.fd_, pid.data(), pid.size(), 0) < 0) {
    // A full disk: the lock holds all the same, only the message of the next one is poorer.
  }
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& o) noexcept {
  std::swap(fd_, o.fd_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace trine::ledger
