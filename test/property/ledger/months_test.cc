// Months are closed in the middle of random histories: what is closed never changes, and nothing is lost or doubled.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "unit/ledger/fixtures.h"

namespace trine::ledger::months_test {
namespace {

using namespace testing;

Report query(const std::filesystem::path& dir, Wall since, Wall until, By by = By::none) {
  auto report = Reports(dir).query({since, until, by, {}, {}, {}, {}});
  RC_ASSERT(report.has_value());
  return *report;
}

struct Latest {
  uint32_t version = 0;
  int64_t energy = 0;
};

RC_GTEST_PROP(Months, ThatAreClosedNeverChangeAndTheWholeStaysExact, ()) {
  const TempDir dir;
  const Wall start = month_of(kNoon).from;
  VirtualClock clock(start);
  Store::Options options;
  options.dir = dir.path();
  options.clock = &clock;
  options.batch_records = *rc::gen::inRange<size_t>(1, 40);
  auto store = std::move(*Store::open(options));
  auto worker = open_journal(dir.path(), 0), office = open_journal(dir.path(), 1);

  std::map<CallId, Latest> settled;
  std::map<CallId, Tokens> tokens;
  std::vector<CallId> begun;
  int64_t windows = 0, requests = 0;
  Month next = month_of(start);
  std::map<std::string, std::string> closed;  // month -> its report

  const auto settle = [&](Journal& journal, const CallId& id, uint32_t version, Wall booked) {
    // A version is given out once.
    auto& latest = settled[id];
    const auto energy = *rc::gen::inRange<int64_t>(1, 1'000'000);
    auto s = settlement_of(id, version, energy);
    s.booked_at = booked;
    RC_ASSERT(journal.append(s).has_value());
    if (version >= latest.version) latest = {version, energy};
  };
  std::map<CallId, std::vector<uint32_t>> left;  // versions to come, in any order

  const int steps = *rc::gen::inRange(10, 80);
  for (int i = 0; i < steps; ++i) {
    clock.advance(std::chrono::hours(*rc::gen::inRange(0, 160)));
    const Wall then =
        std::max(start, clock.wall() - std::chrono::hours(*rc::gen::inRange(0, 900)));  // when it happened
    switch (*rc::gen::weightedElement<int>({{5, 0}, {6, 1}, {2, 2}, {2, 3}, {6, 4}, {1, 5}})) {
      case 0: {
        const CallId id{request_number(begun.size()), 0};
        begun.push_back(id);
        auto call = call_of(id);
        call.start = call.first_token = then;
        call.end = then + std::chrono::seconds(1);
        tokens[id] = call.out;
        left[id] = {1, 2, 3};
        RC_ASSERT(worker->append(call).has_value());
        settle(*worker, id, 0, call.end);
        auto request = request_of(id.request);
        request.start = then;
        request.end = call.end;
        RC_ASSERT(worker->append(request).has_value());
        ++requests;
        break;
      }
      case 1: {
        if (begun.empty()) break;
        const auto id = *rc::gen::elementOf(begun);
        auto& versions = left[id];
        if (versions.empty()) break;
        const auto version = versions.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(versions));
        settle(*(*rc::gen::arbitrary<bool>() ? worker : office), id, *version, then);
        versions.erase(version);
        break;
      }
      case 2: {
        const auto begin = std::chrono::floor<std::chrono::hours>(then) + std::chrono::seconds(windows);
        RC_ASSERT(office->append(window_of(begin)).has_value());
        ++windows;
        break;
      }
      case 3:
        RC_ASSERT(store->fold().has_value());
        break;
      case 4: {
        if (next.until > clock.wall()) break;
        const auto done = store->close_month(next);
        if (!done) {  // only where the first records came later
          RC_ASSERT(done.error().message.find(" has no records, nor has any month before it") != std::string::npos);
          break;
        }
        closed[next.text()] = to_json(query(dir.path(), next.from, next.until, By::hour));
        next = month_after(next);
        break;
      }
      default:
        store.reset();
        store = std::move(*Store::open(options));
        RC_ASSERT(store->fold().has_value());
    }
    worker->maintain();
    office->maintain();
  }
  RC_ASSERT(store->fold().has_value());

  for (const auto& [text, was] : closed) {
    const auto month = *parse_month(text);
    RC_ASSERT(to_json(query(dir.path(), month.from, month.until, By::hour)) == was);
  }
  const auto all = query(dir.path(), start - std::chrono::hours(1), clock.wall() + std::chrono::hours(24 * 90)).total;
  int64_t energy = 0, out = 0;
  for (const auto& [id, latest] : settled) energy += latest.energy;
  for (const auto& [id, n] : tokens) out += n;
  RC_ASSERT((all.sums.energy + all.prior.sums.energy).raw() == energy);
  RC_ASSERT(all.sums.out + all.prior.sums.out == out);
  RC_ASSERT(all.sums.requests + all.prior.sums.requests == requests);
  const auto each = window_of(kNoon).unattributed.energy.raw();
  RC_ASSERT((all.unattributed.energy + all.prior.unattributed.energy).raw() == windows * each);
}

}  // namespace
}  // namespace trine::ledger::months_test
