#include "ledger/store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <limits>

#include "ledger/segment_reader.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger {
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

std::vector<CallView> calls_of(const TempDir& dir, const RequestId& id) {
  auto view = Reports(dir.path()).request(id);
  EXPECT_TRUE(view) << (view ? "" : view.error().message);
  return view && *view ? (*view)->calls : std::vector<CallView>();
}

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

TEST(Recovery, ClosesWhatACrashLeftOpenExactlyOnce) {
  const TempDir live, crashed;
  const CallId open{request_number(1), 0}, closed{request_number(2), 0}, retried{request_number(3), 1};
  {
    auto journal = open_journal(live.path());
    auto progress = journal->intent(intent_of(open));  // in the middle of its stream
    progress->relayed(42, 1000, kNoon + milliseconds(300));
    ASSERT_TRUE(journal->intent(intent_of(closed)));  // answered by the engine, the client not yet
    ASSERT_TRUE(journal->append(call_of(closed)));
    ASSERT_TRUE(journal->intent(intent_of({retried.request, 0})));  // failed, and again
    auto failed = call_of({retried.request, 0});
    failed.outcome = energy::Outcome::failed;
    ASSERT_TRUE(journal->append(failed));
    ASSERT_TRUE(journal->intent(intent_of(retried)));
    write_request(*journal, 4);  // complete
    copy_as_crashed(live.path(), crashed.path());
  }
  for (int start = 0; start < 3; ++start) {
    auto store = open_store(crashed.path());
    const auto recovery = store->recover();
    ASSERT_TRUE(recovery) << recovery.error().message;
    EXPECT_EQ(recovery->requests, start == 0 ? 3u : 0u);
    EXPECT_EQ(recovery->interrupted.size(), start == 0 ? 2u : 0u);
    EXPECT_EQ(recovery->torn_segments, 0u);
    const auto sums = total(crashed.path()).sums;
    EXPECT_EQ(sums.requests, 4);
    EXPECT_EQ(sums.calls, 5);
    EXPECT_EQ(sums.outcomes[static_cast<size_t>(energy::Outcome::interrupted)], 3);
    EXPECT_EQ(sums.outcomes[static_cast<size_t>(energy::Outcome::ok)], 1);
    EXPECT_EQ(store->unsettled(10)->size(), 4u);
  }
  const auto calls = calls_of(crashed, open.request);
  ASSERT_EQ(calls.size(), 1u);
  const auto& facts = calls[0].facts;
  EXPECT_EQ(facts.outcome, energy::Outcome::interrupted);
  EXPECT_EQ(facts.out, 42);
  EXPECT_EQ(facts.in, 900);
  EXPECT_EQ(facts.source, energy::TokenSource::counted);
  EXPECT_EQ(facts.first_token, kNoon + milliseconds(300));
  EXPECT_EQ(facts.end, kNoon + milliseconds(300));
  EXPECT_TRUE(facts.simulated);
  const auto view = Reports(crashed.path()).request(open.request);
  EXPECT_EQ((*view)->facts.tenant, intent_of(open).tenant);
  EXPECT_EQ((*view)->facts.user, "ada@example.com");
  EXPECT_TRUE(list_segments(crashed.path())->empty());
}

TEST(Recovery, FindsTheProgressOfACallThatWasFoldedAsOpenLongAgo) {
  const TempDir live, crashed;
  {
    auto store = open_store(live.path());
    auto journal = open_journal(live.path());
    auto progress = journal->intent(intent_of({request_number(9999), 0}));
    for (uint64_t n = 0; n < 400; ++n) {  // its segment is sealed and folded meanwhile
      write_request(*journal, n);
      journal->maintain();
    }
    ASSERT_TRUE(store->fold());
    const auto view = Reports(live.path()).request(request_number(9999));
    ASSERT_TRUE(view && *view);
    EXPECT_TRUE((*view)->open);
    progress->relayed(7, 70, kNoon + milliseconds(5));
    copy_as_crashed(live.path(), crashed.path());
  }
  auto store = open_store(crashed.path());
  ASSERT_EQ(store->recover()->interrupted.size(), 1u);
  EXPECT_EQ(calls_of(crashed, request_number(9999))[0].facts.out, 7);
}

TEST(Recovery, ACallClosedLaterThanItsFoldIsNotInterrupted) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  const CallId call{request_number(1), 0};
  ASSERT_TRUE(journal->intent(intent_of(call)));
  ASSERT_TRUE(store->fold());
  ASSERT_TRUE(journal->intent(intent_of({call.request, 1})));  // a hedge, in the batch that closes both
  ASSERT_TRUE(journal->append(call_of({call.request, 1})));
  ASSERT_TRUE(journal->append(call_of(call)));
  ASSERT_TRUE(journal->append(request_of(call.request, 2)));
  journal->close();
  store = open_store(dir.path());
  const auto recovery = store->recover();
  EXPECT_EQ(recovery->requests, 0u);
  EXPECT_TRUE(recovery->interrupted.empty());
  EXPECT_FALSE((*Reports(dir.path()).request(call.request))->open);
}

// A crashed ledger with ten whole requests in its only segment, and where that segment's records end.
struct Crashed {
  TempDir dir;
  std::filesystem::path file;
  uint64_t end = kHeaderBytes;
  static constexpr uint64_t kRecords = 40;

  Crashed() {
    const TempDir live;
    auto journal = open_journal(live.path());
    for (uint64_t n = 0; n < kRecords / 4; ++n) write_request(*journal, n);
    copy_as_crashed(live.path(), dir.path());
    file = list_segments(dir.path())->front().path;
    end = offset_of(kRecords + 1);
  }
  // Where the record numbered `sequence` begins.
  uint64_t offset_of(uint64_t sequence) const {
    auto reader = SegmentReader::open(file);
    uint64_t offset = kHeaderBytes;
    RecordView view;
    for (uint64_t n = 1; n < sequence && *(*reader)->read(offset, n, view) == Found::record; ++n) offset += view.length;
    return offset;
  }
  void write(uint64_t at, const std::string& bytes) const {
    std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(static_cast<std::streamoff>(at));
    f.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
};

TEST(Recovery, WhatAKillLeavesOfAnUnpublishedAppendIsNoLoss) {
  const Crashed crashed;
  // All of the next record but its length, which is stored last.
  RecordHeader head;
  head.sequence = Crashed::kRecords + 1;
  head.length_again = 128;
  head.type = static_cast<uint16_t>(RecordType::call_facts);
  head.checksum = 12345;
  crashed.write(crashed.end, std::string(reinterpret_cast<const char*>(&head), sizeof head) + std::string(96, 'p'));
  auto store = open_store(crashed.dir.path());
  const auto recovery = store->recover();
  ASSERT_TRUE(recovery) << recovery.error().message;
  EXPECT_EQ(recovery->torn_segments, 0u);
  EXPECT_EQ(store->state().damaged, 0u);
  EXPECT_EQ(total(crashed.dir.path()).sums.requests, 10);
}

TEST(Recovery, AKillWhileASegmentWasBeingMadeIsNoDamage) {
  const Crashed crashed;
  std::ofstream(crashed.dir.path() / segment_name(0, 7)).flush();                  // created, not allocated yet
  std::ofstream(crashed.dir.path() / segment_name(0, 8)) << std::string(4096, 0);  // allocated in part
  auto store = open_store(crashed.dir.path());
  ASSERT_TRUE(store->fold());
  EXPECT_EQ(list_segments(crashed.dir.path())->size(), 5u) << "a segment in the making was taken away";
  store = open_store(crashed.dir.path());
  ASSERT_TRUE(store->recover());
  EXPECT_EQ(store->state().damaged, 0u);
  EXPECT_EQ(total(crashed.dir.path()).sums.requests, 10);
  EXPECT_TRUE(list_segments(crashed.dir.path())->empty());
}

TEST(Recovery, APublishedRecordThatIsNotWholeIsATornSegment) {
  const Crashed crashed;
  const auto last = crashed.offset_of(Crashed::kRecords);
  crashed.write(last + kRecordHeaderBytes + 5, "\x5a");
  auto store = open_store(crashed.dir.path());
  const auto recovery = store->recover();
  ASSERT_TRUE(recovery) << recovery.error().message;
  EXPECT_EQ(recovery->torn_segments, 1u);
  const auto sums = total(crashed.dir.path()).sums;
  EXPECT_EQ(sums.outcomes[static_cast<size_t>(energy::Outcome::ok)], 9);
  EXPECT_EQ(sums.outcomes[static_cast<size_t>(energy::Outcome::interrupted)], 1);  // its end was in the lost record
}

TEST(Recovery, APageThatNeverReachedTheDiskIsATornSegment) {
  const Crashed crashed;
  const auto third = crashed.offset_of(9), fourth = crashed.offset_of(13);
  crashed.write(third, std::string(fourth - third, 0));  // the third request's records; the rest lies behind
  auto store = open_store(crashed.dir.path());
  const auto recovery = store->recover();
  ASSERT_TRUE(recovery) << recovery.error().message;
  EXPECT_EQ(recovery->torn_segments, 1u);
  EXPECT_EQ(total(crashed.dir.path()).sums.requests, 2);
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

TEST(Erasure, AnUnknownOrEmptyNameDoesNoHarm) {
  const TempDir dir;
  auto store = open_store(dir.path());
  EXPECT_TRUE(store->erase({Subject::Kind::key, "nobody"}));
  EXPECT_FALSE(store->erase({Subject::Kind::key, ""}));
}

}  // namespace
}  // namespace trine::ledger
