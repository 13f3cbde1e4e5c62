#include "documents/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace trine::documents::internal {
namespace {

struct FileActions {
  posix_spawn_file_actions_t it;
  FileActions() { posix_spawn_file_actions_init(&it); }
  ~FileActions() { posix_spawn_file_actions_destroy(&it); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
};

struct Attributes {
  posix_spawnattr_t it;
  Attributes() {
    posix_spawnattr_init(&it);
    // The gateway may block signals in its threads and ignore SIGPIPE: the worker starts with neither.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&it, &none);
    posix_spawnattr_setsigdefault(&it, &all);
    posix_spawnattr_setflags(&it, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&it); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
};

constexpr int kMoment = 250;  // milliseconds: an exit takes a few, more on a busy machine

// False at once where the system cannot wait for a process.
bool ends_within(pid_t pid, int milliseconds) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return false;
  pollfd ended{fd, POLLIN, 0};
  const int n = ::poll(&ended, 1, milliseconds);
  ::close(fd);
  return n > 0;
}

}  // namespace

DocumentResult<WorkerProcess> WorkerProcess::spawn(const ProcessOptions& options) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return refuse(Problem::no_worker, fmt::format("no socket pair: {}", std::strerror(errno)));
  ::fcntl(pair[0], F_SETFL, O_NONBLOCK);

  FileActions actions;
  posix_spawn_file_actions_adddup2(&actions.it, pair[1], 0);
  posix_spawn_file_actions_adddup2(&actions.it, pair[1], 1);
  if (!options.loud) posix_spawn_file_actions_addopen(&actions.it, 2, "/dev/null", O_WRONLY, 0);
  const Attributes attributes;

  std::vector<std::string> words = {options.program, "--memory", fmt::format("{}", options.memory_bytes), "--languages",
                                    options.languages};
  if (!options.tessdata.empty()) words.insert(words.end(), {"--tessdata", options.tessdata});
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  // One thread per worker: cores are shared out by the number of workers.
  std::string one_thread = "OMP_THREAD_LIMIT=1", locale = "LC_ALL=C.UTF-8";
  std::array<char*, 3> environment = {one_thread.data(), locale.data(), nullptr};

  WorkerProcess worker;
  const int wrong = ::posix_spawn(&worker.pid_, options.program.c_str(), &actions.it, &attributes.it, argv.data(),
                                  environment.data());
  ::close(pair[1]);
  if (wrong != 0) {
    worker.pid_ = -1;
    ::close(pair[0]);
    return refuse(Problem::no_worker, fmt::format("{}: {}", options.program, std::strerror(wrong)));
  }
  worker.fd_ = pair[0];
  return worker;
}

WorkerProcess::~WorkerProcess() {
  if (pid_ > 0) end(true);
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), pid_(std::exchange(other.pid_, -1)) {}

WorkerProcess& WorkerProcess::operator=(WorkerProcess&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(pid_, other.pid_);
  return *this;
}

void WorkerProcess::allow_cpu(int64_t seconds) const {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return;
  // The kernel counts whole seconds. The hard limit stays open, so that the next job can be given its time; the worker
  // cannot move it, its filter has no such call.
  const rlimit limit{static_cast<rlim_t>(used.tv_sec + seconds + 1), RLIM_INFINITY};
  ::prlimit(pid_, RLIMIT_CPU, &limit, nullptr);
}

Ending WorkerProcess::end(bool kill) {
  if (pid_ <= 0) return {};
  const bool late = kill || !ends_within(pid_, kMoment);
  if (late) ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  if (WIFSIGNALED(status)) return {late && WTERMSIG(status) == SIGKILL, WTERMSIG(status), 0};
  return {false, 0, WEXITSTATUS(status)};
}

}  // namespace trine::documents::internal
