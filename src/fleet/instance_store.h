// Where a fleet's events are kept. The fleet at any time is what folding them gives; nothing else is stored.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/error.h"
#include "base/function_ref.h"
#include "fleet/instance.h"
#include "ledger/journal.h"
#include "ledger/lock.h"
#include "ledger/store.h"

namespace trine::fleet {

// One thread.
class EventLog {
 public:
  virtual ~EventLog() = default;
  // When it returns without an error the event is kept, whatever dies next, and instances() has it. Appending what was
  // appended before changes nothing. Errors: those of transition(); resource_exhausted and unavailable from the disk.
  virtual Result<void> append(const InstanceEvent& event) = 0;
  virtual const Instances& instances() const = 0;
};

// For dry runs and tests: forgets all when it goes.
class MemoryLog final : public EventLog {
 public:
  explicit MemoryLog(Instances fleet = {}) : fleet_(std::move(fleet)) {}
  Result<void> append(const InstanceEvent& event) override;
  const Instances& instances() const override { return fleet_; }

 private:
  Instances fleet_;
};

// A folder with the ledger's own files (docs/formats/journal.md): the event is in the journal and on the disk when
// append() returns; the journal is folded into ledger.db by fold(), at close and at the next open. Blocks on the disk.
class InstanceStore final : public EventLog {
 public:
  struct Options {
    std::filesystem::path dir;       // made if missing
    const Clock* clock = nullptr;    // system_clock() if null
    ledger::Space* space = nullptr;  // disk_space() if null
  };

  // Takes over what a crash left. failed_precondition if another process holds the folder; data_loss if its events do
  // not make a fleet.
  static Result<std::unique_ptr<InstanceStore>> open(Options options);
  ~InstanceStore() override;  // close()

  // After an error of the disk nothing more is taken (it is not known what is on it): open it again.
  Result<void> append(const InstanceEvent& event) override;
  const Instances& instances() const override { return fleet_; }
  // So that other processes see what was appended. An error is no loss.
  Result<void> fold();
  void close();

 private:
  InstanceStore(Options options, ledger::DirectoryLock lock) : options_(std::move(options)), lock_(std::move(lock)) {}

  Options options_;
  ledger::DirectoryLock lock_;
  std::unique_ptr<ledger::Store> store_;
  std::unique_ptr<ledger::Journal> journal_;
  Instances fleet_;
  bool broken_ = false;
};

// Calls visit(event) for each event in order, as far as they are folded. Any process, also while another one writes.
// not_found: there is no store in `dir`.
Result<void> each_instance_event(const std::filesystem::path& dir,
                                 FunctionRef<Result<void>(const InstanceEvent& event)> visit);

// The fleet as far as it is folded. After a crash the next open() folds the rest.
Result<Instances> read_instances(const std::filesystem::path& dir);

}  // namespace trine::fleet
