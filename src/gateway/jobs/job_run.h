// One job at work on one worker: each file is read, cut, asked for piece by piece with so many calls at once, merged
// and checked. Every step is in the log before it counts, so that a run that ends in the middle can be taken up again.
#pragma once

#include <coroutine>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "gateway/context.h"
#include "gateway/files/store.h"
#include "gateway/jobs/errand.h"
#include "gateway/jobs/job.h"
#include "gateway/jobs/job_log.h"
#include "json/schema.h"
#include "net/task.h"

namespace trine::gateway {

// One thread: the loop's.
class JobRun {
 public:
  struct Parts {
    Context& context;
    ErrandHandler& handler;
    FileStore& files;
    JobLog& log;
  };
  JobRun(const Parts& parts, std::shared_ptr<Job> job);

  // To the job's end, its deadline, or until it is cancelled or stopped.
  net::Task<void> run();
  // Ends what it waits for, now. `stop`: the process ends; the job stays as it is, for the next to take up.
  void leave(bool stop);

 private:
  struct File;
  using Leave = std::shared_ptr<std::function<void()>>;
  // A call's place among those of the job at once.
  class Places {
   public:
    Places(net::Loop& loop, int free) : loop_(loop), free_(free) {}
    auto take() {
      struct Awaiter {
        Places& places;
        bool await_ready() const noexcept {
          return places.free_ > 0 && places.waiting_.empty() && (--places.free_, true);
        }
        void await_suspend(std::coroutine_handle<> h) { places.waiting_.push_back(h); }
        void await_resume() const noexcept {}
      };
      return Awaiter{*this};
    }
    void give_back();

   private:
    net::Loop& loop_;
    int free_;
    std::deque<std::coroutine_handle<>> waiting_;
  };
  // So many lanes at once take what is next until nothing is left.
  class Lanes;

  net::Task<void> one_file(size_t i);
  net::Task<Result<void>> read_file(File& f);
  net::Task<Result<void>> ask_pieces(File& f);
  net::Task<void> one_piece(File& f, size_t piece);
  net::Task<Result<ModelAnswer>> ask(std::function<Prompt(bool constrain)> prompt, std::vector<Spared> spared,
                                     std::vector<std::string>& requests);
  net::Task<Result<std::string>> reduce(File& f);
  net::Task<void> pause(Nanos d);
  net::Task<void> finish();
  FileEnd failed(const File& f, const Error& why) const;
  FileEnd completed(File& f, const std::string& result);

  bool over() const;  // no further step
  Error why_over() const;
  Nanos left() const;
  Wall wall() const { return context_.clock().wall(); }
  const JobRecord& about() const { return job_->about(); }
  Leave waits();

  Context& context_;
  ErrandHandler& handler_;
  FileStore& files_;
  JobLog& log_;
  const std::shared_ptr<Job> job_;
  const std::shared_ptr<const Snapshot> snapshot_;  // whose limits hold for the whole run
  json::Schema schema_;
  std::string piece_schema_;
  Places places_;
  std::list<std::weak_ptr<std::function<void()>>> leaves_;
  bool stopping_ = false;
  bool constrain_ = true;  // until an engine says that it does not know how
  size_t pieces_ = 0;      // of all files so far
  uint64_t bytes_ = 0;
};

}  // namespace trine::gateway
