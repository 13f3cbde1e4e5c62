#include "gateway/jobs/job_log.h"

#include "base/log.h"
#include "gateway/files/store.h"
#include "json/read.h"
#include "json/write.h"

namespace trine::gateway {
namespace {

constexpr const char* kJob = "job";
constexpr const char* kJobFile = "job.file";
constexpr const char* kPiece = "job.piece";
constexpr size_t kMostJobs = 10'000;
constexpr Nanos kGrace = std::chrono::hours(1);  // behind the deadline: its end has still to be written

std::string file_id(const JobRecord& job, size_t file) {
  return fmt::format("{}/{}", job.id, file);
}
std::string piece_id(const JobRecord& job, size_t file, size_t piece) {
  return fmt::format("{}/{}/{}", job.id, file, piece);
}

vault::Owner owner(const JobRecord& job) {
  return owner_of(job.tenant, job.order.user);
}

tl::unexpected<Error> odd(const std::string& id) {
  return fail(Code::data_loss, "what the vault has of {} is not what was put there", id);
}

}  // namespace

Result<void> JobLog::put(const JobRecord& job, Wall now, Nanos ttl) {
  const Wall expires = job.status == JobStatus::running ? job.deadline + kGrace : now + ttl;
  // An end takes the place of what ran: of a job that was erased there is none.
  const auto of = job.status == JobStatus::running ? std::nullopt : std::optional(vault::Name{kJob, job.id});
  return vault_.put(kJob, job.id, owner(job), now, expires, to_json(job), of);
}

Result<std::optional<JobRecord>> JobLog::get(const std::string& id, Wall now) {
  const auto blob = vault_.get(kJob, id, now);
  if (!blob) return tl::unexpected(blob.error());
  if (!*blob) return std::optional<JobRecord>{};
  auto record = job_record_of((*blob)->bytes);
  if (!record) return tl::unexpected(record.error());
  return std::optional(std::move(*record));
}

Result<std::vector<JobRecord>> JobLog::running(Wall now) {
  const auto entries = vault_.list(kJob, {}, kMostJobs);
  if (!entries) return tl::unexpected(entries.error());
  std::vector<JobRecord> out;
  for (const vault::Entry& e : *entries) {
    auto record = get(e.id, now);
    if (!record)
      log::warning("job {}: {}", e.id, record.error().message);
    else if (*record && (*record)->status == JobStatus::running)
      out.push_back(std::move(**record));
  }
  return out;
}

Result<void> JobLog::put_piece(const JobRecord& job, size_t file, size_t piece, const PieceEnd& end, Wall now) {
  std::string out;
  json::Writer w(out);
  w.object().key("text_hash").value(end.text_hash).key("json").value(end.json).key("sum").raw(to_json(end.sum));
  w.key("requests").array();
  for (const std::string& r : end.requests) w.value(r);
  w.end().end();
  return vault_.put(kPiece, piece_id(job, file, piece), owner(job), now, job.deadline + kGrace, out,
                    vault::Name{kJob, job.id});
}

Result<std::optional<PieceEnd>> JobLog::get_piece(const JobRecord& job, size_t file, size_t piece, Wall now) {
  const std::string id = piece_id(job, file, piece);
  const auto blob = vault_.get(kPiece, id, now);
  if (!blob) return tl::unexpected(blob.error());
  if (!*blob) return std::optional<PieceEnd>{};
  PieceEnd end;
  bool good = true;
  const auto read = json::each_member((*blob)->bytes, [&](std::string_view key, json::Value v) {
    if (key == "sum") end.sum = call_sum_of(v.raw);
    if (key == "text_hash" || key == "json") {
      auto text = v.as_string();
      good = good && text;
      if (text) (key == "json" ? end.json : end.text_hash) = std::move(*text);
    }
    if (key == "requests")
      good = good && v.is_array() && json::each_element(v.raw, [&](json::Value e) {
               if (auto text = e.as_string()) end.requests.push_back(std::move(*text));
               return true;
             });
    return good;
  });
  if (!read || !good) return odd(id);
  return std::optional(std::move(end));
}

Result<void> JobLog::put_file(const JobRecord& job, size_t file, const FileEnd& end, Wall now) {
  std::string out;
  json::Writer w(out);
  w.object().key("good").value(end.good).key("json").value(end.json).key("sum").raw(to_json(end.sum)).end();
  return vault_.put(kJobFile, file_id(job, file), owner(job), now, job.deadline + kGrace, out,
                    vault::Name{kJob, job.id});
}

Result<std::optional<FileEnd>> JobLog::get_file(const JobRecord& job, size_t file, Wall now) {
  const std::string id = file_id(job, file);
  const auto blob = vault_.get(kJobFile, id, now);
  if (!blob) return tl::unexpected(blob.error());
  if (!*blob) return std::optional<FileEnd>{};
  FileEnd end;
  bool good = true;
  const auto read = json::each_member((*blob)->bytes, [&](std::string_view key, json::Value v) {
    if (key == "sum") end.sum = call_sum_of(v.raw);
    if (key == "good") end.good = v.raw == "true";
    if (key == "json") {
      auto text = v.as_string();
      good = good && text;
      if (text) end.json = std::move(*text);
    }
    return good;
  });
  if (!read || !good) return odd(id);
  return std::optional(std::move(end));
}

Result<bool> JobLog::drop(const std::string& id) {
  return vault_.drop(kJob, id);
}

void JobLog::drop_pieces(const JobRecord& job, size_t file, size_t pieces) {
  for (size_t p = 0; p < pieces; ++p) (void)vault_.drop(kPiece, piece_id(job, file, p));
}

void JobLog::drop_files(const JobRecord& job) {
  for (size_t f = 0; f < job.order.files.size(); ++f) (void)vault_.drop(kJobFile, file_id(job, f));
}

}  // namespace trine::gateway
