// Some records on their way into the database, in one transaction. Internal to the ledger. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "ledger/names.h"
#include "ledger/open_set.h"
#include "ledger/records.h"
#include "ledger/segment.h"

namespace trine::ledger {

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

// Rows as they will be inserted. A call takes the first settlement with it if that came right behind it, as it mostly
// does; others are rows of their own.
class Batch {
 public:
  struct Call {
    CallRow row;  // without the target's bytes
    Named* target = nullptr;
    bool settled = false;
    Settlement first;
  };
  struct Request {
    RequestRow row;  // without the origin's bytes; its texts are the batch's
    Named* origin = nullptr;
    Named* user = nullptr;
  };

  // Both outlive the batch. `open` learns at once what begins and ends; when the batch is not committed after all, it
  // must be built again.
  Batch(Names& names, OpenSet& open) : names_(&names), open_(&open) {}

  // data_loss when it does not decode: nothing of it is in then.
  Result<void> add(const RecordView& record, const Place& place, Mono now);
  void add(const Request& request) { requests.push_back(request); }
  bool empty() const { return records_ == 0 && positions.empty(); }
  size_t records() const { return records_; }
  void clear();

  std::map<JournalKey, Position> positions;  // to store with it
  std::vector<Call> calls;
  std::vector<Request> requests;
  std::vector<Settlement> settlements;
  std::vector<DeviceWindow> windows;
  std::vector<Event> events;
  std::vector<GatewayUse> gateway_use;
  std::vector<Avoided> avoided;
  std::vector<CallId> closed_calls;  // with rows to delete
  std::vector<RequestId> closed_requests;

 private:
  void add_settlement(const Settlement& s);
  std::string_view keep(std::string_view text);

  Names* names_;
  OpenSet* open_;
  size_t records_ = 0;
  std::vector<std::unique_ptr<char[]>> texts_;
  size_t text_left_ = 0;
};

// A request id as the 16 bytes it has in the tables, and back.
struct IdBytes {
  explicit IdBytes(const RequestId& id);
  unsigned char bytes[16];
  operator std::span<const unsigned char>() const { return bytes; }
};
RequestId request_id(std::span<const unsigned char> bytes);

}  // namespace trine::ledger
