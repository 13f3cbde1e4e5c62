// Events read back, and what sync() promises.
#include "ledger/events.h"

#include "unit/ledger/fixtures.h"

namespace trine::ledger::events_test {
namespace {

using namespace testing;

std::vector<std::string> read(const std::filesystem::path& dir, std::string_view kind) {
  std::vector<std::string> all;
  const auto done = each_event(dir, kind, [&](const Event& e) -> Result<void> {
    EXPECT_EQ(e.kind, kind);
    all.push_back(e.json);
    return {};
  });
  EXPECT_TRUE(done) << done.error().message;
  return all;
}

TEST(Events, AreReadInTheOrderTheyWereAppendedIn) {
  const TempDir dir;
  auto store = open_store(dir.path(), 3);
  auto journal = open_journal(dir.path());
  for (int n = 0; n < 10; ++n) {
    // Their times do not matter: a clock may be set back.
    ASSERT_TRUE(journal->append(Event{"count", kNoon - std::chrono::hours(n), "key_7", "ada", std::to_string(n)}));
    ASSERT_TRUE(journal->append(Event{"noise", kNoon, "", "", "x"}));
  }
  ASSERT_TRUE(store->fold());
  EXPECT_EQ(read(dir.path(), "count"), (std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
  EXPECT_EQ(read(dir.path(), "other"), std::vector<std::string>{});
  ASSERT_TRUE(each_event(dir.path(), "count", [&](const Event& e) -> Result<void> {
    EXPECT_EQ(e.key, "key_7");
    EXPECT_EQ(e.user, "ada");
    EXPECT_EQ(e.at, kNoon - std::chrono::hours(std::stoi(e.json)));
    return {};
  }));
}

TEST(Events, TheReadersErrorEndsTheReading) {
  const TempDir dir;
  auto store = open_store(dir.path());
  auto journal = open_journal(dir.path());
  for (int n = 0; n < 3; ++n) ASSERT_TRUE(journal->append(Event{"count", kNoon, "", "", "1"}));
  ASSERT_TRUE(store->fold());
  int seen = 0;
  const auto done = each_event(dir.path(), "count", [&](const Event&) -> Result<void> {
    if (++seen == 2) return fail(Code::data_loss, "enough");
    return {};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "enough");
  EXPECT_EQ(seen, 2);
}

TEST(Events, WithoutALedgerThereAreNone) {
  const TempDir dir;
  EXPECT_EQ(each_event(dir.path(), "count", [](const Event&) -> Result<void> { return {}; }).error().code,
            Code::not_found);
}

TEST(Sync, WorksOverTheEndOfASegmentAndAfterClosing) {
  const TempDir dir;
  auto journal = open_journal(dir.path(), 0, nullptr, 16 << 10);
  const std::string big(3000, 'x');
  for (int n = 0; n < 20; ++n) {
    ASSERT_TRUE(journal->append(Event{"count", kNoon, "", "", big})) << n;
    ASSERT_TRUE(journal->sync());
    if (n % 4 == 3) journal->maintain();
  }
  journal->close();
  EXPECT_TRUE(journal->sync());
  auto store = open_store(dir.path());
  ASSERT_TRUE(store->recover());
  EXPECT_EQ(read(dir.path(), "count").size(), 20u);
}

}  // namespace
}  // namespace trine::ledger::events_test
