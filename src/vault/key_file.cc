#include "vault/key_file.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "vault/seal.h"

namespace trine::vault {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMost = 4096;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Result<std::string> read_secret(int fd, const fs::path& file) {
  struct stat about {};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
    return fail(Code::failed_precondition, "{} is not a file", file.string());
  if ((about.st_mode & 077) != 0)
    return fail(Code::permission_denied, "others may read the secret in {}: chmod 600 it", file.string());
  std::string text(kMost, '\0');
  const ssize_t n = ::read(fd, text.data(), text.size());
  if (n < 0) return fail(Code::unavailable, "cannot read {}: {}", file.string(), std::strerror(errno));
  text.resize(static_cast<size_t>(n));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  if (text.size() < kLeastSecret)
    return fail(Code::data_loss,
                "{} holds no secret of {} characters: restore it from a backup, or remove it together "
                "with the vault, whose contents are lost without it",
                file.string(), kLeastSecret);
  return text;
}

}  // namespace

Result<std::string> read_or_make_secret(const fs::path& file) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const File there(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (there.fd() >= 0) return read_secret(there.fd(), file);
    if (errno != ENOENT) return fail(Code::unavailable, "cannot read {}: {}", file.string(), std::strerror(errno));
    std::array<unsigned char, 32> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
      return fail(Code::unavailable, "the system has no random numbers for a new {}", file.string());
    const std::string line = hex(random) + "\n";
    // Under another name first: two programs that start at once agree on whichever comes to stand there.
    const fs::path draft = file.string() + fmt::format(".{}", ::getpid());
    const File out(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    const bool good = out.fd() >= 0 &&
                      ::write(out.fd(), line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                      ::fsync(out.fd()) == 0;
    const int error = errno;
    if (good) (void)::link(draft.c_str(), file.c_str());  // another's stands there already: that one is read
    if (out.fd() >= 0) ::unlink(draft.c_str());
    if (!good) return fail(Code::unavailable, "cannot write {}: {}", draft.string(), std::strerror(error));
    // The name must not be lost with the power, or all that is sealed from now on is.
    const File folder(::open(file.has_parent_path() ? file.parent_path().c_str() : ".", O_RDONLY | O_CLOEXEC));
    if (folder.fd() >= 0) (void)::fsync(folder.fd());
  }
  return fail(Code::unavailable, "cannot make {}", file.string());
}

}  // namespace trine::vault
