#include "fleet/instance_store.h"

#include "base/log.h"
#include "fleet/instance_json.h"
#include "ledger/events.h"

namespace trine::fleet {
namespace {

constexpr uint64_t kSegmentBytes = 256 << 10;  // about a thousand events

}  // namespace

Result<void> MemoryLog::append(const InstanceEvent& event) {
  auto taken = fleet_.apply(event);
  if (!taken) return tl::unexpected(taken.error());
  return {};
}

Result<std::unique_ptr<InstanceStore>> InstanceStore::open(Options options) {
  auto lock = ledger::DirectoryLock::acquire(options.dir);
  if (!lock) return tl::unexpected(lock.error());
  std::unique_ptr<InstanceStore> store(new InstanceStore(std::move(options), std::move(*lock)));
  const auto& o = store->options_;
  auto folded = ledger::Store::open({.dir = o.dir, .clock = o.clock, .archive = {}});
  if (!folded) return tl::unexpected(folded.error());
  store->store_ = std::move(*folded);
  if (auto recovered = store->store_->recover(); !recovered) return tl::unexpected(recovered.error());
  auto fleet = read_instances(o.dir);
  if (!fleet) return tl::unexpected(fleet.error());
  store->fleet_ = std::move(*fleet);
  ledger::Journal::Options j;
  j.dir = o.dir;
  j.segment_bytes = kSegmentBytes;
  j.reserve_bytes = 0;  // nothing here has to be closed
  j.spares = 1;
  j.space = o.space;
  j.clock = o.clock;
  auto journal = ledger::Journal::open(std::move(j));
  if (!journal) return tl::unexpected(journal.error());
  store->journal_ = std::move(*journal);
  return store;
}

InstanceStore::~InstanceStore() {
  close();
}

Result<void> InstanceStore::append(const InstanceEvent& event) {
  if (broken_ || !journal_) {
    return fail(Code::failed_precondition,
                "the store in {} failed before; what is on its disk is known when it is opened again",
                options_.dir.string());
  }
  const auto fresh = fleet_.check(event);
  if (!fresh) return tl::unexpected(fresh.error());
  if (!*fresh) return {};
  const auto record = to_record(event);
  // What cannot be read back must not be written.
  if (const auto back = from_record(record); !back || *back != event)
    return fail(Code::invalid_argument, "{}: '{}' holds what is no text", event.instance, name(event.kind));
  journal_->maintain();
  if (auto appended = journal_->append(record); !appended) return appended;
  if (auto synced = journal_->sync(); !synced) {
    broken_ = true;
    return synced;
  }
  auto taken = fleet_.apply(event);
  if (!taken) return tl::unexpected(taken.error());
  return {};
}

Result<void> InstanceStore::fold() {
  journal_->maintain();
  auto folded = store_->fold();
  if (!folded) return tl::unexpected(folded.error());
  return {};
}

void InstanceStore::close() {
  if (!journal_) return;
  journal_->close();
  journal_.reset();
  if (auto folded = store_->fold(); !folded)
    log::warning("fleet: {}; the rest is folded at the next start", folded.error().message);
}

Result<void> each_instance_event(const std::filesystem::path& dir,
                                 FunctionRef<Result<void>(const InstanceEvent& event)> visit) {
  return ledger::each_event(dir, kEventRecord, [&](const ledger::Event& record) -> Result<void> {
    const auto event = from_record(record);
    if (!event) return fail(event.error().code, "{}: {}", dir.string(), event.error().message);
    return visit(*event);
  });
}

Result<Instances> read_instances(const std::filesystem::path& dir) {
  Instances fleet;
  auto read = each_instance_event(dir, [&](const InstanceEvent& event) -> Result<void> {
    const auto taken = fleet.apply(event);
    if (!taken) return fail(Code::data_loss, "{}: {}", dir.string(), taken.error().message);
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return fleet;
}

}  // namespace trine::fleet
