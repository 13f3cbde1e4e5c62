// Document workers, started before they are needed: each job goes to a process that is locked up, and killed when it
// takes too long. What a document does to its worker happens to that worker alone; the pool starts another.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "documents/document.h"
#include "documents/frame.h"
#include "documents/job.h"
#include "documents/problem.h"
#include "documents/worker_process.h"

namespace trine::documents {

struct PoolOptions {
  std::string program;            // path of trine-docworker
  std::string tessdata;           // folder of the OCR language files; empty: the system's
  std::string languages = "eng";  // OCR languages that workers load, "eng+deu"
  int workers = 2;
  int jobs_per_worker = 200;                    // then it is replaced: leaks and what a document left behind go with it
  int64_t resident_bytes = int64_t{512} << 20;  // a worker that is larger after a job is replaced
  int64_t memory_bytes = int64_t{1536} << 20;   // address space of a worker
  std::chrono::milliseconds most_wait{10'000};  // for a free worker, in extract()
  bool allow_unlocked = false;  // use workers whose sandbox is not whole: for development on systems without seccomp
  bool loud = false;            // the workers' standard error is ours
};

// An image made smaller, as a file.
struct ImageFile {
  std::string bytes;
  int width = 0;
  int height = 0;
  int source_width = 0;
  int source_height = 0;
  std::string media_type;
};

struct Extraction {
  Document document;
  std::optional<ImageFile> image;  // where the job asked for one
};

class DocumentPool;

// One job at one worker. One thread at a time; must not outlive its pool. Destroying it early kills the worker.
class PendingJob {
 public:
  using Clock = std::chrono::steady_clock;
  ~PendingJob();
  PendingJob(const PendingJob&) = delete;
  PendingJob& operator=(const PendingJob&) = delete;

  // For epoll: wait until fd() is readable, or writable if wants_write(), or until the deadline; then advance().
  int fd() const { return worker_.fd(); }
  bool wants_write() const { return sent_ < out_.size(); }
  Clock::time_point deadline() const { return deadline_; }
  // Does what the pipe allows without blocking. The result once, when the job has ended; nothing before.
  std::optional<DocumentResult<Extraction>> advance(Clock::time_point now = Clock::now());

 private:
  friend class DocumentPool;
  using Outcome = std::optional<DocumentResult<Extraction>>;
  PendingJob(DocumentPool& pool, internal::WorkerProcess worker, int jobs_done, bool greeted);

  void prepare(const Job& job, std::string_view file);
  Outcome take(const Frame& frame);
  Outcome take_image(std::string_view payload);
  Outcome lost();                          // the worker's end of the pipe is closed
  Outcome distrust(std::string_view why);  // it says what no worker says: killed
  Outcome finish(DocumentResult<Extraction> result, bool reusable);
  bool greet(std::string_view payload, std::string& why);

  DocumentPool* pool_;
  internal::WorkerProcess worker_;
  int jobs_done_ = 0;
  bool greeted_ = false;
  std::string out_;  // frames still to be sent
  size_t sent_ = 0;
  FrameReader reader_;
  Extraction result_;
  Limits limits_;
  int64_t text_bytes_ = 0;
  uint64_t resident_bytes_ = 0;
  Clock::time_point deadline_;
};

// Any thread.
class DocumentPool {
 public:
  // Starts the workers. Fails (no_worker) when the first does not greet with a whole sandbox.
  static DocumentResult<std::unique_ptr<DocumentPool>> start(PoolOptions options);
  ~DocumentPool();
  DocumentPool(const DocumentPool&) = delete;
  DocumentPool& operator=(const DocumentPool&) = delete;

  // Blocks: for a thread of an executor, never for one that serves connections.
  DocumentResult<Extraction> extract(const Job& job, std::string_view file);
  // Does not block (but for some copying): Problem::busy when no worker is free.
  DocumentResult<std::unique_ptr<PendingJob>> begin(const Job& job, std::string_view file);

  int idle() const;
  uint64_t started() const;              // worker processes so far, replacements included
  std::vector<pid_t> idle_pids() const;  // for tests and for metrics
  const PoolOptions& options() const { return options_; }

 private:
  friend class PendingJob;
  struct Idle {
    internal::WorkerProcess worker;
    int jobs_done = 0;
    bool greeted = false;
  };
  explicit DocumentPool(PoolOptions options) : options_(std::move(options)) {}
  DocumentResult<Idle> spawn();
  std::optional<Idle> take(std::chrono::milliseconds most_wait);
  void give_back(Idle idle);
  void replace();  // one worker is gone

  const PoolOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Idle> idle_;
  int alive_ = 0;  // idle and at work
  uint64_t started_ = 0;
};

}  // namespace trine::documents
