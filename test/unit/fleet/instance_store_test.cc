// Events on the disk: what is there after a restart, and what is refused.
#include "fleet/instance_store.h"

#include "fleet/instance_json.h"
#include "unit/fleet/fleet_fixture.h"
#include "unit/ledger/fixtures.h"

namespace trine::fleet::instance_store_test {
namespace {

using namespace testing;
using enum InstanceEvent::Kind;
using ledger::testing::SmallDisk;
using ledger::testing::TempDir;

std::unique_ptr<InstanceStore> open_store(const std::filesystem::path& dir, ledger::Space* space = nullptr) {
  auto store = InstanceStore::open({.dir = dir, .clock = nullptr, .space = space});
  EXPECT_TRUE(store) << (store ? "" : store.error().message);
  return store ? std::move(*store) : nullptr;
}

// `count` events of as many instances that are requested and fail.
std::vector<InstanceEvent> some_events(int count) {
  Instances fleet;
  Story story(fleet);
  std::vector<InstanceEvent> events;
  for (uint64_t n = 1; static_cast<int>(events.size()) < count; ++n) {
    for (const auto kind : {request, failed, stop, stopped}) {
      events.push_back(story.event(id_number(n), kind));
      story.then(id_number(n), kind);
    }
  }
  return events;
}

TEST(InstanceStore, HasAfterARestartWhatItHadBefore) {
  const TempDir dir;
  const auto events = some_events(40);
  for (size_t at = 0; at < events.size(); at += 7) {
    auto store = open_store(dir.path());
    for (size_t n = at; n < std::min(at + 7, events.size()); ++n) ASSERT_TRUE(store->append(events[n]));
  }
  Instances expected;
  for (const auto& e : events) ASSERT_TRUE(expected.apply(e));
  EXPECT_EQ(open_store(dir.path())->instances().all(), expected.all());
  std::vector<InstanceEvent> read;
  ASSERT_TRUE(each_instance_event(
      dir.path(), [&](const InstanceEvent& e) -> Result<void> { return read.push_back(e), Result<void>(); }));
  EXPECT_EQ(read, events);
}

TEST(InstanceStore, LosesNothingWhenItsProcessDies) {
  const TempDir live, crashed;
  auto store = open_store(live.path());
  const auto events = some_events(8);
  for (size_t n = 0; n < events.size(); ++n) {
    ASSERT_TRUE(store->append(events[n]));
    if (n == 3) {
      ASSERT_TRUE(store->fold());
    }
  }
  ledger::testing::copy_as_crashed(live.path(), crashed.path() / "x");
  EXPECT_EQ(open_store(crashed.path() / "x")->instances().all(), store->instances().all());
}

TEST(InstanceStore, AppendingAgainChangesNothing) {
  const TempDir dir;
  auto store = open_store(dir.path());
  for (const auto& e : some_events(4)) {
    ASSERT_TRUE(store->append(e));
    ASSERT_TRUE(store->append(e));
  }
  store.reset();
  int events = 0;
  ASSERT_TRUE(
      each_instance_event(dir.path(), [&](const InstanceEvent&) -> Result<void> { return ++events, Result<void>(); }));
  EXPECT_EQ(events, 4);
}

TEST(InstanceStore, RefusesWhatCannotFollowAndWhatIsNoText) {
  const TempDir dir;
  auto store = open_store(dir.path());
  Instances none;
  auto e = Story(none).event(id_number(1), request);
  e.option = "bad \xff bytes";
  EXPECT_EQ(store->append(e).error().code, Code::invalid_argument);
  e.option = "h100";
  e.spec = "{not json";
  EXPECT_EQ(store->append(e).error().code, Code::invalid_argument);
  e.kind = stop;
  EXPECT_EQ(store->append(e).error().code, Code::failed_precondition);
  EXPECT_TRUE(store->instances().all().empty());
}

TEST(InstanceStore, OneProcessAtATime) {
  const TempDir dir;
  auto store = open_store(dir.path());
  EXPECT_EQ(InstanceStore::open({.dir = dir.path()}).error().code, Code::failed_precondition);
  ASSERT_TRUE(store->append(some_events(1)[0]));
  ASSERT_TRUE(store->fold());
  EXPECT_EQ(read_instances(dir.path())->all().size(), 1u) << "reading is possible beside it";
}

TEST(InstanceStore, AFullDiskRefusesAndGoesOnWhenThereIsSpace) {
  const TempDir dir;
  SmallDisk disk(1);
  auto store = open_store(dir.path(), &disk);
  const auto events = some_events(4000);
  size_t written = 0;
  while (written < events.size() && store->append(events[written])) ++written;
  ASSERT_LT(written, events.size());
  const auto refused = store->append(events[written]);
  EXPECT_EQ(refused.error().code, Code::resource_exhausted);
  disk.left = 100;
  for (size_t n = written; n < events.size(); ++n) ASSERT_TRUE(store->append(events[n])) << n;
  store.reset();
  Instances expected;
  for (const auto& e : events) ASSERT_TRUE(expected.apply(e));
  EXPECT_EQ(read_instances(dir.path())->all(), expected.all());
}

TEST(InstanceStore, EventsThatMakeNoFleetAreDamage) {
  const TempDir dir;
  {
    auto store = ledger::testing::open_store(dir.path());
    auto journal = ledger::testing::open_journal(dir.path());
    Instances none;
    ASSERT_TRUE(journal->append(to_record(Story(none).event(id_number(1), stop))));
    ASSERT_TRUE(store->fold());
  }
  const auto opened = InstanceStore::open({.dir = dir.path()});
  EXPECT_EQ(opened.error().code, Code::data_loss);
  EXPECT_NE(opened.error().message.find("'stop' cannot come first"), std::string::npos);
}

}  // namespace
}  // namespace trine::fleet::instance_store_test
