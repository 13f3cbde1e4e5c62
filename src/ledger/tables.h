// The tables and their prepared statements. Internal to the ledger. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/batch.h"
#include "ledger/schema.h"

namespace trine::ledger {

class Tables {
 public:
  // Rows of requests and calls are numbered in the order they come (`n`). For every 2^kBlockBits of them the table
  // `blocks` has the earliest and the latest time in it, which finds a period without an index entry per row.
  static constexpr int kBlockBits = 12;
  enum class Timed { requests = 0, calls = 1, avoided = 2 };  // by end_ns, by booked_ns, by at_ns

  static Result<Tables> open(Database& db);

  // Months before it are closed: their totals never change again (month.h). `now`: when what comes late is counted.
  void close_until(Wall end) { closed_until_ = unix_ns(end); }

  // Inside a transaction: all of these.
  Result<void> write(Batch& batch, Wall now);  // the batch's rows change their order
  Result<void> add_event(const Event& e);
  Result<bool> add_open_request(const CallIntent& intent);  // false: it is closed, or has its row already
  Result<void> add_open_call(const CallIntent& intent, const Place& place);
  // nullopt for an empty name.
  Result<std::optional<int64_t>> identity(std::string_view kind, std::string_view name);

  Result<bool> call_exists(const CallId& id);
  Result<bool> request_exists(const RequestId& id);

  Names& names() { return *names_; }
  Result<void> count_early();  // after a rollback
  // Whether something was written into a time that was added up, since this was asked last.
  bool take_unrolled() { return std::exchange(unrolled_, false); }
  // A time that ends then is added up (ns).
  void rolled(int64_t until) { rolled_until_ = std::max(rolled_until_, until); }

 private:
  struct Period {
    int64_t low = INT64_MAX, high = INT64_MIN;
    void widen(int64_t at);
  };

  explicit Tables(Database& db) : db_(&db), names_(std::make_unique<Names>()) {}
  Result<void> write_calls(Batch& batch);
  Result<void> write_requests(Batch& batch);
  Result<void> bind_call(Statement& s, const Batch::Call& c, const IdBytes& id);
  Result<void> bind_request(Statement& s, const Batch::Request& r, const IdBytes& id);
  Result<void> write_settlements(Batch& batch);
  static void bind_settlement(Statement& row, const Settlement& s, const IdBytes& id);
  Result<bool> settle(const Settlement& s, const IdBytes& id);
  Result<void> settle_early(const CallId& id);
  Result<void> add_window(const DeviceWindow& w);
  Result<void> add_gateway_use(const GatewayUse& u);
  Result<void> add_avoided(const Avoided& a);
  bool closed(int64_t ns) const { return ns < closed_until_; }
  Result<void> find_late(const Batch& batch);
  Result<void> mark_late();
  Result<void> correct(const Settlement& s, const IdBytes& id);
  Result<int64_t> target(Named& packed);
  Result<void> know(Named& origin);
  Result<std::optional<int64_t>> user(Named* name);
  void touch(Timed table, int64_t first, int64_t last, const Period& period);
  void change(int64_t at);
  Result<void> change_all_of(const IdBytes& request);
  Result<void> write_blocks();
  Result<void> unroll();

  Database* db_;
  std::unique_ptr<Names> names_;  // stays where it is when this moves
  std::map<std::pair<Timed, int64_t>, Period> touched_;
  std::set<int64_t> changed_minutes_;  // of the batch being written, where reports count what changed
  int64_t changed_from_ = INT64_MAX;   // and all times from this one on
  int64_t rolled_until_ = INT64_MIN;   // nothing from then on is added up
  bool unrolled_ = false;
  int64_t early_count_ = 0;
  int64_t closed_until_ = INT64_MIN;
  int64_t late_ns_ = 0;  // of the batch being written
  std::vector<CallId> late_calls_;
  std::vector<RequestId> late_requests_;

  Statement requests_, request_, calls_, call_, settlements_, settlement_, window_, event_, position_, block_,
      open_request_, open_call_, close_request_, close_call_, find_call_, settle_, call_exists_, request_exists_,
      early_, early_exists_, early_drop_, early_settle_, early_done_, find_identity_, add_identity_, find_target_,
      add_target_, find_origin_, add_origin_, late_call_, late_request_, latest_, correction_, gateway_use_, avoided_,
      counted_at_, unroll_;
};

}  // namespace trine::ledger
