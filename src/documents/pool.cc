#include "documents/pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/log.h"

namespace trine::documents {

using internal::WorkerProcess;

namespace {

bool hung_up(int fd) {
  pollfd p{fd, 0, 0};
  return ::poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace

DocumentResult<std::unique_ptr<DocumentPool>> DocumentPool::start(PoolOptions options) {
  std::unique_ptr<DocumentPool> pool(new DocumentPool(std::move(options)));
  for (int i = 0; i < std::max(1, pool->options_.workers); ++i) {
    auto idle = pool->spawn();
    if (!idle) return tl::unexpected(idle.error());
    pool->idle_.push_back(std::move(*idle));
    ++pool->alive_;
  }
  // A job of one word shows at start, not at the first client's document, whether workers run here at all.
  const auto tried = pool->extract({}, "ready");
  if (!tried) return tl::unexpected(tried.error());
  return pool;
}

DocumentPool::~DocumentPool() = default;

DocumentResult<DocumentPool::Idle> DocumentPool::spawn() {
  auto worker = WorkerProcess::spawn(
      {options_.program, options_.tessdata, options_.languages, options_.memory_bytes, options_.loud});
  if (!worker) return tl::unexpected(worker.error());
  ++started_;
  return Idle{std::move(*worker), 0, false};
}

std::optional<DocumentPool::Idle> DocumentPool::take(std::chrono::milliseconds most_wait) {
  std::unique_lock lock(mutex_);
  // A start that failed (no processes, no memory) is tried again by whoever needs a worker.
  while (alive_ < options_.workers && idle_.empty()) {
    auto fresh = spawn();
    if (!fresh) break;
    idle_.push_back(std::move(*fresh));
    ++alive_;
  }
  if (!freed_.wait_for(lock, most_wait, [this] { return !idle_.empty(); })) return {};
  // One that ended while it was idle (the system wanted its memory) costs no job.
  for (Idle& idle : idle_) {
    if (!hung_up(idle.worker.fd())) continue;
    if (auto fresh = spawn()) idle = std::move(*fresh);
  }
  // One that has greeted already is ready now; a fresh one is still loading.
  auto it = std::find_if(idle_.begin(), idle_.end(), [](const Idle& i) { return i.greeted; });
  if (it == idle_.end()) it = idle_.begin();
  Idle taken = std::move(*it);
  idle_.erase(it);
  return taken;
}

void DocumentPool::give_back(Idle idle) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(idle));
  }
  freed_.notify_one();
}

void DocumentPool::replace() {
  {
    const std::lock_guard lock(mutex_);
    --alive_;
    auto fresh = spawn();
    if (!fresh) {
      log::warning("documents: {}", fresh.error().message);
      return;
    }
    idle_.push_back(std::move(*fresh));
    ++alive_;
  }
  freed_.notify_one();
}

int DocumentPool::idle() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(idle_.size());
}

uint64_t DocumentPool::started() const {
  const std::lock_guard lock(mutex_);
  return started_;
}

std::vector<pid_t> DocumentPool::idle_pids() const {
  const std::lock_guard lock(mutex_);
  std::vector<pid_t> pids;
  for (const Idle& i : idle_) pids.push_back(i.worker.pid());
  return pids;
}

DocumentResult<std::unique_ptr<PendingJob>> DocumentPool::begin(const Job& job, std::string_view file) {
  if (file.empty()) return refuse(Problem::empty, {});
  if (file.size() > static_cast<uint64_t>(std::max<int64_t>(0, job.limits.input_bytes)))
    return refuse(Problem::too_large, fmt::format("{} bytes, {} are allowed", file.size(), job.limits.input_bytes));
  auto idle = take(std::chrono::milliseconds(0));
  if (!idle) return refuse(Problem::busy, {});
  std::unique_ptr<PendingJob> pending(new PendingJob(*this, std::move(idle->worker), idle->jobs_done, idle->greeted));
  pending->prepare(job, file);
  return pending;
}

DocumentResult<Extraction> DocumentPool::extract(const Job& job, std::string_view file) {
  const auto give_up = PendingJob::Clock::now() + options_.most_wait;
  auto pending = begin(job, file);
  while (!pending && pending.error().problem == Problem::busy && PendingJob::Clock::now() < give_up) {
    std::unique_lock lock(mutex_);
    freed_.wait_until(lock, give_up, [this] { return !idle_.empty(); });
    lock.unlock();
    pending = begin(job, file);
  }
  if (!pending) return tl::unexpected(pending.error());
  for (;;) {
    const auto now = PendingJob::Clock::now();
    if (auto result = (*pending)->advance(now)) return std::move(*result);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>((*pending)->deadline() - now).count() + 1;
    pollfd p{(*pending)->fd(), static_cast<short>(POLLIN | ((*pending)->wants_write() ? POLLOUT : 0)), 0};
    ::poll(&p, 1, static_cast<int>(std::clamp<int64_t>(left, 0, 60'000)));
  }
}

}  // namespace trine::documents
