#include "gateway/jobs/job.h"

#include <algorithm>

#include "base/text.h"
#include "json/read.h"
#include "json/write.h"

namespace trine::gateway {
namespace {

constexpr size_t kJobIdLength = 4 + 32;

std::optional<JobStatus> parse_status(std::string_view text) {
  for (const JobStatus s : {JobStatus::running, JobStatus::completed, JobStatus::failed, JobStatus::cancelled})
    if (text == name(s)) return s;
  return {};
}

}  // namespace

const char* name(JobStatus status) {
  switch (status) {
    case JobStatus::running:
      return "running";
    case JobStatus::completed:
      return "completed";
    case JobStatus::failed:
      return "failed";
    case JobStatus::cancelled:
      return "cancelled";
  }
  return "failed";
}

bool is_job_id(std::string_view id) {
  return id.size() == kJobIdLength && id.starts_with("doc_") &&
         id.find_first_not_of("0123456789abcdef", 4) == std::string_view::npos;
}

std::string to_json(const JobRecord& r) {
  std::string out;
  json::Writer w(out);
  w.object().key("id").value(r.id).key("order").raw(to_json(r.order));
  w.key("org").value(r.tenant.org).key("team").value(r.tenant.team).key("project").value(r.tenant.project);
  w.key("key").value(r.tenant.key).key("who").value(name(r.who.sort)).key("who_name").value(r.who.name);
  w.key("workload")
      .value(r.workload)
      .key("created")
      .value(unix_ns(r.created))
      .key("deadline")
      .value(unix_ns(r.deadline));
  w.key("status").value(name(r.status)).key("answer").value(r.answer).end();
  return out;
}

Result<JobRecord> job_record_of(std::string_view json) {
  JobRecord r;
  bool good = true;
  std::string who, status;
  const auto text = [&](const json::Value& v, std::string& out) {
    auto s = v.as_string();
    good = good && s;
    if (s) out = std::move(*s);
  };
  const auto time = [&](const json::Value& v, Wall& out) {
    const auto n = v.as_int();
    good = good && n;
    if (n) out = from_unix_ns(*n);
  };
  const auto read = json::each_member(json, [&](std::string_view key, json::Value v) {
    if (key == "id") text(v, r.id);
    if (key == "org") text(v, r.tenant.org);
    if (key == "team") text(v, r.tenant.team);
    if (key == "project") text(v, r.tenant.project);
    if (key == "key") text(v, r.tenant.key);
    if (key == "who") text(v, who);
    if (key == "who_name") text(v, r.who.name);
    if (key == "workload") text(v, r.workload);
    if (key == "created") time(v, r.created);
    if (key == "deadline") time(v, r.deadline);
    if (key == "status") text(v, status);
    if (key == "answer") text(v, r.answer);
    if (key == "order") {
      auto order = job_order_of(v.raw);
      good = good && order;
      if (order) r.order = std::move(*order);
    }
    return good;
  });
  const auto sort = parse_sort(who);
  const auto parsed = parse_status(status);
  if (!read || !good || !sort || !parsed || !is_job_id(r.id))
    return fail(Code::data_loss, "what the vault has of a job is not what was put there");
  r.who.sort = *sort;
  r.status = *parsed;
  return r;
}

Job::Job(JobRecord record, uint64_t boot)
    : about_(std::move(record)), boot_(boot), status_(about_.status), answer_(about_.answer) {
  files_.resize(about_.order.files.size());
  for (size_t i = 0; i < files_.size(); ++i) files_[i].name = about_.order.files[i].name;
  if (status_ != JobStatus::running) {
    // One of the log: how it ended is all that there is to tell.
    tell("job.done", fmt::format(R"({{"id":"{}","status":"{}"}})", about_.id, gateway::name(status_)));
    return;
  }
  tell("job.started", fmt::format(R"({{"id":"{}","files":{}}})", about_.id, files_.size()));
}

void Job::tell(const char* event, std::string data) {
  events_.push_back({event, std::move(data)});
}

void Job::reading(size_t file, std::string name) {
  const std::lock_guard lock(mutex_);
  FileState& f = files_[file];
  if (f.at != FileState::At::waiting || status_ != JobStatus::running) return;
  f.at = FileState::At::reading;
  if (f.name.empty()) f.name = std::move(name);
}

void Job::read(size_t file, int pages, size_t pieces, Tokens tokens) {
  const std::lock_guard lock(mutex_);
  FileState& f = files_[file];
  if (f.at != FileState::At::reading || status_ != JobStatus::running) return;
  f.at = FileState::At::asking;
  f.pages = pages;
  f.pieces = pieces;
  f.tokens = tokens;
  f.done.resize(pieces);
  tell("file.read", fmt::format(R"({{"file":{},"pages":{},"pieces":{},"tokens":{}}})", file, pages, pieces, tokens));
}

void Job::piece_done(size_t file, size_t piece) {
  const std::lock_guard lock(mutex_);
  FileState& f = files_[file];
  if (f.at != FileState::At::asking || status_ != JobStatus::running || piece >= f.pieces || f.done[piece]) return;
  f.done[piece] = true;
  ++f.done_count;
  tell("piece.done",
       fmt::format(R"({{"file":{},"piece":{},"done":{},"pieces":{}}})", file, piece, f.done_count, f.pieces));
}

void Job::end_file(size_t file, FileEnd end) {
  const std::lock_guard lock(mutex_);
  FileState& f = files_[file];
  if (f.at == FileState::At::ended || status_ != JobStatus::running) return;
  f.at = FileState::At::ended;
  tell("file.done", fmt::format(R"({{"file":{},"status":"{}"}})", file, end.good ? "completed" : "failed"));
  f.end = std::move(end);
}

void Job::end(JobStatus status, std::string answer) {
  const std::lock_guard lock(mutex_);
  if (status_ != JobStatus::running) return;
  status_ = status;
  answer_ = std::move(answer);
  tell("job.done", fmt::format(R"({{"id":"{}","status":"{}"}})", about_.id, gateway::name(status)));
}

std::function<void()> Job::set_cancel(std::function<void()> cancel) {
  const std::lock_guard lock(mutex_);
  std::swap(cancel, cancel_);
  return cancel;
}

void Job::cancel() {
  cancelled_.store(true);
  std::function<void()> tell_runner;
  {
    const std::lock_guard lock(mutex_);
    tell_runner = cancel_;
  }
  if (tell_runner) tell_runner();
}

JobStatus Job::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::string Job::json() const {
  {
    const std::lock_guard lock(mutex_);
    if (status_ != JobStatus::running) return answer_;
  }
  return json_of(JobStatus::running, {}, {});
}

std::string Job::json_of(JobStatus status, std::string_view error, std::string_view merged) const {
  const std::lock_guard lock(mutex_);
  std::string out;
  json::Writer w(out);
  w.object().key("id").value(about_.id).key("object").value("document_job").key("status").value(name(status));
  w.key("created_at").value(unix_s(about_.created)).key("deadline_at").value(unix_s(about_.deadline));
  w.key("model").value(about_.order.model).key("files").array();
  CallSum sum;
  for (size_t i = 0; i < files_.size(); ++i) {
    const FileState& f = files_[i];
    if (f.at == FileState::At::ended) {
      w.raw(f.end.json);
      sum += f.end.sum;
      continue;
    }
    w.object().key("file_id").value(about_.order.files[i].id).key("filename").value(f.name);
    const char* at = f.at == FileState::At::waiting ? "waiting" : f.at == FileState::At::reading ? "reading" : "asking";
    w.key("status").value(status == JobStatus::running ? at : name(status));
    if (f.at == FileState::At::asking)
      w.key("pages")
          .value(f.pages)
          .key("tokens")
          .value(f.tokens)
          .key("pieces")
          .value(f.pieces)
          .key("pieces_done")
          .value(f.done_count);
    w.end();
  }
  w.end();
  if (!merged.empty()) w.key("result").raw(merged);
  if (!error.empty()) w.key("error").object().key("message").value(error).end();
  w.key("usage").raw(to_json(sum)).end();
  return out;
}

std::vector<std::string> Job::good_files() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const FileState& f : files_)
    if (f.at == FileState::At::ended && f.end.good) out.push_back(f.end.json);
  return out;
}

bool Job::all_failed() const {
  const std::lock_guard lock(mutex_);
  return std::none_of(files_.begin(), files_.end(),
                      [](const FileState& f) { return f.at == FileState::At::ended && f.end.good; });
}

uint64_t Job::place_of(std::string_view event_id) const {
  const size_t point = event_id.find('.');
  if (point == event_id.npos || event_id.substr(0, point) != fmt::format("{:x}", boot_)) return 0;
  const auto n = parse_int(event_id.substr(point + 1));
  return n && *n > 0 ? static_cast<uint64_t>(*n) : 0;
}

Job::Batch Job::since(uint64_t place) const {
  const std::lock_guard lock(mutex_);
  Batch b;
  for (uint64_t i = std::min<uint64_t>(place, events_.size()); i < events_.size(); ++i) {
    b.events.push_back(events_[i]);
    b.ids.push_back(fmt::format("{:x}.{}", boot_, i + 1));
  }
  b.next = events_.size();
  b.ended = status_ != JobStatus::running;
  return b;
}

std::shared_ptr<Job> JobBoard::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto it = jobs_.find(id);
  return it == jobs_.end() ? nullptr : it->second;
}

bool JobBoard::add(std::shared_ptr<Job> job, int most) {
  const std::lock_guard lock(mutex_);
  const auto same = [&](const auto& j) { return same_project(j.second->about().tenant, job->about().tenant); };
  if (std::count_if(jobs_.begin(), jobs_.end(), same) >= most) return false;
  std::string id = job->about().id;
  return jobs_.emplace(std::move(id), std::move(job)).second;
}

void JobBoard::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  jobs_.erase(id);
}

}  // namespace trine::gateway
