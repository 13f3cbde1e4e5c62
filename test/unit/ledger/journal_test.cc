#include "ledger/journal.h"

#include <gtest/gtest.h>

#include "ledger/segment_reader.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger::journal_test {
namespace {

using namespace testing;

// All records of a journal's files, in order.
std::vector<Record> read_all(const std::filesystem::path& dir) {
  std::vector<Record> records;
  auto files = list_segments(dir);
  EXPECT_TRUE(files);
  for (const auto& file : *files) {
    auto reader = SegmentReader::open(file.path);
    EXPECT_TRUE(reader) << (reader ? "" : reader.error().message);
    if (!reader || !*reader) continue;
    uint64_t offset = kHeaderBytes, sequence = (*reader)->header().first_sequence;
    RecordView view;
    while (true) {
      auto found = (*reader)->read(offset, sequence, view);
      EXPECT_TRUE(found);
      if (!found || *found != Found::record) break;
      auto record = decode(view.type, view.version, view.payload);
      EXPECT_TRUE(record);
      if (record) records.push_back(*record);
      offset += view.length;
      ++sequence;
    }
  }
  return records;
}

TEST(Journal, GivesBackWhatWasAppendedInOrder) {
  const TempDir dir;
  const CallId call{request_number(1), 0};
  {
    auto journal = open_journal(dir.path());
    ASSERT_TRUE(journal->intent(intent_of(call)));
    ASSERT_TRUE(journal->append(call_of(call)));
    ASSERT_TRUE(journal->append(settlement_of(call)));
    ASSERT_TRUE(journal->append(request_of(call.request)));
    ASSERT_TRUE(journal->append(window_of(kNoon)));
    ASSERT_TRUE(journal->append(Event{"start", kNoon, "", "", "{}"}));
    EXPECT_EQ(journal->sequence(), 6u);
  }
  const auto records = read_all(dir.path());
  ASSERT_EQ(records.size(), 6u);
  EXPECT_EQ(std::get<CallIntent>(records[0]), intent_of(call));
  EXPECT_EQ(std::get<CallFacts>(records[1]), call_of(call));
  EXPECT_EQ(std::get<Settlement>(records[2]), settlement_of(call));
  EXPECT_EQ(std::get<RequestFacts>(records[3]), request_of(call.request));
  EXPECT_EQ(std::get<DeviceWindow>(records[4]), window_of(kNoon));
  EXPECT_EQ(std::get<Event>(records[5]).kind, "start");
}

TEST(Journal, RollsOverIntoPreparedSegmentsAndSealsTheOldOnes) {
  const TempDir dir;
  auto journal = open_journal(dir.path());
  for (uint64_t n = 0; n < 500; ++n) {
    write_request(*journal, n);
    journal->maintain();
  }
  const auto files = list_segments(dir.path());
  ASSERT_TRUE(files);
  EXPECT_GT(files->size(), 5u);
  const auto first = SegmentReader::open(files->front().path);
  ASSERT_TRUE(first && *first);
  EXPECT_TRUE((*first)->sealed());
  journal->close();
  EXPECT_EQ(read_all(dir.path()).size(), 2000u);
}

TEST(Journal, ACleanCloseSealsAndLeavesNoEmptyFiles) {
  const TempDir dir;
  auto journal = open_journal(dir.path());
  write_request(*journal, 1);
  journal->close();
  const auto files = list_segments(dir.path());
  ASSERT_EQ(files->size(), 1u);
  const auto reader = SegmentReader::open(files->front().path);
  EXPECT_TRUE((*reader)->sealed());
  const auto after = journal->append(call_of({request_number(1), 0}));
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, Code::failed_precondition);
}

TEST(Journal, ProgressIsOnDiskWithoutAnotherAppend) {
  const TempDir dir;
  auto journal = open_journal(dir.path());
  auto progress = journal->intent(intent_of({request_number(1), 0}));
  ASSERT_TRUE(progress);
  progress->relayed(1, 40, kNoon + std::chrono::milliseconds(10));
  progress->relayed(17, 800, kNoon + std::chrono::milliseconds(90));
  const auto files = list_segments(dir.path());
  auto reader = SegmentReader::open(files->front().path);
  const auto read = (*reader)->progress(kHeaderBytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read,
            (ProgressValues{17, 800, kNoon + std::chrono::milliseconds(10), kNoon + std::chrono::milliseconds(90)}));
}

TEST(Journal, ProgressMayOutliveItsSegmentAndTheJournal) {
  const TempDir dir;
  auto journal = open_journal(dir.path());
  auto progress = journal->intent(intent_of({request_number(9999), 0}));
  ASSERT_TRUE(progress);
  for (uint64_t n = 0; n < 300; ++n) {
    write_request(*journal, n);
    journal->maintain();
  }
  progress->relayed(5, 5, kNoon);
  journal.reset();
  progress->relayed(6, 6, kNoon);
  auto reader = SegmentReader::open(list_segments(dir.path())->front().path);
  EXPECT_EQ((*reader)->progress(kHeaderBytes)->tokens, 6u);
}

TEST(Journal, AFullDiskRefusesNewWorkButClosesWhatIsBegun) {
  const TempDir dir;
  SmallDisk disk(3);
  auto journal = open_journal(dir.path(), 0, &disk, 16 << 10);
  // Greatest possible records, so that the space set aside is really needed.
  const std::string longest(5000, 'n');
  std::vector<CallId> begun;
  while (true) {
    const CallId id{request_number(begun.size()), 0};
    auto intent = intent_of(id);
    intent.tenant = {longest, longest, longest, longest};
    intent.deployment = intent.zone = intent.model = longest;
    const auto started = journal->intent(intent);
    journal->maintain();
    if (!started) {
      EXPECT_EQ(started.error().code, Code::resource_exhausted);
      EXPECT_TRUE(started.error().message.starts_with("ledger_full")) << started.error().message;
      break;
    }
    begun.push_back(id);
    ASSERT_LT(begun.size(), 1000u);
  }
  ASSERT_GE(begun.size(), 3u);
  EXPECT_TRUE(journal->full());
  EXPECT_EQ(journal->refused(), 1u);
  size_t refused = 0;  // answered 503: such requests must not eat what the begun ones need
  while (journal->append(request_of(request_number(7000 + refused), 0))) ++refused;
  for (const auto& id : begun) {
    auto call = call_of(id);
    call.deployment = call.zone = call.model = longest;
    auto request = request_of(id.request);
    request.tenant = {longest, longest, longest, longest};
    request.user = request.workload = request.route = request.endpoint = request.error = request.reason = longest;
    ASSERT_TRUE(journal->append(call));
    ASSERT_TRUE(journal->append(settlement_of(id)));
    ASSERT_TRUE(journal->append(request));
  }
  journal->close();
  EXPECT_EQ(read_all(dir.path()).size(), begun.size() * 4 + refused);
}

TEST(Journal, GoesOnByItselfOnceThereIsSpaceAgain) {
  const TempDir dir;
  SmallDisk disk(2);
  auto journal = open_journal(dir.path(), 0, &disk, 16 << 10);
  uint64_t n = 0;
  while (journal->intent(intent_of({request_number(n), 0}))) ++n;
  EXPECT_FALSE(journal->intent(intent_of({request_number(n), 0})));
  disk.left = 100;
  journal->maintain();
  EXPECT_FALSE(journal->full());
  EXPECT_TRUE(journal->intent(intent_of({request_number(n), 0})));
}

TEST(Journal, OpensOnAFullDiskAndRefuses) {
  const TempDir dir;
  SmallDisk disk(0);
  auto journal = open_journal(dir.path(), 0, &disk);
  ASSERT_TRUE(journal);
  EXPECT_FALSE(journal->intent(intent_of({request_number(1), 0})));
  EXPECT_FALSE(journal->append(call_of({request_number(1), 0})));
  disk.left = 10;
  journal->maintain();
  EXPECT_TRUE(journal->intent(intent_of({request_number(1), 0})));
}

TEST(Journal, MoreThanTheDiskHoldsIsAnErrorAndLeavesNothingBehind) {
  const TempDir dir;
  auto created = disk_space().create(dir.path() / "w000-0000000001.trj", 1ull << 60);
  ASSERT_FALSE(created);
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "w000-0000000001.trj"));
}

TEST(Journal, ManyOpenCallsGetMoreSegmentsPrepared) {
  const TempDir dir;
  auto journal = open_journal(dir.path(), 0, nullptr, 16 << 10);
  for (uint64_t n = 0; n < 200; ++n) {
    ASSERT_TRUE(journal->intent(intent_of({request_number(n), 0}))) << n;
    journal->maintain();
  }
}

TEST(Journal, RefusesOptionsAndEventsThatCannotWork) {
  const TempDir dir;
  Journal::Options options;
  options.dir = dir.path() / "missing";
  EXPECT_FALSE(Journal::open(options));
  options.dir = dir.path();
  options.segment_bytes = 100;
  EXPECT_FALSE(Journal::open(options));
  auto journal = open_journal(dir.path());
  const auto event = journal->append(Event{"big", kNoon, "", "", std::string(kMaxEventJson + 1, '1')});
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, Code::out_of_range);
}

}  // namespace
}  // namespace trine::ledger::journal_test
