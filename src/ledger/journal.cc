#include "ledger/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/id.h"
#include "base/log.h"
#include "ledger/mapped_segment.h"
#include "ledger/segment.h"

namespace trine::ledger {
namespace {

// Greatest sizes of what closes an open call: fixed fields, texts with their lengths (records.h).
constexpr size_t text(size_t n, size_t max) {
  return n * (4 + max);
}
constexpr uint64_t kCallMax = record_bytes(RecordType::call_facts, 96 + text(3, kMaxName));
constexpr uint64_t kSettlementMax = record_bytes(RecordType::settlement, 120);
constexpr uint64_t kRequestMax =
    record_bytes(RecordType::request_facts, 64 + text(8, kMaxName) + text(2, kMaxSentence));
constexpr uint64_t kPerCall = kCallMax;
constexpr uint64_t kPerRequest = kRequestMax + 4 * kSettlementMax;
constexpr uint64_t kTail = kRequestMax;  // what a segment's end may waste on a closing record that does not fit

void store(uint64_t* at, uint64_t v) {
  std::atomic_ref<uint64_t>(*at).store(v, std::memory_order_relaxed);
}

uint64_t last_number(const std::filesystem::path& dir, uint32_t worker) {
  uint64_t last = 0;
  const auto prefix = segment_name(worker, 0).substr(0, segment_name(worker, 0).find('-') + 1);
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(dir, ec)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(".trj")) {
      last = std::max<uint64_t>(last, std::strtoull(name.c_str() + prefix.size(), nullptr, 10));
    }
  }
  return last;
}

}  // namespace

void Progress::relayed(uint64_t tokens, uint64_t bytes, Wall now) noexcept {
  if (at_ == nullptr) return;
  const auto ns = static_cast<uint64_t>(unix_ns(now));
  store(at_, tokens);
  store(at_ + 1, bytes);
  if (tokens > 0 && std::atomic_ref<uint64_t>(at_[2]).load(std::memory_order_relaxed) == 0) store(at_ + 2, ns);
  store(at_ + 3, ns);
}

Journal::Journal(Options options) : options_(std::move(options)) {}

Result<std::unique_ptr<Journal>> Journal::open(Options options) {
  if (options.segment_bytes < kMinSegmentBytes || options.segment_bytes > kMaxSegmentBytes ||
      options.segment_bytes % 4096 != 0) {
    return fail(Code::invalid_argument,
                "a journal segment must have {} to {} bytes, a multiple of 4096; {} were asked for", kMinSegmentBytes,
                kMaxSegmentBytes, options.segment_bytes);
  }
  if (!options.space) options.space = &disk_space();
  if (!options.clock) options.clock = &system_clock();
  while (options.incarnation == 0) options.incarnation = random_seed();
  options.spares = std::max(options.spares, 1u);
  std::error_code ec;
  if (!std::filesystem::is_directory(options.dir, ec)) {
    return fail(Code::failed_precondition, "the journal's directory {} does not exist", options.dir.string());
  }
  std::unique_ptr<Journal> journal(new Journal(std::move(options)));
  journal->next_number_ = last_number(journal->options_.dir, journal->options_.worker) + 1;
  journal->reserved_ = journal->reserved();
  journal->maintain();
  journal->roll();
  journal->maintain();
  return journal;
}

Journal::~Journal() {
  close();
}

uint64_t Journal::reserved() const {
  return options_.reserve_bytes + open_calls_ * kPerCall + open_requests_ * kPerRequest;
}

uint64_t Journal::wanted_spares() const {
  const uint64_t usable = options_.segment_bytes - kHeaderBytes - kTail;
  return options_.spares + reserved_.load(std::memory_order_relaxed) / usable;
}

void Journal::wake() const {
  if (options_.wake) options_.wake();
}

tl::unexpected<Error> Journal::refuse() {
  refused_.fetch_add(1, std::memory_order_relaxed);
  if (closed_) return fail(Code::failed_precondition, "the journal is closed");
  wake();
  return fail(Code::resource_exhausted,
              "ledger_full: no disk space left for the ledger in {}; free some, the gateway goes on by itself",
              options_.dir.string());
}

// Where `bytes` can be written, rolling over to the next segment if need be. New work must leave `needed_after` bytes.
Result<std::byte*> Journal::room_for(size_t bytes, Kind kind, uint64_t needed_after) {
  if (closed_) return refuse();
  const uint64_t size = options_.segment_bytes;
  const uint64_t usable = size - kHeaderBytes - kTail;
  const uint64_t spares = spare_count_.load(std::memory_order_acquire);
  const uint64_t left = current_ ? size - at_ : 0;
  const bool fits = bytes <= left;
  if (!fits && (spares == 0 || bytes > size - kHeaderBytes)) return refuse();
  uint64_t after = fits ? left - bytes : size - kHeaderBytes - bytes;
  after -= std::min(after, kTail);
  after += (fits ? spares : spares - 1) * usable;
  if (kind == Kind::new_work) {
    const bool short_of_room = after < needed_after;
    if (full_.load(std::memory_order_relaxed) != short_of_room) full_.store(short_of_room, std::memory_order_relaxed);
    if (short_of_room) return refuse();
  }
  if (spares < wanted_spares()) wake();
  if (!fits && !roll()) return refuse();
  return current_->data() + at_;
}

template <class R>
Result<Journal::Slot> Journal::put(RecordType type, const R& record, Kind kind) {
  Slot slot;
  slot.payload = encoded_size(record);
  slot.length = record_bytes(type, slot.payload);
  uint64_t needed = reserved_.load(std::memory_order_relaxed);
  if (type == RecordType::call_intent) needed += kPerCall + kPerRequest;
  auto at = room_for(slot.length, kind, needed);
  if (!at) return tl::unexpected(at.error());
  slot.at = *at;

  // The file is zeroed, so padding and progress need no store.
  encode(record, slot.at + kRecordHeaderBytes);
  RecordHeader head;
  head.sequence = sequence_ + 1;
  head.length_again = static_cast<uint32_t>(slot.length);
  head.type = static_cast<uint16_t>(type);
  head.version = kPayloadVersion;
  std::memcpy(slot.at + 16, &head.sequence, 16);
  const size_t end = slot.length - (type == RecordType::call_intent ? kProgressBytes : 0);
  head.checksum = checksum({slot.at + 16, end - 16});
  std::memcpy(slot.at + 8, &head.checksum, 8);
  std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(slot.at))
      .store(static_cast<uint32_t>(slot.length), std::memory_order_release);

  at_ += slot.length;
  ++sequence_;
  published_.store(sequence_, std::memory_order_release);
  return slot;
}

Result<Progress> Journal::intent(const CallIntent& record) {
  auto slot = put(RecordType::call_intent, record, Kind::new_work);
  if (!slot) return tl::unexpected(slot.error());
  ++open_calls_;
  if (record.id.attempt == 0) ++open_requests_;
  reserved_.store(reserved(), std::memory_order_relaxed);
  return Progress(current_, reinterpret_cast<uint64_t*>(slot->at + slot->length - kProgressBytes));
}

Result<void> Journal::append(const CallFacts& record) {
  auto slot = put(RecordType::call_facts, record, Kind::closing);
  if (!slot) return tl::unexpected(slot.error());
  if (open_calls_ > 0) --open_calls_;
  reserved_.store(reserved(), std::memory_order_relaxed);
  return {};
}

Result<void> Journal::append(const RequestFacts& record) {
  auto slot = put(RecordType::request_facts, record, record.calls == 0 ? Kind::new_work : Kind::closing);
  if (!slot) return tl::unexpected(slot.error());
  if (record.calls > 0 && open_requests_ > 0) --open_requests_;
  reserved_.store(reserved(), std::memory_order_relaxed);
  return {};
}

Result<void> Journal::append(const Settlement& record) {
  const auto kind = record.basis == energy::Basis::provisional ? Kind::closing : Kind::new_work;
  auto slot = put(RecordType::settlement, record, kind);
  if (!slot) return tl::unexpected(slot.error());
  return {};
}

Result<void> Journal::append(const DeviceWindow& record) {
  auto slot = put(RecordType::device_window, record, Kind::new_work);
  if (!slot) return tl::unexpected(slot.error());
  return {};
}

Result<void> Journal::append(const Event& record) {
  const size_t limit = std::min<size_t>(kMaxEventJson, options_.segment_bytes / 4);
  if (record.json.size() > limit) {
    return fail(Code::out_of_range, "an event of {} bytes is longer than the {} allowed", record.json.size(), limit);
  }
  auto slot = put(RecordType::event, record, Kind::new_work);
  if (!slot) return tl::unexpected(slot.error());
  return {};
}

Result<void> Journal::append(const GatewayUse& record) {
  auto slot = put(RecordType::gateway_use, record, Kind::new_work);
  if (!slot) return tl::unexpected(slot.error());
  return {};
}

// No room is reserved for it: without it a saving is told too small, never too large.
Result<void> Journal::append(const Avoided& record) {
  auto slot = put(RecordType::avoided, record, Kind::new_work);
  if (!slot) return tl::unexpected(slot.error());
  return {};
}

bool Journal::roll() {
  std::shared_ptr<MappedSegment> next;
  {
    const std::lock_guard lock(hand_over_);
    if (spares_.empty()) return false;
    next = std::move(spares_.front());
    spares_.pop_front();
    spare_count_.store(static_cast<uint32_t>(spares_.size()), std::memory_order_release);
    if (current_) {
      seal(*current_, at_);
      retired_.push_back(std::move(current_));
    }
  }
  SegmentHeader h;
  h.version = kFormatVersion;
  h.worker = options_.worker;
  h.number = next->number();
  h.incarnation = options_.incarnation;
  h.first_sequence = sequence_ + 1;
  h.created_ns = unix_ns(options_.clock->wall());
  h.bytes = options_.segment_bytes;
  h.magic = kSegmentMagic;
  h.checksum = header_checksum(h);
  constexpr size_t rest = sizeof h.magic;
  std::memcpy(next->data() + rest, reinterpret_cast<const std::byte*>(&h) + rest, sizeof h - rest);
  std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(next->data())).store(kSegmentMagic, std::memory_order_release);
  current_ = std::move(next);
  named_ = false;
  at_ = kHeaderBytes;
  wake();
  return true;
}

void Journal::seal(MappedSegment& segment, uint64_t end) {
  std::memcpy(segment.data() + offsetof(SegmentHeader, sealed_end), &end, sizeof end);
  std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(segment.data() + offsetof(SegmentHeader, state)))
      .store(kSealed, std::memory_order_release);
}

Result<void> Journal::sync() {
  std::vector<std::shared_ptr<MappedSegment>> retired;
  {
    const std::lock_guard lock(hand_over_);
    retired = retired_;
  }
  for (const auto& segment : retired) {
    if (auto synced = segment->sync(); !synced) return synced;
  }
  if (!current_) return {};
  if (auto synced = current_->sync(); !synced) return synced;
  if (named_) return {};
  const int fd = ::open(options_.dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int error = fd >= 0 && ::fsync(fd) == 0 ? 0 : errno;
  if (fd >= 0) ::close(fd);
  if (error != 0) return fail(Code::unavailable, "cannot sync {}: {}", options_.dir.string(), std::strerror(error));
  named_ = true;
  return {};
}

void Journal::maintain() {
  std::vector<std::shared_ptr<MappedSegment>> retired;
  {
    const std::lock_guard lock(hand_over_);
    retired.swap(retired_);
  }
  for (auto& segment : retired) {
    if (auto synced = segment->sync(); !synced) log::warning("ledger: {}", synced.error().message);
    held_.push_back(std::move(segment));
  }
  // Unmapped here, not by the last open call on the worker.
  std::erase_if(held_, [](const auto& segment) { return segment.use_count() == 1; });
  while (spare_count_.load(std::memory_order_relaxed) < wanted_spares()) {
    const auto number = next_number_;
    auto segment = MappedSegment::create(*options_.space, options_.dir / segment_name(options_.worker, number), number,
                                         options_.segment_bytes);
    if (!segment) {
      if (!short_of_space_) log::warning("ledger: {}", segment.error().message);
      short_of_space_ = true;
      return;
    }
    short_of_space_ = false;
    ++next_number_;
    const std::lock_guard lock(hand_over_);
    spares_.push_back(std::move(*segment));
    spare_count_.store(static_cast<uint32_t>(spares_.size()), std::memory_order_release);
  }
  full_.store(false, std::memory_order_relaxed);
}

void Journal::close() {
  if (closed_) return;
  closed_ = true;
  const std::lock_guard lock(hand_over_);
  if (current_) {
    seal(*current_, at_);
    if (auto synced = current_->sync(); !synced) log::warning("ledger: {}", synced.error().message);
    current_.reset();
  }
  for (auto& segment : retired_) (void)segment->sync();
  retired_.clear();
  for (auto& spare : spares_) ::unlink(spare->path().c_str());
  spares_.clear();
  spare_count_ = 0;
}

}  // namespace trine::ledger
