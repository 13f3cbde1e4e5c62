#include "ledger/mapped_segment.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace trine::ledger {
namespace {

constexpr uint64_t kFirstPages = 64 * 1024;

}  // namespace

Result<std::shared_ptr<MappedSegment>> MappedSegment::create(Space& space, const std::filesystem::path& path,
                                                             uint64_t number, uint64_t bytes) {
  auto fd = space.create(path, bytes);
  if (!fd) return tl::unexpected(fd.error());
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
  if (at == MAP_FAILED) {
    const int error = errno;
    ::close(*fd);
    ::unlink(path.c_str());
    return fail(Code::resource_exhausted, "cannot map {}: {}", path.string(), std::strerror(error));
  }
#ifdef MADV_POPULATE_WRITE
  // Takes the first page faults here instead of on the request path. Only the first: mapped pages count as memory.
  (void)::madvise(at, std::min(bytes, kFirstPages), MADV_POPULATE_WRITE);
#endif
  return std::shared_ptr<MappedSegment>(new MappedSegment(*fd, static_cast<std::byte*>(at), bytes, number, path));
}

MappedSegment::~MappedSegment() {
  ::munmap(data_, bytes_);
  ::close(fd_);
}

Result<void> MappedSegment::sync() {
  if (::fdatasync(fd_) == 0) return {};
  return fail(Code::unavailable, "cannot sync {}: {}", path_.string(), std::strerror(errno));
}

}  // namespace trine::ledger
