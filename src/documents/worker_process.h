// One document worker: a child process on the other end of a socket. Internal to this module.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "documents/problem.h"

namespace trine::documents::internal {

struct ProcessOptions {
  std::string program;       // path of trine-docworker
  std::string tessdata;      // folder of tesseract's language files; empty: the worker's default
  std::string languages;     // to be opened before the worker locks itself up
  int64_t memory_bytes = 0;  // address space
  bool loud = false;         // keep the worker's standard error
};

// How a process ended.
struct Ending {
  bool killed = false;  // by us
  int signal = 0;       // 0: it exited by itself
  int exit_code = 0;
};

// Owns the process: killed and reaped at the latest by the destructor. One thread at a time.
class WorkerProcess {
 public:
  // The child gets an environment of our making (no secret of the gateway's) and no descriptor but the socket.
  static DocumentResult<WorkerProcess> spawn(const ProcessOptions& options);

  WorkerProcess() = default;
  ~WorkerProcess();
  WorkerProcess(WorkerProcess&& other) noexcept;
  WorkerProcess& operator=(WorkerProcess&& other) noexcept;

  int fd() const { return fd_; }  // non-blocking
  pid_t pid() const { return pid_; }
  explicit operator bool() const { return pid_ > 0; }

  // Lets the process use `seconds` more of processor time than it has used: then the kernel ends it.
  void allow_cpu(int64_t seconds) const;
  // After the socket's end: how the process ended. It is given a moment for that, or none if `kill` is set, and then
  // killed: a document that took it over can let the socket go and stay.
  Ending end(bool kill);

 private:
  int fd_ = -1;
  pid_t pid_ = -1;
};

}  // namespace trine::documents::internal
