// What a crash leaves behind, and what is open while nothing crashes.
#include <gtest/gtest.h>

#include "ledger/segment_reader.h"
#include "ledger/store.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger::recovery_test {
namespace {

using namespace testing;
using std::chrono::milliseconds;

TEST(Open, WhatIsOpenGetsRowsOnlyWhenItLasts) {
  const TempDir dir;
  VirtualClock clock;
  auto opened = Store::open({.dir = dir.path(), .clock = &clock, .archive = {}});
  ASSERT_TRUE(opened);
  auto& store = **opened;
  auto journal = open_journal(dir.path());
  const CallId brief{request_number(1), 0}, lasting{request_number(2), 0};
  ASSERT_TRUE(journal->intent(intent_of(brief)));
  ASSERT_TRUE(journal->intent(intent_of(lasting)));
  ASSERT_TRUE(store.fold());
  EXPECT_EQ(count(dir, "SELECT count(*) FROM open_requests"), 0);
  const auto running = store.request(brief.request);
  ASSERT_TRUE(running && *running);
  EXPECT_TRUE((*running)->open);
  EXPECT_EQ((*running)->facts.tenant, intent_of(brief).tenant);
  EXPECT_FALSE(*store.request(request_number(3)));
  ASSERT_TRUE(journal->append(call_of(brief)));
  EXPECT_EQ((*store.request(brief.request))->calls.size(), 1u);  // answered by the engine, still with the client
  ASSERT_TRUE(journal->append(request_of(brief.request)));

  clock.advance(std::chrono::minutes(2));
  ASSERT_TRUE(store.fold());
  EXPECT_EQ(count(dir, "SELECT count(*) FROM open_requests"), 1);
  EXPECT_EQ(count(dir, "SELECT count(*) FROM open_calls"), 1);
  EXPECT_TRUE((*Reports(dir.path()).request(lasting.request))->open);  // any process sees it now
  ASSERT_TRUE(journal->append(call_of(lasting)));
  ASSERT_TRUE(journal->append(request_of(lasting.request)));
  ASSERT_TRUE(store.fold());
  EXPECT_EQ(count(dir, "SELECT count(*) FROM open_requests"), 0);
  EXPECT_EQ(count(dir, "SELECT count(*) FROM open_calls"), 0);
  EXPECT_FALSE((*Reports(dir.path()).request(lasting.request))->open);
}

// A judge may run on after the client has its answer.
TEST(Open, ACallBegunAfterItsRequestWasClosedHoldsNothingBack) {
  const TempDir dir;
  VirtualClock clock;
  auto opened = Store::open({.dir = dir.path(), .clock = &clock, .archive = {}});
  ASSERT_TRUE(opened);
  auto journal = open_journal(dir.path());
  write_request(*journal, 1);
  ASSERT_TRUE((*opened)->fold());
  ASSERT_TRUE(journal->intent(intent_of({request_number(1), 1})));
  ASSERT_TRUE(journal->append(call_of({request_number(1), 1})));
  ASSERT_TRUE((*opened)->fold());
  clock.advance(std::chrono::minutes(2));
  ASSERT_TRUE((*opened)->fold());
  EXPECT_EQ(count(dir, "SELECT count(*) FROM open_requests"), 0);
  journal->close();
  ASSERT_TRUE((*opened)->fold());
  EXPECT_TRUE(list_segments(dir.path())->empty());
  EXPECT_EQ((*Reports(dir.path()).request(request_number(1)))->calls.size(), 2u);
}

TEST(Recovery, WhatWasOpenWhileAFoldFailedIsStillClosedOnce) {
  const TempDir live, crashed;
  auto store = open_store(live.path());
  auto journal = open_journal(live.path());
  const CallId closed{request_number(1), 0}, before{request_number(2), 0}, during{request_number(3), 0};
  ASSERT_TRUE(journal->intent(intent_of(closed)));
  ASSERT_TRUE(journal->intent(intent_of(before)));
  ASSERT_TRUE(store->fold());
  auto other = Database::open(live.path() / "ledger.db", Database::Mode::read_write);
  ASSERT_TRUE(other->exec("BEGIN IMMEDIATE"));
  ASSERT_TRUE(journal->append(call_of(closed)));
  ASSERT_TRUE(journal->append(request_of(closed.request)));
  ASSERT_TRUE(journal->intent(intent_of(during)));
  EXPECT_FALSE(store->fold());
  ASSERT_TRUE(other->exec("ROLLBACK"));
  ASSERT_TRUE(store->fold());
  copy_as_crashed(live.path(), crashed.path());
  auto after = open_store(crashed.path());
  const auto recovery = after->recover();
  ASSERT_TRUE(recovery) << recovery.error().message;
  EXPECT_EQ(recovery->requests, 2u);
  EXPECT_EQ(recovery->interrupted.size(), 2u);
  EXPECT_EQ((*Reports(crashed.path()).request(closed.request))->facts.outcome, energy::Outcome::ok);
  EXPECT_EQ(total(crashed.path()).sums.requests, 3);
}

TEST(Recovery, ClosesWhatACrashLeftOpenExactlyOnce) {
  const TempDir live, crashed;
  const CallId open{request_number(1), 0}, closed{request_number(2), 0}, retried{request_number(3), 1};
  {
    auto journal = open_journal(live.path());
    auto intent = intent_of(open);
    intent.beside = true;
    auto progress = journal->intent(intent);  // in the middle of its stream
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
  EXPECT_TRUE(facts.beside);
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
    const auto view = store->request(request_number(9999));
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

}  // namespace
}  // namespace trine::ledger::recovery_test
