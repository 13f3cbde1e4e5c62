// The ledger as the gateway holds it: the directory's lock, recovery, one journal per worker, the thread that prepares
// segments and the thread that folds.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "ledger/journal.h"
#include "ledger/lock.h"
#include "ledger/report.h"
#include "ledger/store.h"

namespace trine::ledger {

struct LedgerState {
  uint64_t lag_records = 0;      // written, not folded yet
  uint64_t refused_appends = 0;  // for want of space
  bool full = false;             // new work is being refused
  FoldState fold;
};

class Ledger {
 public:
  struct Options {
    std::filesystem::path dir;
    uint32_t workers = 1;
    uint64_t segment_bytes = 4 << 20;
    uint64_t reserve_bytes = 64 << 10;
    Nanos fold_every = std::chrono::seconds(1);
    Nanos sweep_every = std::chrono::hours(1);
    Retention retention;
    std::filesystem::path archive;
    std::function<Result<void>(const Subject&)> erase_elsewhere = {};  // Store::Options
    const Clock* clock = nullptr;                                      // system_clock() if null
    Space* space = nullptr;                                            // disk_space() if null
  };

  // Blocks until what a crash left is closed. Fails if another process holds the directory.
  static Result<std::unique_ptr<Ledger>> open(Options options);
  ~Ledger();  // close()

  const Recovery& recovery() const { return recovery_; }
  // journal(0..workers-1) for the workers, each used by its worker's thread only.
  Journal& journal(uint32_t worker) { return *journals_.at(worker); }
  // One more, for a single executor thread: settlements, windows, events.
  Journal& back_office() { return *journals_.back(); }
  Reports reports() const { return Reports(options_.dir); }
  Store& store() { return *store_; }

  // All that is appended now is folded when this returns. Blocks: never on a worker.
  Result<void> flush();
  // One request as it is now, open or closed. Blocks: never on a worker.
  Result<std::optional<RequestView>> request(const RequestId& id) { return store_->request(id); }
  LedgerState state() const;  // any thread, never blocks on the disk

  // Stops the threads, seals the journals, folds the rest. REQUIRES: nobody appends any more.
  void close();

 private:
  explicit Ledger(Options options, DirectoryLock lock) : options_(std::move(options)), lock_(std::move(lock)) {}
  void wake_keeper();
  void keep();         // thread: prepares segments
  void fold_always();  // thread: folds, erases, sweeps

  Options options_;
  DirectoryLock lock_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<Journal>> journals_;
  Recovery recovery_;

  std::mutex mutex_;
  std::condition_variable keeper_wakes_, folder_wakes_;
  std::atomic<bool> keeper_called_{false};
  bool stopping_ = false;
  std::thread keeper_, folder_;
};

// `trine erase`: does it here if no gateway holds the directory (then returns the pseudonym), else asks that gateway
// and returns an empty text; see erasure_pending().
Result<std::string> erase(const std::filesystem::path& dir, const Subject& subject);

}  // namespace trine::ledger
