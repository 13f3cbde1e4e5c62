#include "protect/audit.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <limits>

#include "base/text.h"
#include "protect/audit_line.h"

namespace trine::protect {
namespace {

namespace fs = std::filesystem;
constexpr size_t kMaxFaults = 20;
// How far lines are out of the order of time: one that stands for a minute of verdicts is written at its end.
constexpr Nanos kDisorder = std::chrono::minutes(10);
constexpr uint64_t kStride = 16 << 10;  // bytes; a nearer look for a time costs more than reading them

fs::path file_of(const fs::path& dir, uint64_t number) {
  return dir / fmt::format("audit-{:06}.jsonl", number);
}

// The numbers of the files that are there, in order.
std::vector<uint64_t> files_in(const fs::path& dir) {
  std::vector<uint64_t> out;
  std::error_code ec;
  for (fs::directory_iterator f(dir, ec), end; !ec && f != end; f.increment(ec)) {
    const std::string name = f->path().filename();
    if (name.size() != 18 || !name.starts_with("audit-") || !name.ends_with(".jsonl")) continue;
    if (const auto n = parse_int(std::string_view(name).substr(6, 6)); n && *n > 0)
      out.push_back(static_cast<uint64_t>(*n));
  }
  std::sort(out.begin(), out.end());
  return out;
}

tl::unexpected<Error> cannot(const char* what, const fs::path& path) {
  return fail(Code::unavailable, "cannot {} {}: {}", what, path.string(), std::strerror(errno));
}

// A file system that fails must not throw: this runs on threads that nobody catches for.
bool is_there(const fs::path& path) {
  std::error_code ec;
  return fs::exists(path, ec);
}
bool is_folder(const fs::path& path) {
  std::error_code ec;
  return fs::is_directory(path, ec);
}

// flock(2) for as long as it lives.
struct FileLock {
  explicit FileLock(int fd) : fd_(fd) {
    while (::flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~FileLock() { ::flock(fd_, LOCK_UN); }
  int fd_;
};

// Calls take(line number, text, ended with a newline) until it returns false.
template <class Take>
void each_line(std::ifstream& in, Take&& take) {
  std::string line;
  for (size_t n = 1; std::getline(in, line); ++n)
    if (!take(n, std::string_view(line), !in.eof())) break;
}
template <class Take>
Result<void> each_line(const fs::path& path, Take&& take) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return cannot("read", path);
  each_line(in, std::forward<Take>(take));
  return {};
}

// The time of the first line that begins at `offset` or behind it, and where; nothing: there is none that can be read.
struct TimedPlace {
  uint64_t offset = 0;
  Wall at{};
};
std::optional<TimedPlace> line_behind(std::ifstream& in, uint64_t offset) {
  std::string text;
  in.clear();
  in.seekg(static_cast<std::streamoff>(offset > 0 ? offset - 1 : 0));
  if (offset > 0) std::getline(in, text);  // the end of the line before
  const auto begin = in.tellg();
  if (begin < 0 || !std::getline(in, text)) return std::nullopt;
  const auto line = read_audit_line(text);
  if (!line) return std::nullopt;
  return TimedPlace{static_cast<uint64_t>(begin), line->entry.at};
}

// Lines that begin before `low` are older than a time, those behind `high` are not. `unreadable`: what a line without a
// time counts as.
struct Cut {
  uint64_t low = 0, high = 0;
};
template <class IsOlder>
Cut cut_at(std::ifstream& in, bool unreadable, IsOlder&& is_older) {
  in.clear();
  in.seekg(0, std::ios::end);
  Cut cut{0, static_cast<uint64_t>(std::max<std::streamoff>(0, in.tellg()))};
  while (cut.low + kStride < cut.high) {
    const uint64_t middle = cut.low + (cut.high - cut.low) / 2;
    const auto line = line_behind(in, middle);
    if (line ? is_older(line->at) : unreadable)
      cut.low = line ? line->offset : middle;
    else
      cut.high = middle;
  }
  return cut;
}

}  // namespace

AuditLog::~AuditLog() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::unique_ptr<AuditLog>> AuditLog::open(Options options) {
  std::error_code ec;
  using fs::perms;
  if (fs::create_directories(options.dir, ec))
    fs::permissions(options.dir, perms::group_write | perms::others_all, fs::perm_options::remove, ec);
  if (ec) return fail(Code::unavailable, "cannot create {}: {}", options.dir.string(), ec.message());
  std::unique_ptr<AuditLog> log(new AuditLog(std::move(options)));
  const auto files = files_in(log->options_.dir);
  if (auto r = log->begin_file(files.empty() ? 1 : files.back()); !r) return tl::unexpected(r.error());
  FileLock lock(log->fd_);
  if (files.size() > 1) {  // where the chain stands, should the newest file be empty
    std::string last;
    const auto read = each_line(file_of(log->options_.dir, files[files.size() - 2]),
                                [&](size_t, std::string_view text, bool) { return last = text, true; });
    if (!read) return tl::unexpected(read.error());
    const auto line = read_audit_line(last);
    if (!line)
      return fail(Code::data_loss, "the audit log is broken: {}; see `trine audit verify`.", line.error().message);
    log->sequence_ = line->sequence, log->last_ = line->hash;
  }
  if (auto r = log->catch_up(); !r) return tl::unexpected(r.error());
  return log;
}

Result<void> AuditLog::begin_file(uint64_t number) {
  const fs::path path = file_of(options_.dir, number);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) return cannot("open", path);
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd, file_ = number, size_ = 0;
  return {};
}

// Reads what others wrote since, and takes off a line that a crash cut. REQUIRES: the file's lock.
Result<void> AuditLog::catch_up() {
  struct stat s {};
  if (::fstat(fd_, &s) != 0) return cannot("look at", file_of(options_.dir, file_));
  const auto end = static_cast<uint64_t>(s.st_size);
  if (end == size_) return {};
  if (end < size_)
    return fail(Code::data_loss, "the audit log became shorter while it was open; see `trine audit verify`.");
  std::string fresh(end - size_, '\0');
  for (size_t got = 0; got < fresh.size();) {
    const ssize_t n = ::pread(fd_, fresh.data() + got, fresh.size() - got, static_cast<off_t>(size_ + got));
    if (n <= 0) return cannot("read", file_of(options_.dir, file_));
    got += static_cast<size_t>(n);
  }
  const size_t whole = fresh.rfind('\n') + 1;  // 0 where there is none
  if (whole > 0) {
    const std::string_view lines(fresh.data(), whole - 1);
    const size_t begin = lines.rfind('\n') + 1;
    const auto line = read_audit_line(lines.substr(begin));
    if (!line)
      return fail(Code::data_loss, "the audit log is broken: {}; see `trine audit verify`.", line.error().message);
    sequence_ = line->sequence, last_ = line->hash;
  }
  size_ += whole;
  if (whole == fresh.size()) return {};
  if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) return cannot("repair", file_of(options_.dir, file_));
  AuditEntry repaired;
  repaired.at = system_clock().wall();
  repaired.actor = "system";
  repaired.action = "audit.repaired";
  repaired.subject = "audit log";
  repaired.detail = {{"bytes_cut", std::to_string(fresh.size() - whole)}};
  return write_line(repaired, true);
}

Result<void> AuditLog::append(const AuditEntry& entry, bool durable) {
  const std::lock_guard guard(mutex_);
  for (;;) {
    {
      FileLock lock(fd_);
      if (auto r = catch_up(); !r) return r;
      // Another process may have begun the next file: only the newest one grows.
      const bool full = size_ >= options_.file_bytes || is_there(file_of(options_.dir, file_ + 1));
      if (!full) return write_line(entry, durable);
    }
    if (auto r = begin_file(file_ + 1); !r) return r;
  }
}

Result<void> AuditLog::write_line(const AuditEntry& entry, bool durable) {
  AuditLine line{sequence_ + 1, entry, last_, {}};
  const std::string text = write_audit_line(line);
  for (size_t put = 0; put < text.size();) {
    const ssize_t n = ::write(fd_, text.data() + put, text.size() - put);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int error = errno;
      if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) return cannot("repair", file_of(options_.dir, file_));
      errno = error;
      return cannot("write", file_of(options_.dir, file_));
    }
    put += static_cast<size_t>(n);
  }
  if (durable && ::fdatasync(fd_) != 0) return cannot("sync", file_of(options_.dir, file_));
  size_ += text.size();
  sequence_ = line.sequence, last_ = line.hash;
  return {};
}

Result<AuditVerdict> verify_audit(const fs::path& dir, const Digest* expected_head) {
  if (!is_folder(dir)) return fail(Code::not_found, "there is no audit log in {}.", dir.string());
  AuditVerdict v;
  Digest before{};
  uint64_t sequence = 0, file = 0;
  bool head_seen = !expected_head;
  const auto fault = [&](const std::string& where, std::string what) {
    if (v.faults.size() < kMaxFaults) v.faults.push_back({where, std::move(what)});
  };
  for (const uint64_t number : files_in(dir)) {
    const fs::path path = file_of(dir, number);
    const std::string name = path.filename();
    if (number != ++file) fault(name, fmt::format("the file before it, number {}, is missing.", file)), file = number;
    const auto read = each_line(path, [&](size_t n, std::string_view text, bool ended) {
      const std::string where = fmt::format("{}:{}", name, n);
      const auto line = read_audit_line(text);
      if (!line) return fault(where, ended ? line.error().message + "." : "the last line is cut."), true;
      if (!ended) fault(where, "the last line has no end.");
      if (line->sequence != sequence + 1)
        fault(where, fmt::format("line {} follows line {}: lines are missing or doubled.", line->sequence, sequence));
      else if (!same(line->before, before))
        fault(where, "it does not follow from the line before: one of them was changed or replaced.");
      if (v.lines++ == 0) v.first = line->entry.at;
      v.last = line->entry.at;
      sequence = line->sequence, before = line->hash;
      head_seen = head_seen || same(line->hash, *expected_head);
      return v.faults.size() < kMaxFaults;
    });
    if (!read) return tl::unexpected(read.error());
  }
  v.head = before;
  if (!head_seen)
    fault(dir.string(), "no line has the hash that was noted: the log was rewritten or its end is missing.");
  return v;
}

Result<AuditSlice> find_audit(const fs::path& dir, const AuditQuery& query) {
  if (!is_folder(dir)) return fail(Code::not_found, "there is no audit log in {}.", dir.string());
  const size_t kinds = query.actions.size();
  const auto kind_of = [&](std::string_view action) {
    const auto k = std::find_if(query.actions.begin(), query.actions.end(),
                                [&](const std::string& a) { return action.starts_with(a); });
    return static_cast<size_t>(k - query.actions.begin());
  };
  const auto too_old = [&](Wall at) { return query.since && at + kDisorder < *query.since; };
  std::vector<std::deque<AuditLine>> found(kinds);  // one more than was asked for: then there are more
  const auto enough = [&](const auto& lines) { return lines.size() > query.last; };
  bool go_on = true;
  const auto files = files_in(dir);
  for (auto f = files.rbegin(); f != files.rend() && go_on; ++f) {
    const fs::path path = file_of(dir, *f);
    std::ifstream in(path, std::ios::binary);
    if (!in) return cannot("read", path);
    uint64_t from = 0, to = std::numeric_limits<uint64_t>::max();
    if (query.since) {
      const auto first = line_behind(in, 0);
      go_on = !first || !too_old(first->at);
      from = cut_at(in, false, too_old).low;
    }
    if (query.until) to = cut_at(in, true, [&](Wall at) { return at - kDisorder < *query.until; }).high;
    in.clear();
    in.seekg(static_cast<std::streamoff>(from));
    std::vector<std::deque<AuditLine>> here(kinds);
    each_line(in, [&](size_t, std::string_view text, bool) {
      const bool within = from <= to;
      from += text.size() + 1;
      auto line = read_audit_line(text);
      if (!line || (query.since && line->entry.at < *query.since) || (query.until && line->entry.at >= *query.until))
        return within;
      const size_t kind = kind_of(line->entry.action);
      if (kind == kinds) return within;
      here[kind].push_back(std::move(*line));
      if (found[kind].size() + here[kind].size() > query.last + 1) here[kind].pop_front();
      return within;
    });
    for (size_t k = 0; k < kinds; ++k)
      found[k].insert(found[k].begin(), std::make_move_iterator(here[k].begin()),
                      std::make_move_iterator(here[k].end()));
    go_on = go_on && !std::all_of(found.begin(), found.end(), enough);
  }
  AuditSlice out;
  for (auto& lines : found) {
    if (enough(lines)) out.more = true, lines.pop_front();
    out.lines.insert(out.lines.end(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
  }
  std::sort(out.lines.begin(), out.lines.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  return out;
}

Result<std::vector<AuditLine>> read_audit(const fs::path& dir, size_t last, std::string_view action) {
  auto found = find_audit(dir, {.last = last, .actions = {std::string(action)}});
  if (!found) return tl::unexpected(found.error());
  return std::move(found->lines);
}

}  // namespace trine::protect
