#include "fleet/command_actuator.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <list>
#include <thread>

#include "base/log.h"
#include "base/text.h"

namespace trine::fleet {
namespace {

constexpr size_t kShownError = 200;

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

struct PipeEnds {
  Fd read, write;
  bool open() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) return false;
    read.reset(fds[0]);
    write.reset(fds[1]);
    return ::fcntl(read.get(), F_SETFL, O_NONBLOCK) == 0;
  }
};

tl::unexpected<Error> cannot(std::string_view what, int error) {
  return fail(Code::unavailable, "cannot {}: {}", what, std::strerror(error));
}

// The input as a file in memory: the program may read it or not, nobody waits for it.
Result<void> fill(Fd& fd, const std::string& input) {
  fd.reset(::memfd_create("order", MFD_CLOEXEC));
  if (fd.get() < 0) return cannot("hold the order", errno);
  for (size_t at = 0; at < input.size();) {
    const auto n = ::pwrite(fd.get(), input.data() + at, input.size() - at, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return cannot("hold the order", errno);
    at += static_cast<size_t>(n);
  }
  return {};
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> p;
  p.reserve(texts.size() + 1);
  for (const auto& t : texts) p.push_back(const_cast<char*>(t.c_str()));
  p.push_back(nullptr);
  return p;
}

Result<pid_t> spawn(const ProgramRun& run, int in, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  sigset_t none, standard;
  sigemptyset(&none);
  sigemptyset(&standard);
  for (const int s : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) sigaddset(&standard, s);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &standard);
  // A group of its own: the time-out ends what it started too, and a Ctrl-C at our terminal does not cut it short.
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, run.words[0].c_str(), &actions, &attributes, pointers(run.words).data(),
                                  pointers(run.environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return cannot(fmt::format("run {}", run.words[0]), error);
  return pid;
}

// Takes what is there. False: the other end is closed.
bool drain(int fd, std::string& into, size_t max) {
  std::array<char, 4096> buffer;
  for (;;) {
    const auto n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 && errno == EAGAIN;
    const auto room = max > into.size() ? max - into.size() : 0;
    into.append(buffer.data(), std::min(room, static_cast<size_t>(n)));
    if (static_cast<size_t>(n) > room && max > 0) return true;
  }
}

// Until the program has ended, its time is over, or it says too much.
ProgramResult::End follow(const ProgramRun& run, int pidfd, int out, int err, ProgramResult& result) {
  using End = ProgramResult::End;
  const auto end = std::chrono::steady_clock::now() + run.timeout;
  std::array<pollfd, 4> fds = {pollfd{pidfd, POLLIN, 0}, pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0},
                               pollfd{run.cancel_fd, POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0) return End::timed_out;
    const int n = ::poll(fds.data(), fds.size(), static_cast<int>(std::min<int64_t>(left, 3'600'000)));
    if (n < 0 && errno != EINTR) return End::timed_out;
    if (n <= 0) continue;
    if (fds[1].revents != 0 && !drain(out, result.out, run.max_out + 1)) fds[1].fd = -1;
    if (fds[2].revents != 0 && !drain(err, result.err, run.max_err)) fds[2].fd = -1;
    if (result.out.size() > run.max_out) return End::too_long;
    if (fds[0].revents != 0) return End::exited;
    if (fds[3].revents != 0) return End::timed_out;
  }
}

}  // namespace

Result<ProgramResult> run_program(const ProgramRun& run) {
  Fd in;
  PipeEnds out, err;
  if (auto filled = fill(in, run.input); !filled) return tl::unexpected(filled.error());
  if (!out.open() || !err.open()) return cannot("make a pipe", errno);
  const auto pid = spawn(run, in.get(), out.write.get(), err.write.get());
  if (!pid) return tl::unexpected(pid.error());
  out.write.reset();
  err.write.reset();
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
  ProgramResult result;
  using End = ProgramResult::End;
  result.end = pidfd.get() < 0 ? End::timed_out : follow(run, pidfd.get(), out.read.get(), err.read.get(), result);
  if (result.end != End::exited) ::kill(-*pid, SIGKILL);
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (result.end != End::exited) return result;
  // The last it said. What it left running may hold the pipes open: that is not waited for.
  (void)drain(out.read.get(), result.out, run.max_out + 1);
  (void)drain(err.read.get(), result.err, run.max_err);
  if (result.out.size() > run.max_out) result.end = End::too_long;
  if (WIFSIGNALED(status)) {
    result.end = End::signalled;
    result.status = WTERMSIG(status);
  } else {
    result.status = WEXITSTATUS(status);
  }
  return result;
}

namespace {

Result<MachineReport> report_of(const Result<ProgramResult>& ran, Nanos timeout) {
  if (!ran) return tl::unexpected(ran.error());
  using End = ProgramResult::End;
  switch (ran->end) {
    case End::timed_out:
      return fail(Code::deadline_exceeded, "the program did not end within {:.3g} s and was ended", seconds(timeout));
    case End::too_long:
      return fail(Code::out_of_range, "the program wrote more than {} bytes and was ended", kMaxReport);
    case End::signalled:
      return fail(Code::unavailable, "the program was ended by signal {}", ran->status);
    case End::exited:
      break;
  }
  switch (ran->status) {
    case 0: {
      auto report = read_report(ran->out);
      // It may have done its work all the same: not final.
      if (!report) return fail(Code::data_loss, "of the program {}", report.error().message);
      return report;
    }
    case 64:
    case 65:
      return fail(Code::invalid_argument, "the program refused (exit status {})", ran->status);
    case 77:
      return fail(Code::permission_denied, "the program may not do this (exit status 77)");
    case 78:
      return fail(Code::failed_precondition, "the program is not set up (exit status 78)");
    default:
      return fail(Code::unavailable, "the program failed (exit status {})", ran->status);
  }
}

class Command final : public Actuator {
 public:
  Command(net::Loop& loop, CommandOptions options)
      : loop_(loop), options_(std::move(options)), cancel_(::eventfd(0, EFD_CLOEXEC)) {
    environment_ = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"};
    for (const auto& [name, value] : options_.environment) {
      std::string entry = name;
      entry += '=';
      std::erase_if(environment_, [&entry](const std::string& e) { return e.starts_with(entry); });
      entry += value;
      environment_.push_back(std::move(entry));
      secrets_.push_back(value);
    }
  }
  ~Command() override {
    const uint64_t one = 1;
    (void)!::write(cancel_.get(), &one, sizeof one);
    for (auto& r : running_) r.thread.join();
  }

  std::string_view name() const override { return "command"; }

  void begin(const Order& order, Done done) override {
    auto& running = running_.emplace_back();
    running.done = std::move(done);
    const auto at = std::prev(running_.end());
    ProgramRun run;
    run.words = {options_.program};
    run.words.insert(run.words.end(), options_.arguments.begin(), options_.arguments.end());
    run.words.emplace_back(fleet::name(order.kind));
    run.environment = environment_;
    run.input = to_json(order);
    run.timeout = options_.timeout;
    run.cancel_fd = cancel_.get();
    running.thread = std::thread([this, at, run = std::move(run)] {
      auto ran = run_program(run);
      loop_.post([this, at, ran = std::move(ran), alive = std::weak_ptr<bool>(alive_)] {
        if (!alive.expired()) finish(at, ran);
      });
    });
  }

 private:
  struct Running {
    std::thread thread;
    Done done;
  };

  void finish(std::list<Running>::iterator at, const Result<ProgramResult>& ran) {
    auto done = std::move(at->done);
    at->thread.join();
    running_.erase(at);
    auto report = report_of(ran, options_.timeout);
    if (!report && ran && !ran->err.empty()) {
      const auto hidden = without_secrets(ran->err, secrets_);
      log::warning("fleet: {} says: {}", options_.program, fit_text(hidden.substr(0, hidden.find('\n')), kShownError));
    }
    if (report) report->reason = without_secrets(std::move(report->reason), secrets_);
    done(std::move(report));
  }

  net::Loop& loop_;
  const CommandOptions options_;
  Fd cancel_;
  std::vector<std::string> environment_, secrets_;
  std::list<Running> running_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // of the loop's thread
};

}  // namespace

Result<std::unique_ptr<Actuator>> command_actuator(net::Loop& loop, CommandOptions options) {
  if (options.program.find('/') == options.program.npos)
    return fail(Code::invalid_argument, "'{}': give the program's path, such as ./{}", options.program,
                options.program);
  if (::access(options.program.c_str(), X_OK) != 0)
    return fail(Code::failed_precondition, "{} cannot be run: {}", options.program, std::strerror(errno));
  return std::make_unique<Command>(loop, std::move(options));
}

}  // namespace trine::fleet
