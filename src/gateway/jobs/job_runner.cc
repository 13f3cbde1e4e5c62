#include "gateway/jobs/job_runner.h"

#include "base/id.h"

namespace trine::gateway {

JobOffice::JobOffice(FileStore& store) : files(store), log(store.vault()), boot(random_seed()) {}

void JobRunner::start(std::shared_ptr<Job> job) {
  if (!stopping_) net::spawn(run(std::move(job)));
}

net::Task<void> JobRunner::run(std::shared_ptr<Job> job) {
  const JobRun::Parts parts{context_, handler_, office_.files, office_.log};
  const auto run = std::make_shared<JobRun>(parts, job);
  runs_.insert(run.get());
  job->set_cancel([&loop = context_.loop, weak = std::weak_ptr(run)] {
    loop.post([weak] {
      if (const auto alive = weak.lock()) alive->leave(false);
    });
  });
  co_await run->run();
  job->set_cancel(nullptr);
  if (!stopping_) office_.board.remove(job->about().id);  // one that the next process takes up is still at work
  runs_.erase(run.get());
  if (stopping_ && runs_.empty() && stopped_) std::exchange(stopped_, nullptr)();
}

void JobRunner::stop(std::function<void()> stopped) {
  stopping_ = true;
  if (runs_.empty()) return stopped();
  stopped_ = std::move(stopped);
  const std::vector<JobRun*> all(runs_.begin(), runs_.end());
  for (JobRun* r : all)
    if (runs_.contains(r)) r->leave(true);
}

}  // namespace trine::gateway
