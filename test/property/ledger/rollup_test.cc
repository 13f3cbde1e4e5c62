// Hours that are added up say what their rows say, whatever comes late.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "unit/ledger/fixtures.h"

namespace trine::ledger {
namespace {

using namespace testing;
using namespace std::chrono_literals;

constexpr By kBys[] = {By::none,  By::workload, By::key,        By::user, By::org,  By::team,   By::project,
                       By::route, By::model,    By::deployment, By::zone, By::hour, By::charge, By::place_hour};

Wall random_time() {
  return kNoon + std::chrono::minutes(*rc::gen::inRange(-300, 300));
}

ReportQuery random_query(By by) {
  ReportQuery q;
  q.by = by;
  q.since = kNoon - std::chrono::minutes(*rc::gen::inRange(0, 600));
  q.until = kNoon + std::chrono::minutes(*rc::gen::inRange(1, 600));
  const auto maybe = [](std::optional<std::string>& filter, const char* a, const char* b) {
    const int n = *rc::gen::inRange(0, 6);
    if (n < 2) filter = n == 0 ? a : b;
  };
  maybe(q.workload, "invoices", "contracts");
  maybe(q.key, "key_7", "key_8");
  maybe(q.deployment, "fr-4090", "de-a100");
  maybe(q.zone, "FR", "DE");
  return q;
}

// A request with its calls, all of it or some for later.
void write_random(Journal& journal, uint64_t n) {
  const RequestId id = request_number(n);
  const auto calls = static_cast<uint16_t>(*rc::gen::inRange(0, 4));
  const Wall start = random_time();
  for (uint16_t attempt = 0; attempt < calls; ++attempt) {
    CallFacts c = call_of({id, attempt});
    c.start = start;
    c.end = c.first_token = start + std::chrono::minutes(*rc::gen::inRange(0, 90));
    c.outcome = *rc::gen::element(energy::Outcome::ok, energy::Outcome::failed);
    if (*rc::gen::arbitrary<bool>()) {
      c.deployment = "de-a100";
      c.zone = "DE";
    }
    RC_ASSERT(journal.append(c).has_value());
    if (*rc::gen::arbitrary<bool>()) {
      Settlement s = settlement_of({id, attempt}, 0, *rc::gen::inRange(1, 1'000'000));
      s.booked_at = c.end;
      RC_ASSERT(journal.append(s).has_value());
    }
  }
  if (*rc::gen::inRange(0, 5) == 0) return;  // it is still running
  RequestFacts r = request_of(id, calls);
  r.start = start;
  r.end = start + std::chrono::minutes(*rc::gen::inRange(0, 90));
  if (*rc::gen::arbitrary<bool>()) r.workload = "contracts";
  if (*rc::gen::arbitrary<bool>()) r.tenant.key = "key_8";
  r.outcome = *rc::gen::element(energy::Outcome::ok, energy::Outcome::failed, energy::Outcome::refused);
  RC_ASSERT(journal.append(r).has_value());
}

void settle_random(Journal& journal, uint64_t requests) {
  const CallId call{request_number(*rc::gen::inRange<uint64_t>(1, requests + 1)),
                    static_cast<uint16_t>(*rc::gen::inRange(0, 4))};
  Settlement s = settlement_of(call, static_cast<uint32_t>(*rc::gen::inRange(1, 3)), *rc::gen::inRange(1, 1'000'000));
  s.booked_at = random_time();
  RC_ASSERT(journal.append(s).has_value());
}

RC_GTEST_PROP(AddedUpHours, SayWhatTheirRowsSay, ()) {
  TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  const auto requests = *rc::gen::inRange<uint64_t>(1, 25);
  const auto write = [&](uint64_t from, uint64_t to) {
    for (uint64_t n = from; n <= to; ++n) write_random(*journal, n);
    RC_ASSERT(journal->append(window_of(random_time())).has_value());
    for (int i = 0; i < 4; ++i) settle_random(*journal, to);
    RC_ASSERT(store->fold().has_value());
  };
  int64_t rolled = 0;
  const auto roll_all = [&] {
    for (;;) {
      const auto more = store->roll(kNoon + 20h);
      RC_ASSERT(more.has_value());
      if (!*more) return;
      ++rolled;
    }
  };
  write(1, requests / 2 + 1);
  roll_all();
  RC_ASSERT(rolled > 0);
  write(requests / 2 + 2, requests + 2);  // later than the adding up: into hours that are done
  if (*rc::gen::arbitrary<bool>()) roll_all();

  std::vector<ReportQuery> queries;
  for (const By by : kBys) queries.push_back(random_query(by));
  std::vector<std::string> added_up;
  for (const ReportQuery& q : queries) {
    const auto report = Reports(dir.path()).query(q);
    RC_ASSERT(report.has_value());
    added_up.push_back(to_json(*report));
  }
  auto db = sqlite::Database::open(dir.path() / "ledger.db", sqlite::Database::Mode::read_write);
  RC_ASSERT(db.has_value());
  RC_ASSERT(db->exec("DELETE FROM rolled_hours").has_value());
  for (size_t i = 0; i < queries.size(); ++i) {
    const auto report = Reports(dir.path()).query(queries[i]);
    RC_ASSERT(report.has_value());
    RC_ASSERT(to_json(*report) == added_up[i]);
  }
}

}  // namespace
}  // namespace trine::ledger
