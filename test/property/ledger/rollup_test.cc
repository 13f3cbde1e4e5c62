// Times that are added up say what their rows say, whatever comes late.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "ledger/series.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger::rollup_test {
namespace {

using namespace testing;
using namespace std::chrono_literals;

constexpr By kBys[] = {By::none,  By::workload,   By::key,  By::user, By::org,  By::team,   By::project,   By::route,
                       By::model, By::deployment, By::zone, By::hour, By::step, By::charge, By::place_hour};
constexpr Nanos kSteps[] = {1min, 10min, 1h, 24h};

Wall random_time() {
  return kNoon + std::chrono::minutes(*rc::gen::inRange(-300, 300));
}

ReportQuery random_query(By by) {
  ReportQuery q;
  q.by = by;
  q.since = kNoon - std::chrono::minutes(*rc::gen::inRange(0, 900));
  q.until = kNoon + std::chrono::minutes(*rc::gen::inRange(1, 900));
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
  for (const char* step : {"cache.exact", "documents.ocr", "documents.repeats"}) {
    if (*rc::gen::inRange(0, 3) > 0) continue;
    energy::Avoided a{id, step, start + 3h, *rc::gen::inRange(1, 900), 5, {}};
    a.figures.energy = Energy::raw(*rc::gen::inRange(1, 900));
    a.figures.letter = *rc::gen::element(energy::Letter::A, energy::Letter::C);
    RC_ASSERT(journal.append(a).has_value());
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

// What reports and charts say, all of it.
std::vector<std::string> said(const std::filesystem::path& dir, const std::vector<ReportQuery>& queries) {
  std::vector<std::string> all;
  for (size_t i = 0; i < queries.size(); ++i) {
    const auto report = Reports(dir).query(queries[i]);
    RC_ASSERT(report.has_value());
    all.push_back(to_json(*report));
    if (queries[i].by == By::step || queries[i].by == By::place_hour) continue;
    const auto chart = series(dir, {queries[i], kSteps[i % std::size(kSteps)]});
    RC_ASSERT(chart.has_value());
    all.push_back(to_json(*chart, "EUR"));
  }
  return all;
}

RC_GTEST_PROP(AddedUpTimes, SayWhatTheirRowsSay, ()) {
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
  const auto roll_all = [&](Wall now) {
    for (;;) {
      const auto more = store->roll(now);
      RC_ASSERT(more.has_value());
      if (!*more) return;
      ++rolled;
    }
  };
  const Wall now = kNoon + *rc::gen::element<Nanos>(1h, 5h, 20h);  // minutes, hours, or the whole day are over
  write(1, requests / 2 + 1);
  roll_all(now);
  write(requests / 2 + 2, requests + 2);  // later than the adding up: into times that are done
  if (*rc::gen::arbitrary<bool>()) roll_all(now + *rc::gen::element<Nanos>(0h, 3h));
  if (now > kNoon + 10h) RC_ASSERT(rolled > 0);
  if (*rc::gen::arbitrary<bool>()) {  // names are kept for less long than figures
    Retention keep;
    keep.identity = now - random_time();
    RC_ASSERT(store->sweep(keep, now).has_value());
    if (*rc::gen::arbitrary<bool>()) roll_all(now);
  }

  std::vector<ReportQuery> queries;
  for (const By by : kBys)
    if (*rc::gen::arbitrary<bool>()) queries.push_back(random_query(by));
  const auto added_up = said(dir.path(), queries);
  auto db = sqlite::Database::open(dir.path() / "ledger.db", sqlite::Database::Mode::read_write);
  RC_ASSERT(db.has_value());
  RC_ASSERT(db->exec("DELETE FROM rolled").has_value());
  RC_ASSERT(said(dir.path(), queries) == added_up);
}

}  // namespace
}  // namespace trine::ledger::rollup_test
