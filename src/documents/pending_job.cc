#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "documents/document_json.h"
#include "documents/pool.h"
#include "json/read.h"

namespace trine::documents {

using internal::WorkerProcess;

PendingJob::PendingJob(DocumentPool& pool, WorkerProcess worker, int jobs_done, bool greeted)
    : pool_(&pool), worker_(std::move(worker)), jobs_done_(jobs_done), greeted_(greeted) {}

PendingJob::~PendingJob() {
  if (!worker_) return;
  worker_.end(true);
  pool_->replace();
}

void PendingJob::prepare(const Job& job, std::string_view file) {
  limits_ = job.limits;
  deadline_ = Clock::now() + std::chrono::milliseconds(job.limits.wall_ms);
  worker_.allow_cpu(job.limits.cpu_s);
  const std::string head = to_json(job, file.size());
  out_.reserve(head.size() + file.size() + kFrameHead * (2 + file.size() / kInputPiece));
  append_frame(out_, FrameType::job, head);
  for (size_t at = 0; at < file.size(); at += kInputPiece)
    append_frame(out_, FrameType::input, file.substr(at, kInputPiece));
}

std::optional<DocumentResult<Extraction>> PendingJob::advance(Clock::time_point now) {
  if (!worker_) return refuse(Problem::crashed, "its job has ended already");
  // Nothing is sent before the worker has said that it is locked up.
  while (greeted_ && sent_ < out_.size()) {
    const ssize_t n = ::send(worker_.fd(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;  // full, or the worker is gone: reading tells which, after what it said last
    sent_ += static_cast<size_t>(n);
  }
  if (sent_ == out_.size() && !out_.empty()) {
    out_ = {};
    sent_ = 0;
  }
  std::array<char, 65536> buffer;
  for (;;) {
    Frame frame;
    switch (reader_.next(frame)) {
      case FrameReader::Status::frame:
        if (auto outcome = take(frame)) return outcome;
        continue;
      case FrameReader::Status::broken:
        return distrust("its frames are broken");
      case FrameReader::Status::more:
        break;
    }
    const ssize_t n = ::recv(worker_.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || (n < 0 && errno != EAGAIN)) return lost();
    if (n < 0) break;
    reader_.feed({buffer.data(), static_cast<size_t>(n)});
  }
  if (now >= deadline_)
    return finish(refuse(Problem::too_slow, fmt::format("it was not done after {} ms", limits_.wall_ms)), false);
  return {};
}

PendingJob::Outcome PendingJob::take(const Frame& frame) {
  switch (frame.type) {
    case FrameType::hello: {
      std::string why;
      if (greeted_ || !greet(frame.payload, why)) return finish(refuse(Problem::no_worker, why), false);
      greeted_ = true;
      return advance();  // now the job can be sent
    }
    case FrameType::page: {
      text_bytes_ += static_cast<int64_t>(frame.payload.size());
      // JSON is longer than the text in it: twice and a page's worth are a worker that does not keep its limits.
      if (text_bytes_ > 8 * limits_.text_bytes + 65536) return distrust("it sends more than it may");
      auto page = page_of(frame.payload);
      if (!page) return distrust(page.error().message);
      result_.document.pages.push_back(std::move(*page));
      return {};
    }
    case FrameType::image:
      return take_image(frame.payload);
    case FrameType::done: {
      const auto read = read_end(frame.payload, result_.document, resident_bytes_);
      if (!read || wants_write()) return distrust("its answer ends too early");
      return finish(std::move(result_), true);
    }
    case FrameType::error: {
      bool last = false;
      auto error = error_of(frame.payload, last);
      if (!error) return distrust(error.error().message);
      // The rest of the file may still be on its way to a worker that has stopped reading.
      return finish(tl::unexpected(std::move(*error)), !last && !wants_write());
    }
    case FrameType::job:
    case FrameType::input:
      break;
  }
  return distrust("it sends what only a gateway sends");
}

bool PendingJob::greet(std::string_view payload, std::string& why) {
  int64_t version = 0;
  bool locked = false;
  const auto walked = json::each_member(payload, [&](std::string_view key, json::Value value) {
    if (key == "version") version = value.as_int().value_or(0);
    if (key == "locked") locked = value.as_bool().value_or(false);
    return true;
  });
  if (!walked || version != 1) return why = "it is of another version than the gateway", false;
  if (!locked && !pool_->options().allow_unlocked)
    return why = "its sandbox is not whole on this system (it needs seccomp)", false;
  return true;
}

PendingJob::Outcome PendingJob::take_image(std::string_view payload) {
  // Eight bytes for each of four sizes would be plenty; the head is JSON up to the first line end, then the file.
  const size_t end = payload.find('\n');
  if (end == std::string_view::npos) return distrust("its image has no head");
  ImageFile image;
  const auto number = [](json::Value v) {
    return static_cast<int>(std::clamp<int64_t>(v.as_int().value_or(0), 0, 1'000'000));
  };
  const auto walked = json::each_member(payload.substr(0, end), [&](std::string_view key, json::Value value) {
    if (key == "width") image.width = number(value);
    if (key == "height") image.height = number(value);
    if (key == "source_width") image.source_width = number(value);
    if (key == "source_height") image.source_height = number(value);
    if (key == "media_type") image.media_type = value.as_string().value_or("");
    return true;
  });
  if (!walked) return distrust("its image has no head");
  image.bytes = payload.substr(end + 1);
  result_.image = std::move(image);
  return {};
}

PendingJob::Outcome PendingJob::lost() {
  const internal::Ending ending = worker_.end(false);
  pool_->replace();
  if (!greeted_)
    return refuse(Problem::no_worker,
                  fmt::format("it ended while starting (exit {}, signal {})", ending.exit_code, ending.signal));
  if (ending.killed) return refuse(Problem::crashed, "its reader hung up and did not end");
  if (ending.signal == SIGXCPU)
    return refuse(Problem::too_slow, fmt::format("more than {} s of processor time", limits_.cpu_s));
  if (ending.signal == SIGKILL) return refuse(Problem::too_much_memory, "the system ended its reader");
  if (ending.signal == SIGSYS) return refuse(Problem::crashed, "its reader tried what it must not do, and was ended");
  if (ending.signal != 0) return refuse(Problem::crashed, fmt::format("signal {}", ending.signal));
  return refuse(Problem::crashed, fmt::format("its reader gave up (exit {})", ending.exit_code));
}

PendingJob::Outcome PendingJob::distrust(std::string_view why) {
  return finish(refuse(Problem::crashed, why), false);
}

PendingJob::Outcome PendingJob::finish(DocumentResult<Extraction> result, bool reusable) {
  const PoolOptions& options = pool_->options();
  ++jobs_done_;
  if (reusable && jobs_done_ < options.jobs_per_worker &&
      resident_bytes_ <= static_cast<uint64_t>(options.resident_bytes)) {
    pool_->give_back({std::exchange(worker_, {}), jobs_done_, true});
  } else {
    worker_.end(true);
    pool_->replace();
  }
  return result;
}

}  // namespace trine::documents
