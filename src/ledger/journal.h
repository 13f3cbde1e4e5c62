// The append-only record of what happened, written before anybody is told (docs/formats/journal.md).
//
// An append is a copy into a mapped, preallocated file: no lock, no system call, no allocation. It survives the death
// of the process (kill -9) at once, and the death of the machine when the kernel has written it back or the segment was
// sealed and synced.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "ledger/records.h"
#include "ledger/space.h"

namespace trine::ledger {

class MappedSegment;

// Where one open call notes how far it came. Move-only; the journal's thread. May outlive the journal.
class Progress {
 public:
  Progress() = default;  // notes nothing
  // Totals so far, not differences. Four relaxed stores.
  void relayed(uint64_t tokens, uint64_t bytes, Wall now) noexcept;

 private:
  friend class Journal;
  Progress(std::shared_ptr<MappedSegment> segment, uint64_t* at) : segment_(std::move(segment)), at_(at) {}
  std::shared_ptr<MappedSegment> segment_;  // keeps the mapping alive
  uint64_t* at_ = nullptr;
};

// One writer thread; maintain() on one other thread; sequence(), refused() and room() on any.
//
// Room: new work (intents, events, windows, later settlements, requests without a call) is refused with
// resource_exhausted ("ledger_full: ...") while what is allocated would not do to close all calls already begun. What
// closes begun work (call facts, provisional settlements, request facts) uses up all there is. Once maintain() can
// allocate again, appends succeed again.
class Journal {
 public:
  struct Options {
    std::filesystem::path dir;  // exists, and the caller holds its DirectoryLock
    uint32_t worker = 0;        // one journal per worker: no two at once
    uint64_t segment_bytes = 4 << 20;
    uint64_t reserve_bytes = 64 << 10;  // kept for closing, beside what the calls now open need
    uint32_t spares = 2;                // segments prepared ahead
    Space* space = nullptr;             // disk_space() if null
    const Clock* clock = nullptr;       // system_clock() if null
    uint64_t incarnation = 0;           // 0: random; tests give their own
    std::function<void()> wake;         // called when maintain() has something to do; must only signal
  };

  // Succeeds on a full disk too (and then refuses work until there is space).
  static Result<std::unique_ptr<Journal>> open(Options options);
  ~Journal();  // close()
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Before each upstream call; a request's first call has attempt 0.
  Result<Progress> intent(const CallIntent& record);
  Result<void> append(const CallFacts& record);
  // REQUIRES: appended before the last byte of the answer is sent.
  Result<void> append(const RequestFacts& record);
  Result<void> append(const Settlement& record);
  Result<void> append(const DeviceWindow& record);
  Result<void> append(const Event& record);
  Result<void> append(const GatewayUse& record);
  Result<void> append(const Avoided& record);

  // All that was appended is on the disk when this returns: it survives the death of the machine too. For what must be
  // known before something costly is done; the writer's thread, blocks: never on a worker. After an error what was
  // appended may or may not be found again.
  Result<void> sync();

  // Prepares segments, syncs sealed ones. Blocks on the disk: never on a worker.
  void maintain();

  // Seals what is written. Appends after it fail. The writer's thread, after the maintenance thread has stopped.
  void close();

  uint32_t worker() const { return options_.worker; }
  uint64_t incarnation() const { return options_.incarnation; }
  uint64_t sequence() const noexcept { return published_.load(std::memory_order_relaxed); }  // of the last record
  uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }  // appends refused for space
  bool full() const noexcept { return full_.load(std::memory_order_relaxed); }  // the last new work was refused

 private:
  enum class Kind { new_work, closing };
  struct Slot {
    std::byte* at = nullptr;
    size_t payload = 0;
    size_t length = 0;
  };

  explicit Journal(Options options);
  template <class R>
  Result<Slot> put(RecordType type, const R& record, Kind kind);
  Result<std::byte*> room_for(size_t bytes, Kind kind, uint64_t needed_after);
  uint64_t reserved() const;
  bool roll();
  void seal(MappedSegment& segment, uint64_t end);
  uint64_t wanted_spares() const;
  tl::unexpected<Error> refuse();
  void wake() const;

  Options options_;
  std::shared_ptr<MappedSegment> current_;
  uint64_t at_ = 0;     // the next record's offset in current_
  bool named_ = false;  // the directory's entry of current_ is on the disk
  uint64_t sequence_ = 0;
  uint64_t next_number_ = 1;  // maintenance thread
  uint64_t open_calls_ = 0, open_requests_ = 0;
  bool closed_ = false;

  std::atomic<uint64_t> published_{0};
  std::atomic<uint64_t> refused_{0};
  std::atomic<uint64_t> reserved_{0};
  std::atomic<uint32_t> spare_count_{0};
  std::atomic<bool> full_{false};

  std::mutex hand_over_;  // taken once per segment, for pointers only
  std::deque<std::shared_ptr<MappedSegment>> spares_;
  std::vector<std::shared_ptr<MappedSegment>> retired_;

  std::vector<std::shared_ptr<MappedSegment>> held_;  // maintenance thread: sealed, still noted in by open calls
  bool short_of_space_ = false;                       // maintenance thread: said so already
};

}  // namespace trine::ledger
