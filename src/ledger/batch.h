// Some records on their way into the database, in one transaction. Internal to the ledger.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ledger/records.h"
#include "ledger/sqlite.h"

namespace trine::ledger {

struct CallIdHash {
  size_t operator()(const CallId& id) const noexcept { return std::hash<RequestId>()(id.request) + id.attempt; }
};

struct JournalKey {
  uint32_t worker = 0;
  uint64_t incarnation = 0;
  auto operator<=>(const JournalKey&) const = default;
};

struct Position {
  uint64_t segment = 0;
  uint64_t offset = 0;    // of the next record
  uint64_t sequence = 0;  // of the last record folded
};

struct Place {  // of an intent
  uint32_t worker = 0;
  uint64_t segment = 0;
  uint64_t offset = 0;
};

// Records with what cancels out inside the batch already taken away: most calls open and close within one.
class Batch {
 public:
  void add(Record record, const Place& place);
  bool empty() const { return records_ == 0 && positions.empty(); }
  size_t records() const { return records_; }

  std::map<JournalKey, Position> positions;  // to store with it

 private:
  friend class Tables;
  struct Call {
    CallFacts facts;
    int64_t settled = -1;
    Wall booked{};
    bool intent_here = false;
  };
  size_t records_ = 0;
  std::unordered_map<CallId, std::pair<CallIntent, Place>, CallIdHash> open_calls_;
  std::unordered_map<RequestId, CallIntent> open_requests_;
  std::unordered_set<RequestId> closed_;
  std::vector<Call> calls_;
  std::unordered_map<CallId, size_t, CallIdHash> call_at_;
  std::vector<std::pair<RequestFacts, bool>> requests_;  // and whether its first intent was in this batch
  std::vector<Settlement> settlements_;
  std::vector<DeviceWindow> windows_;
  std::vector<Event> events_;
};

// The tables and their prepared statements. One thread.
class Tables {
 public:
  static Result<Tables> open(Database& db);

  Result<void> write(Database& db, const Batch& batch);  // inside a transaction
  Result<void> add_request(const RequestFacts& r);
  Result<void> add_call(const CallFacts& c, int64_t settled, Wall booked);
  Result<void> add_event(const Event& e);
  // nullopt for an empty name.
  Result<std::optional<int64_t>> identity(std::string_view kind, const std::string& name);
  void forget_identities() { identities_.clear(); }  // after a rollback or an erasure
  Result<void> count_early(Database& db);

 private:
  Result<void> add_settlement(Database& db, const Settlement& s, const Batch& batch);
  Result<void> add_window(const DeviceWindow& w);
  Result<void> add_open_request(const CallIntent& i);
  Result<void> add_open_call(const CallIntent& i, const Place& place);
  Result<void> settle_early(const CallId& id);
  Result<void> bind_tenant(Statement& s, const Tenant& tenant, const std::string& user);

  Statement request_, call_, settlement_, window_, event_, position_, open_request_, open_call_, close_request_,
      close_call_, settle_, call_exists_, early_, early_exists_, early_settle_, early_done_, find_identity_,
      add_identity_;
  std::unordered_map<std::string, int64_t> identities_;
  int64_t early_count_ = 0;
};

// A request id as the 16 bytes it has in the tables, and back.
struct IdBytes {
  explicit IdBytes(const RequestId& id);
  unsigned char bytes[16];
  operator std::span<const unsigned char>() const { return bytes; }
};
RequestId request_id(std::span<const unsigned char> bytes);

}  // namespace trine::ledger
