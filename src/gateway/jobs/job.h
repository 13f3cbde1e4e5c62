// One extraction job: what it was asked, how far it is, and what happened, for whoever watches it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "energy/facts.h"
#include "gateway/identify/principal.h"
#include "gateway/jobs/job_order.h"
#include "gateway/jobs/prompt.h"

namespace trine::gateway {

enum class JobStatus { running, completed, failed, cancelled };
const char* name(JobStatus status);

// What is kept of a job in the vault, as kind "job".
struct JobRecord {
  std::string id;  // "doc_" and 32 random digits
  JobOrder order;
  energy::Tenant tenant;
  Principal who;
  std::string workload;
  Wall created{}, deadline{};
  JobStatus status = JobStatus::running;
  std::string answer;  // the object that clients see, of a job that has ended
};
std::string to_json(const JobRecord& record);
Result<JobRecord> job_record_of(std::string_view json);
bool is_job_id(std::string_view id);

// One file of a job that has come to its end: an object that clients see.
struct FileEnd {
  bool good = false;
  std::string json;
  CallSum sum;
};

struct JobEvent {
  std::string name;  // "file.read", "piece.done", "file.done", "job.done"
  std::string data;  // JSON
};

// Any thread. Steps are told by the one that runs it; a step that does not follow (a piece that was told already, a
// file that has ended) changes nothing: so a job that is run again from its log comes to the same state.
class Job {
 public:
  Job(JobRecord record, uint64_t boot);

  const JobRecord& about() const { return about_; }

  // ---- the one that runs it ----
  void reading(size_t file, std::string name);
  void read(size_t file, int pages, size_t pieces, Tokens tokens);
  void piece_done(size_t file, size_t piece);
  void end_file(size_t file, FileEnd end);
  // `answer`: what clients see from now on.
  void end(JobStatus status, std::string answer);
  std::function<void()> set_cancel(std::function<void()> cancel);  // the one before

  // ---- anyone ----
  void cancel();
  bool cancelled() const { return cancelled_.load(); }
  JobStatus status() const;
  std::string json() const;  // the object that clients see
  // The object, of a job with this status and error.
  std::string json_of(JobStatus status, std::string_view error, std::string_view merged) const;
  // Files that have ended well, in order.
  std::vector<std::string> good_files() const;
  bool all_failed() const;

  // Events behind the one with this id ("3f.12"; of another boot or none: all), and the id of the last.
  struct Batch {
    std::vector<JobEvent> events;
    std::vector<std::string> ids;
    uint64_t next = 0;
    bool ended = false;
  };
  uint64_t place_of(std::string_view event_id) const;
  Batch since(uint64_t place) const;

 private:
  struct FileState {
    enum class At { waiting, reading, asking, ended } at = At::waiting;
    std::string name;
    int pages = 0;
    size_t pieces = 0;
    Tokens tokens = 0;
    std::vector<bool> done;
    size_t done_count = 0;
    FileEnd end;
  };
  void tell(const char* event, std::string data);  // mutex held

  const JobRecord about_;
  const uint64_t boot_;  // event ids of another process's run mean nothing
  mutable std::mutex mutex_;
  JobStatus status_;
  std::string answer_;
  std::vector<FileState> files_;
  std::vector<JobEvent> events_;
  std::function<void()> cancel_;
  std::atomic<bool> cancelled_{false};
};

// The jobs that run in this process. Any thread.
class JobBoard {
 public:
  std::shared_ptr<Job> find(std::string_view id) const;
  // False: the project runs `most` already, or the job is there.
  bool add(std::shared_ptr<Job> job, int most);
  void remove(const std::string& id);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Job>, std::less<>> jobs_;
};

}  // namespace trine::gateway
