#include "ledger/ledger.h"

#include <algorithm>

#include "base/log.h"

namespace trine::ledger {
namespace {

constexpr auto kKeeperPeriod = std::chrono::milliseconds(100);
constexpr auto kKeeperPause = std::chrono::milliseconds(10);  // however often it is called (a full disk calls always)
constexpr auto kLongestBackOff = std::chrono::seconds(2);
constexpr Nanos kRollFor = std::chrono::milliseconds(50);  // what is over is added up after a fold, for so long

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(Options options) {
  if (!options.clock) options.clock = &system_clock();
  auto lock = DirectoryLock::acquire(options.dir);
  if (!lock) return tl::unexpected(lock.error());
  std::unique_ptr<Ledger> ledger(new Ledger(std::move(options), std::move(*lock)));
  const auto& o = ledger->options_;
  auto store =
      Store::open({.dir = o.dir, .clock = o.clock, .archive = o.archive, .erase_elsewhere = o.erase_elsewhere});
  if (!store) return tl::unexpected(store.error());
  ledger->store_ = std::move(*store);
  auto recovery = ledger->store_->recover();
  if (!recovery) return tl::unexpected(recovery.error());
  ledger->recovery_ = std::move(*recovery);
  if (auto erased = ledger->store_->do_asked_erasures(); !erased)  // it stays asked: the folder's thread tries again
    log::warning("ledger: an erasure is not done: {}", erased.error().message);
  if (auto closed = ledger->store_->do_asked_closings(); !closed) return tl::unexpected(closed.error());
  for (uint32_t worker = 0; worker <= o.workers; ++worker) {
    Journal::Options j;
    j.dir = o.dir;
    j.worker = worker;
    j.segment_bytes = o.segment_bytes;
    j.reserve_bytes = o.reserve_bytes;
    j.space = o.space;
    j.clock = o.clock;
    j.wake = [l = ledger.get()] { l->wake_keeper(); };
    auto journal = Journal::open(std::move(j));
    if (!journal) return tl::unexpected(journal.error());
    ledger->journals_.push_back(std::move(*journal));
  }
  ledger->keeper_ = std::thread([l = ledger.get()] { l->keep(); });
  ledger->folder_ = std::thread([l = ledger.get()] { l->fold_always(); });
  return ledger;
}

Ledger::~Ledger() {
  close();
}

// From a worker: at most one system call, and only if the keeper has not been called already.
void Ledger::wake_keeper() {
  if (!keeper_called_.exchange(true, std::memory_order_acq_rel)) keeper_wakes_.notify_one();
}

void Ledger::keep() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    keeper_wakes_.wait_for(lock, kKeeperPeriod, [&] { return stopping_ || keeper_called_.load(); });
    if (stopping_) return;
    keeper_called_ = false;
    lock.unlock();
    for (auto& journal : journals_) journal->maintain();
    lock.lock();
    keeper_wakes_.wait_for(lock, kKeeperPause, [&] { return stopping_; });
  }
}

void Ledger::fold_always() {
  const Nanos every = options_.fold_every;
  Nanos wait = every;
  Mono swept = options_.clock->mono() - options_.sweep_every;
  bool failing = false;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    folder_wakes_.wait_for(lock, wait, [&] { return stopping_; });
    if (stopping_) return;
    lock.unlock();
    Result<void> done;
    if (auto folded = store_->fold(); !folded) done = tl::unexpected(folded.error());
    Result<void> erased;  // one that fails, for the sake of others' stores, holds up nothing here
    if (done) {
      if (auto count = store_->do_asked_erasures(); !count)
        erased = fail(count.error().code, "an erasure is not done: {}", count.error().message);
    }
    if (done) done = store_->do_asked_closings();
    // A few slots at a time: folding goes on in between.
    const Mono began = options_.clock->mono();
    for (bool more = bool{done}; more && options_.clock->mono() - began < kRollFor;) {
      const auto rolled = store_->roll(options_.clock->wall());
      if (!rolled) done = tl::unexpected(rolled.error());
      more = rolled && *rolled;
    }
    if (done && options_.clock->mono() - swept >= options_.sweep_every) {
      auto rows = store_->sweep(options_.retention, options_.clock->wall());
      if (rows)
        swept = options_.clock->mono();
      else
        done = tl::unexpected(rows.error());
    }
    if (done) done = std::move(erased);
    if (!done && !failing) log::warning("ledger: {}; nothing is lost, trying again", done.error().message);
    if (done && failing) log::info("ledger: working again");
    failing = !done;
    wait = done ? every : std::min<Nanos>(wait * 2, kLongestBackOff);
    lock.lock();
  }
}

Result<void> Ledger::flush() {
  auto folded = store_->fold();
  if (!folded) return tl::unexpected(folded.error());
  return {};
}

LedgerState Ledger::state() const {
  LedgerState s;
  s.fold = store_->state();
  for (const auto& journal : journals_) {
    const auto folded = store_->folded(journal->worker(), journal->incarnation());
    const auto written = journal->sequence();
    s.lag_records += written > folded ? written - folded : 0;
    s.refused_appends += journal->refused();
    s.full |= journal->full();
  }
  return s;
}

void Ledger::close() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  keeper_wakes_.notify_all();
  folder_wakes_.notify_all();
  if (keeper_.joinable()) keeper_.join();
  if (folder_.joinable()) folder_.join();
  for (auto& journal : journals_) journal->close();
  if (store_ && !journals_.empty()) {
    if (auto folded = flush(); !folded) {
      log::warning("ledger: {}; the rest is folded at the next start", folded.error().message);
    }
  }
}

Result<std::string> erase(const std::filesystem::path& dir, const Subject& subject) {
  std::error_code ec;
  if (!std::filesystem::exists(dir / "ledger.db", ec))
    return fail(Code::not_found, "there is no ledger in {}", dir.string());
  auto lock = DirectoryLock::acquire(dir);
  if (!lock) {
    if (auto asked = request_erasure(dir, subject, system_clock().wall()); !asked) return tl::unexpected(asked.error());
    return std::string();
  }
  auto store = Store::open({.dir = dir, .clock = nullptr, .archive = {}});
  if (!store) return tl::unexpected(store.error());
  if (auto recovered = (*store)->recover(); !recovered) return tl::unexpected(recovered.error());
  return (*store)->erase(subject);
}

}  // namespace trine::ledger
