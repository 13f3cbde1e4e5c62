// The jobs of one worker: started when a client asks or the last run left them, stopped with the worker.
#pragma once

#include <functional>
#include <memory>
#include <unordered_set>

#include "gateway/context.h"
#include "gateway/files/store.h"
#include "gateway/jobs/errand.h"
#include "gateway/jobs/job.h"
#include "gateway/jobs/job_log.h"
#include "gateway/jobs/job_run.h"

namespace trine::gateway {

// What all workers share.
class JobOffice {
 public:
  explicit JobOffice(FileStore& store);
  FileStore& files;
  JobLog log;
  JobBoard board;
  const uint64_t boot;  // of this process: see Job
};

// One thread: the worker's.
class JobRunner {
 public:
  JobRunner(Context& context, ErrandHandler& handler, JobOffice& office)
      : context_(context), handler_(handler), office_(office) {}

  JobOffice& office() { return office_; }
  // REQUIRES: the job is on the board, and kept.
  void start(std::shared_ptr<Job> job);
  // Ends what runs, without an end in the log. `stopped` runs when nothing is left.
  void stop(std::function<void()> stopped);
  size_t running() const { return runs_.size(); }

 private:
  net::Task<void> run(std::shared_ptr<Job> job);

  Context& context_;
  ErrandHandler& handler_;
  JobOffice& office_;
  std::unordered_set<JobRun*> runs_;
  bool stopping_ = false;
  std::function<void()> stopped_;
};

}  // namespace trine::gateway
