#include "ledger/space.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace trine::ledger {
namespace {

int write_zeroes(int fd, uint64_t bytes) {
  const std::vector<char> zeroes(1 << 16, 0);
  for (uint64_t at = 0; at < bytes;) {
    const auto n = ::pwrite(fd, zeroes.data(), std::min<uint64_t>(zeroes.size(), bytes - at), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    at += static_cast<uint64_t>(n);
  }
  return 0;
}

class Disk final : public Space {
 public:
  Result<int> create(const std::filesystem::path& path, uint64_t bytes) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return fail(code(errno), "cannot create {}: {}", path.string(), std::strerror(errno));
    int error = 0;
    do {
      error = ::fallocate(fd, 0, 0, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
    } while (error == EINTR);
    if (error == EOPNOTSUPP || error == ENOSYS) error = write_zeroes(fd, bytes);
    if (error == 0) return fd;
    ::close(fd);
    ::unlink(path.c_str());
    return fail(code(error), "cannot reserve {} bytes for {}: {}", bytes, path.string(), std::strerror(error));
  }

 private:
  static Code code(int error) {
    return error == ENOSPC || error == EDQUOT || error == EFBIG ? Code::resource_exhausted : Code::unavailable;
  }
};

}  // namespace

Space& disk_space() {
  static Disk disk;
  return disk;
}

}  // namespace trine::ledger
