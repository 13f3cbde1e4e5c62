#include "ledger/store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <limits>
#include <map>

#include "ledger/segment_reader.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger::store_test {
namespace {

using namespace testing;
using std::chrono::milliseconds;

// Writes behind `bytes` fail, as on a full disk, while this lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST(Store, FoldsEachRecordOnce) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  for (uint64_t n = 0; n < 10; ++n) write_request(*journal, n);
  EXPECT_EQ(store->fold().value(), 40u);
  EXPECT_EQ(store->fold().value(), 0u);
  for (uint64_t n = 10; n < 15; ++n) write_request(*journal, n);
  EXPECT_EQ(store->fold().value(), 20u);
  const auto sums = total(dir.path()).sums;
  EXPECT_EQ(sums.requests, 15);
  EXPECT_EQ(sums.calls, 15);
  EXPECT_EQ(sums.energy.raw(), 15 * 2'500'000);
  EXPECT_EQ(store->folded(0, journal->incarnation()), journal->sequence());
}

TEST(Store, FoldedSegmentsAreDeletedAndTheJournalGoesOn) {
  const TempDir dir;
  auto store = open_store(dir.path(), 100);
  auto journal = open_journal(dir.path());
  for (uint64_t n = 0; n < 1000; ++n) {
    write_request(*journal, n);
    journal->maintain();
    if (n % 50 == 0) {
      ASSERT_TRUE(store->fold());
    }
  }
  ASSERT_TRUE(store->fold());
  EXPECT_LE(list_segments(dir.path())->size(), 3u);  // the current one and those prepared
  EXPECT_EQ(total(dir.path()).sums.requests, 1000);
}

TEST(Store, ANewJournalAfterEverythingWasDeletedIsNotMistakenForTheOldOne) {
  const TempDir dir;
  for (uint64_t run = 0; run < 3; ++run) {
    auto store = open_store(dir.path());
    ASSERT_TRUE(store->recover());
    auto journal = open_journal(dir.path());
    write_request(*journal, run);
    journal->close();
    ASSERT_TRUE(store->fold());
  }
  EXPECT_EQ(total(dir.path()).sums.requests, 3);
}

TEST(Store, AnotherProcessesReadersSeeTheRowsAndDoNotBlockTheFold) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  write_request(*journal, 1);
  ASSERT_TRUE(store->fold());
  auto reader = Database::open(dir.path() / "ledger.db", Database::Mode::read_only);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->exec("BEGIN; SELECT count(*) FROM requests;"));
  write_request(*journal, 2);
  EXPECT_TRUE(store->fold());
  EXPECT_EQ(total(dir.path()).sums.requests, 2);
}

TEST(Store, ALockedDatabaseLosesNothing) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  auto other = Database::open(dir.path() / "ledger.db", Database::Mode::read_write);
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->exec("BEGIN IMMEDIATE"));
  for (uint64_t n = 0; n < 300; ++n) {  // several segments, so that finished ones are at stake
    write_request(*journal, n);
    journal->maintain();
  }
  EXPECT_FALSE(store->fold());
  EXPECT_NE(store->state().last_error, "");
  EXPECT_EQ(total(dir.path()).sums.requests, 0);
  ASSERT_TRUE(other->exec("ROLLBACK"));
  EXPECT_EQ(store->fold().value(), 1200u);
  EXPECT_EQ(store->state().last_error, "");
  EXPECT_EQ(total(dir.path()).sums.requests, 300);
}

TEST(Store, ADatabaseWithoutSpaceLosesNothing) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  write_request(*journal, 1);
  ASSERT_TRUE(store->fold());
  for (uint64_t n = 2; n < 200; ++n) {
    write_request(*journal, n);
    journal->maintain();
  }
  {
    const FileSizeLimit limit(32 << 10);  // no file may grow beyond
    EXPECT_FALSE(store->fold());
    EXPECT_NE(store->state().last_error, "");
  }
  EXPECT_EQ(total(dir.path()).sums.requests, 1);
  EXPECT_TRUE(store->fold());
  EXPECT_EQ(total(dir.path()).sums.requests, 199);
}

TEST(Store, TheLatestSettlementCountsWhateverTheOrderTheyComeIn) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto worker = open_journal(dir.path(), 0);
  auto office = open_journal(dir.path(), 1);
  const CallId early{request_number(1), 0}, late{request_number(2), 0}, together{request_number(3), 0};
  // Settled before the call's own facts are folded.
  ASSERT_TRUE(office->append(settlement_of(early, 2, 222)));
  ASSERT_TRUE(store->fold());
  ASSERT_TRUE(worker->append(call_of(early)));
  ASSERT_TRUE(worker->append(settlement_of(early, 0, 100)));
  ASSERT_TRUE(store->fold());
  // Versions out of order, over several folds, one twice.
  ASSERT_TRUE(worker->append(call_of(late)));
  ASSERT_TRUE(worker->append(settlement_of(late, 1, 10)));
  ASSERT_TRUE(store->fold());
  ASSERT_TRUE(office->append(settlement_of(late, 0, 5)));
  ASSERT_TRUE(office->append(settlement_of(late, 3, 3000)));
  ASSERT_TRUE(office->append(settlement_of(late, 3, 9999)));  // the same version again changes nothing
  ASSERT_TRUE(store->fold());
  // Settlement in front of the call within one batch.
  ASSERT_TRUE(worker->append(settlement_of(together, 0, 70'000)));
  ASSERT_TRUE(worker->append(call_of(together)));
  ASSERT_TRUE(store->fold());
  EXPECT_EQ(total(dir.path()).sums.energy.raw(), 222 + 3000 + 70'000);
  EXPECT_EQ(total(dir.path()).sums.unsettled_calls, 0);
}

TEST(Store, ASettlementIsThereOnceWhereverItWasStored) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto worker = open_journal(dir.path(), 0);
  auto office = open_journal(dir.path(), 1);
  const CallId call{request_number(1), 0};
  ASSERT_TRUE(office->append(settlement_of(call, 0, 100)));  // before its call: another journal
  ASSERT_TRUE(office->append(settlement_of(call, 1, 150)));
  ASSERT_TRUE(store->fold());
  for (int twice = 0; twice < 2; ++twice) {  // the call's facts are there twice too, as after a bug
    ASSERT_TRUE(worker->append(call_of(call)));
    ASSERT_TRUE(worker->append(settlement_of(call, 0, 100)));
    ASSERT_TRUE(worker->append(settlement_of(call, 0, 100)));
  }
  ASSERT_TRUE(store->fold());
  ASSERT_TRUE(worker->append(call_of(call)));
  ASSERT_TRUE(worker->append(settlement_of(call, 2, 200)));
  ASSERT_TRUE(store->fold());
  EXPECT_EQ(count(dir, "SELECT count(*) FROM settlements"), 3);
  EXPECT_EQ(count(dir, "SELECT count(DISTINCT version) FROM settlements"), 3);
  EXPECT_EQ(total(dir.path()).sums.calls, 1);
  EXPECT_EQ(total(dir.path()).sums.energy.raw(), 200);
}

TEST(Store, ADamagedRecordInASealedSegmentIsReportedAndTheRestIsKept) {
  const TempDir dir;
  auto journal = open_journal(dir.path());
  for (uint64_t n = 0; n < 20; ++n) write_request(*journal, n);
  journal->close();
  const auto file = list_segments(dir.path())->front().path;
  {
    std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(static_cast<std::streamoff>(kHeaderBytes + kRecordHeaderBytes + 3));
    f.put('\x5a');
  }
  auto store = open_store(dir.path());
  ASSERT_TRUE(store->recover());
  EXPECT_EQ(store->state().damaged, 1u);
  EXPECT_EQ(total(dir.path()).sums.requests, 20);  // the damaged one was an intent
}

TEST(Store, ASegmentWithADamagedHeadIsSetAside) {
  const TempDir dir;
  auto journal = open_journal(dir.path());
  write_request(*journal, 1);
  journal->close();
  const auto file = list_segments(dir.path())->front().path;
  {
    std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(30);
    f.put('\x5a');
  }
  auto store = open_store(dir.path());
  ASSERT_TRUE(store->recover());
  EXPECT_EQ(store->state().damaged, 1u);
  EXPECT_TRUE(std::filesystem::exists(file.string() + ".damaged"));
}

TEST(Store, ADatabaseOfANewerProgramIsRefused) {
  const TempDir dir;
  open_store(dir.path()).reset();
  ASSERT_TRUE(Database::open(dir.path() / "ledger.db", Database::Mode::read_write)->exec("PRAGMA user_version=999"));
  const auto store = Store::open({.dir = dir.path(), .clock = nullptr, .archive = {}});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::failed_precondition);
}

TEST(Store, ADatabaseFromBeforeTheFirstReleaseIsRefusedWithAWord) {
  const TempDir dir;
  open_store(dir.path()).reset();
  ASSERT_TRUE(Database::open(dir.path() / "ledger.db", Database::Mode::read_write)->exec("PRAGMA user_version=1"));
  const auto store = Store::open({.dir = dir.path(), .clock = nullptr, .archive = {}});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::failed_precondition);
  const auto report = Reports(dir.path()).request(request_number(1));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, store.error().message);
}

TEST(Store, FiguresThatAreNotNumbersDoNotStopTheFold) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  auto call = call_of({request_number(1), 0});
  call.mean_batch = std::numeric_limits<double>::quiet_NaN();
  ASSERT_TRUE(journal->append(call));
  auto window = window_of(kNoon);
  window.intensity_g_per_kwh = std::numeric_limits<double>::infinity();
  ASSERT_TRUE(journal->append(window));
  ASSERT_TRUE(store->fold());
  EXPECT_EQ(total(dir.path()).sums.calls, 1);
}

TEST(Retention, SweepsEachClassByItsOwnAge) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  for (uint64_t n = 0; n < 3; ++n) {
    const CallId id{request_number(n), 0};
    auto request = request_of(id.request);
    auto call = call_of(id);
    auto settlement = settlement_of(id);
    const auto age = std::chrono::hours(24 * n);
    request.end = kNoon - age;
    settlement.booked_at = kNoon - age;
    request.tenant.key = fmt::format("key_{}", n);
    ASSERT_TRUE(journal->append(call));
    ASSERT_TRUE(journal->append(settlement));
    ASSERT_TRUE(journal->append(request));
    ASSERT_TRUE(journal->append(window_of(kNoon - age)));
    ASSERT_TRUE(journal->append(Event{"e", kNoon - age, "", "", "{}"}));
  }
  ASSERT_TRUE(store->fold());
  Retention keep;
  keep.requests = std::chrono::hours(36);
  keep.identity = std::chrono::hours(12);
  keep.windows = std::chrono::hours(12);
  const auto swept = store->sweep(keep, kNoon);
  ASSERT_TRUE(swept) << swept.error().message;
  EXPECT_EQ(swept->requests, 1);
  EXPECT_EQ(swept->calls, 0);
  EXPECT_EQ(swept->windows, 2);
  EXPECT_EQ(swept->events, 0);
  EXPECT_EQ(swept->identities, 1);
  EXPECT_EQ((*Reports(dir.path()).request(request_number(0)))->facts.tenant.key, "key_0");
  EXPECT_EQ((*Reports(dir.path()).request(request_number(1)))->facts.tenant.key, "");
  EXPECT_EQ((*Reports(dir.path()).request(request_number(1)))->facts.tenant.org, "acme");
  keep = {};
  keep.calls = std::chrono::hours(12);
  keep.events = std::chrono::hours(12);
  const auto more = store->sweep(keep, kNoon);
  EXPECT_EQ(more->calls, 2);
  EXPECT_EQ(more->events, 2);
  EXPECT_EQ(calls_of(dir, request_number(1)).size(), 0u);
  EXPECT_EQ(calls_of(dir, request_number(0))[0].settlements.size(), 1u);
}

// A request of someone's, closed and settled at kNoon.
void write_request_of(Journal& journal, uint64_t n, const std::string& user, Wall end = kNoon) {
  const CallId call{request_number(n), 0};
  auto settlement = settlement_of(call);
  settlement.booked_at = end;
  auto request = request_of(call.request);
  request.user = user;
  request.end = end;
  ASSERT_TRUE(journal.append(call_of(call)));
  ASSERT_TRUE(journal.append(settlement));
  ASSERT_TRUE(journal.append(request));
}

void roll_all(Store& store, Wall now) {
  for (bool more = true; more;) {
    const auto rolled = store.roll(now);
    ASSERT_TRUE(rolled) << rolled.error().message;
    more = *rolled;
  }
}

// By user: the calls of the three days around kNoon.
std::map<std::string, int64_t> calls_by_user(const TempDir& dir) {
  ReportQuery q;
  q.since = kNoon - std::chrono::hours(40);  // kNoon is 16 o'clock: from midnight to midnight
  q.until = kNoon + std::chrono::hours(32);
  q.by = By::user;
  const auto report = Reports(dir.path()).query(q);
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  std::map<std::string, int64_t> calls;
  for (const auto& row : report->rows) calls[row.name] += row.sums.calls;
  return calls;
}

using ByUser = std::map<std::string, int64_t>;

TEST(Retention, AnIdentityLeavesWhatWasAddedUpToo) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  const Wall later = kNoon + std::chrono::hours(48);
  ASSERT_TRUE(
      journal->append(window_of(kNoon - std::chrono::hours(48))));  // so that the day is there from its beginning
  write_request_of(*journal, 1, "alice");
  ASSERT_TRUE(store->fold());
  roll_all(*store, later);
  ASSERT_GT(count(dir, "SELECT count(*) FROM rolled_calls WHERE level=3"), 0);  // the day
  EXPECT_EQ(calls_by_user(dir), (ByUser{{"alice", 1}}));
  Retention keep;
  keep.identity = std::chrono::hours(24);
  ASSERT_TRUE(store->sweep(keep, later));
  EXPECT_EQ(calls_by_user(dir), (ByUser{{"", 1}}));
  EXPECT_EQ(count(dir, "SELECT count(*) FROM identities WHERE kind='user'"), 0);
  // Her number is free: who gets it has none of her figures.
  write_request_of(*journal, 2, "bob", later);
  ASSERT_TRUE(store->fold());
  EXPECT_EQ(calls_by_user(dir), (ByUser{{"", 1}}));
  roll_all(*store, later);
  EXPECT_EQ(calls_by_user(dir), (ByUser{{"", 1}}));
  EXPECT_EQ(count(dir, "SELECT count(*) FROM rolled_calls WHERE level=3"), 1);
}

TEST(Retention, ARequestsCallsThatCountLongAfterItLoseTheirNamesWithIt) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  const Wall later = kNoon + std::chrono::hours(48);
  ASSERT_TRUE(journal->append(window_of(kNoon - std::chrono::hours(48))));
  write_request_of(*journal, 1, "alice", kNoon - std::chrono::hours(24));
  auto settlement = settlement_of({request_number(1), 0}, 1);
  settlement.booked_at = kNoon;
  ASSERT_TRUE(journal->append(settlement));
  write_request_of(*journal, 2, "alice");
  ASSERT_TRUE(store->fold());
  roll_all(*store, later);
  Retention keep;
  keep.identity = std::chrono::hours(60);  // between the two
  ASSERT_TRUE(store->sweep(keep, later));
  EXPECT_EQ(calls_by_user(dir), (ByUser{{"", 1}, {"alice", 1}}));
}

TEST(Erasure, LeavesTheFiguresAndNoTraceOfTheName) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  auto open = journal->intent(intent_of({request_number(9999), 0}));
  for (uint64_t n = 0; n < 300; ++n) {
    write_request(*journal, n);
    journal->maintain();
    if (n == 100) {
      ASSERT_TRUE(store->fold());
    }
  }
  ASSERT_TRUE(
      journal->append(Event{"audit", kNoon, "key_7", "ada@example.com", R"({"who":["ada@example.com"],"n":1})"}));
  ASSERT_TRUE(anywhere(dir.path(), "ada@example.com"));
  const auto pseudonym = store->erase({Subject::Kind::user, "ada@example.com"});
  ASSERT_TRUE(pseudonym) << pseudonym.error().message;
  EXPECT_FALSE(anywhere(dir.path(), "ada@example.com"));
  EXPECT_TRUE(anywhere(dir.path(), "key_7"));
  const auto view = Reports(dir.path()).request(request_number(5));
  EXPECT_EQ((*view)->facts.user, *pseudonym);
  EXPECT_EQ((*view)->facts.tenant.key, "key_7");
  EXPECT_EQ(total(dir.path()).sums.requests, 300);
  EXPECT_EQ(total(dir.path()).sums.energy.raw(), 300 * 2'500'000);
  // The journal goes on, and what is still open keeps its progress through a crash.
  open->relayed(11, 11, kNoon + milliseconds(1));
  write_request(*journal, 301);
  const TempDir crashed;
  copy_as_crashed(dir.path(), crashed.path());
  auto after = open_store(crashed.path());
  const auto recovery = after->recover();
  ASSERT_TRUE(recovery) << recovery.error().message;
  EXPECT_EQ(after->state().damaged, 0u);
  ASSERT_EQ(recovery->interrupted.size(), 1u);
  EXPECT_EQ(recovery->interrupted[0].out, 11);
  EXPECT_EQ((*Reports(crashed.path()).request(request_number(9999)))->facts.user, *pseudonym);
  EXPECT_EQ((*Reports(crashed.path()).request(request_number(301)))->facts.user, "ada@example.com");  // came back later
}

TEST(Erasure, CoversTheArchive) {
  const TempDir dir, archive;
  auto store = Store::open({.dir = dir.path(), .clock = nullptr, .archive = archive.path()});
  ASSERT_TRUE(store);
  for (uint64_t run = 0; run < 2; ++run) {
    auto journal = open_journal(dir.path());
    for (uint64_t n = 0; n < 20; ++n) write_request(*journal, run * 100 + n);
    journal->close();
    ASSERT_TRUE((*store)->fold());
  }
  EXPECT_EQ(list_segments(archive.path())->size(), 2u);
  EXPECT_TRUE(anywhere(archive.path(), "key_7"));
  ASSERT_TRUE((*store)->erase({Subject::Kind::key, "key_7"}));
  EXPECT_FALSE(anywhere(archive.path(), "key_7"));
  EXPECT_FALSE(anywhere(dir.path(), "key_7"));
}

TEST(Erasure, OneThatFailsElsewhereIsTriedAgainAsTheSame) {
  const TempDir dir;
  int left = 5;
  Store::Options options;
  options.dir = dir.path();
  options.erase_elsewhere = [&](const Subject& s) -> Result<void> {
    EXPECT_EQ(s.name, "ada@example.com");
    if (left-- > 0) return fail(Code::unavailable, "the vault is locked");
    return {};
  };
  auto store = std::move(*Store::open(std::move(options)));
  auto journal = open_journal(dir.path());
  write_request(*journal, 1);
  ASSERT_TRUE(store->fold());
  ASSERT_TRUE(request_erasure(dir.path(), {Subject::Kind::user, "ada@example.com"}, kNoon));
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(store->do_asked_erasures());
    EXPECT_TRUE(*erasure_pending(dir.path()));
    EXPECT_TRUE((*Reports(dir.path()).request(request_number(1)))->facts.user.starts_with("erased-"));
    write_request(*journal, 10 + static_cast<uint64_t>(i));  // she comes back meanwhile
    ASSERT_TRUE(store->fold());
  }
  EXPECT_EQ(store->do_asked_erasures().value(), 1u);
  EXPECT_EQ(store->do_asked_erasures().value(), 0u);
  EXPECT_FALSE(*erasure_pending(dir.path()));
  EXPECT_EQ(count(dir, "SELECT count(*) FROM erasures"), 1);
  EXPECT_EQ(count(dir, "SELECT count(*) FROM events WHERE kind='erasure'"), 1);
  EXPECT_EQ(count(dir, "SELECT count(*) FROM identities i JOIN erasures e ON i.name=e.pseudonym WHERE e.done_ns > 0"),
            1);
  EXPECT_EQ(total(dir.path()).sums.requests, 6);
}

TEST(Erasure, OneThatFailsHoldsUpNoOther) {
  const TempDir dir;
  Store::Options options;
  options.dir = dir.path();
  options.erase_elsewhere = [&](const Subject& s) -> Result<void> {
    if (s.kind == Subject::Kind::user) return fail(Code::unavailable, "the vault is locked");
    return {};
  };
  auto store = std::move(*Store::open(std::move(options)));
  auto journal = open_journal(dir.path());
  write_request(*journal, 1);
  ASSERT_TRUE(request_erasure(dir.path(), {Subject::Kind::user, "ada@example.com"}, kNoon));
  ASSERT_TRUE(request_erasure(dir.path(), {Subject::Kind::key, "key_7"}, kNoon));
  EXPECT_FALSE(store->do_asked_erasures());
  EXPECT_FALSE(store->do_asked_erasures());
  EXPECT_EQ(count(dir, "SELECT count(*) FROM erasures"), 2);
  EXPECT_EQ(count(dir, "SELECT count(*) FROM erasures WHERE done_ns IS NOT NULL AND kind='key'"), 1);
}

TEST(Erasure, AnUnknownOrEmptyNameDoesNoHarm) {
  const TempDir dir;
  auto store = open_store(dir.path());
  EXPECT_TRUE(store->erase({Subject::Kind::key, "nobody"}));
  EXPECT_FALSE(store->erase({Subject::Kind::key, ""}));
}

}  // namespace
}  // namespace trine::ledger::store_test
