// What is begun and not closed, as far as the journals are folded. Internal to the ledger. One thread.
//
// In memory, because nearly every call is closed within seconds, and rows written and deleted again cost several times
// what all the rest of folding does. Nothing is lost with it: the segments in which something open began are kept, and
// it is built again from them. What is open for long gets rows (`stored`), and its intent is not needed any more.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/time.h"
#include "ledger/records.h"

namespace trine::ledger {

struct Place {  // of an intent
  uint32_t worker = 0;
  uint64_t segment = 0;
  uint64_t offset = 0;
  uint64_t sequence = 0;
};

class OpenSet {
 public:
  struct Call {
    uint16_t attempt = 0;
    bool stored = false;  // has a row in open_calls
    Place place;
  };
  struct Request {
    bool open = true;     // false: closed before its last call
    bool stored = false;  // has a row in open_requests
    Place place;          // of an intent that tells whose request it is
    Mono since{};
    std::vector<Call> calls;  // not closed
  };
  using Map = std::unordered_map<RequestId, Request>;

  void clear() { requests_.clear(); }
  void begin(const CallId& id, const Place& place, Mono now);
  void stored_request(const RequestId& id, Mono now);
  void stored_call(const CallId& id, const Place& place, Mono now);
  // Whether there is a row to delete.
  bool close(const CallId& id);
  bool close(const RequestId& id);
  // Keeps only the requests and calls for which the functions are true.
  template <class R, class C>
  void keep(R&& request, C&& call) {
    for (auto it = requests_.begin(); it != requests_.end();) {
      auto& [id, r] = *it;
      r.open = r.open && request(id, r);
      std::erase_if(r.calls, [&, &rid = id](const Call& c) { return !call(CallId{rid, c.attempt}, c); });
      it = r.open || !r.calls.empty() ? std::next(it) : requests_.erase(it);
    }
  }

  Map& requests() { return requests_; }
  // (worker, segment) of all that is needed still: progress of calls, intents without rows.
  std::set<std::pair<uint32_t, uint64_t>> segments() const;

 private:
  Map requests_;
};

}  // namespace trine::ledger
