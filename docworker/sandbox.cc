#include "docworker/sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace trine::docworker {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

// Landlock without a rule: no path can be opened, even by a call that the filter forgot. An extra: kernels have it
// from 5.13 on.
bool landlock() {
  landlock_ruleset_attr attr{};
  attr.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // all of version 1
  const long ruleset = ::syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
  if (ruleset < 0) return false;
  const bool held = ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  ::close(static_cast<int>(ruleset));
  return held;
}

bool set_limit(decltype(RLIMIT_AS) which, rlim_t value) {
  const rlimit limit{value, value};
  return ::setrlimit(which, &limit) == 0;
}

bool rlimits(int64_t memory_bytes) {
  bool good = set_limit(RLIMIT_CORE, 0) && set_limit(RLIMIT_FSIZE, 0) && set_limit(RLIMIT_NPROC, 0) &&
              set_limit(RLIMIT_MEMLOCK, 0);
  // Descriptors 0 to 2 are open. One more would need a free number below the limit (see kSanitized in seccomp()).
  good = set_limit(RLIMIT_NOFILE, kSanitized ? 8 : 3) && good;
  if (memory_bytes > 0 && !kSanitized) good = set_limit(RLIMIT_AS, static_cast<rlim_t>(memory_bytes)) && good;
  return good;
}

// What reading, writing, memory and time need. Everything else fails with EPERM, so that a library which merely looks
// for its configuration goes on without; what only an intruder does ends the process.
bool seccomp() {
  const std::unique_ptr<void, void (*)(void*)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
  if (filter == nullptr) return false;
  const auto allow = [&](int call) { return seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) == 0; };
  bool good = true;
  for (const int call : {
           SCMP_SYS(read),
           SCMP_SYS(write),
           SCMP_SYS(readv),
           SCMP_SYS(writev),
           SCMP_SYS(close),
           SCMP_SYS(lseek),
           SCMP_SYS(fstat),
           SCMP_SYS(brk),
           SCMP_SYS(munmap),
           SCMP_SYS(mremap),
           SCMP_SYS(madvise),
           SCMP_SYS(futex),
           SCMP_SYS(exit),
           SCMP_SYS(exit_group),
           SCMP_SYS(rt_sigreturn),
           SCMP_SYS(rt_sigprocmask),
           SCMP_SYS(rt_sigaction),
           SCMP_SYS(sigaltstack),
           SCMP_SYS(clock_gettime),
           SCMP_SYS(clock_getres),
           SCMP_SYS(gettimeofday),
           SCMP_SYS(time),
           SCMP_SYS(times),
           SCMP_SYS(getrusage),
           SCMP_SYS(getpid),
           SCMP_SYS(gettid),
           SCMP_SYS(getrandom),
           SCMP_SYS(sched_yield),
           SCMP_SYS(sched_getaffinity),
           SCMP_SYS(restart_syscall),
       })
    good = allow(call) && good;
  // The sanitizers ask a pipe whether memory can be read.
  if (kSanitized) good = allow(SCMP_SYS(pipe)) && allow(SCMP_SYS(pipe2)) && good;
  // Memory: never of a file (their descriptors are refused anyway), never writable and executable.
  good = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                          SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)) == 0 &&
         good;
  good = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                          SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
         good;
  // abort() signals itself; a signal to another process is none of its business.
  good = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                          SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()), 0)) == 0 &&
         good;
  for (const int call :
       {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
        SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(bpf),
        SCMP_SYS(keyctl), SCMP_SYS(init_module), SCMP_SYS(mount), SCMP_SYS(setns), SCMP_SYS(userfaultfd)})
    good = seccomp_rule_add(filter.get(), SCMP_ACT_KILL_PROCESS, call, 0) == 0 && good;
  return good && seccomp_load(filter.get()) == 0;
}

}  // namespace

Locks lock_up(int64_t memory_bytes) {
  Locks locks;
  // Nothing but the pipe and the null device may stay open, whatever the parent forgot to close.
  ::close_range(3, ~0U, 0);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    locks.missing = "no_new_privs";
    return locks;
  }
  // A network without interfaces, where users may make one; sockets are refused in any case.
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) == 0) locks.held.emplace_back("namespaces");
  if (landlock()) locks.held.emplace_back("landlock");
  const bool limited = rlimits(memory_bytes);
  if (limited) locks.held.emplace_back("rlimits");
  const bool filtered = seccomp();
  if (filtered) locks.held.emplace_back("seccomp");
  locks.whole = limited && filtered;
  if (!locks.whole) locks.missing = limited ? "seccomp" : "rlimits";
  return locks;
}

}  // namespace trine::docworker
