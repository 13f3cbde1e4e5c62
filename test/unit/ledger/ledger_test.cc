#include "ledger/ledger.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "ledger/month.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger::ledger_test {
namespace {

using namespace testing;
using std::chrono::milliseconds;

Ledger::Options options_for(const std::filesystem::path& dir) {
  Ledger::Options o;
  o.dir = dir;
  o.segment_bytes = 64 << 10;
  o.reserve_bytes = 8 << 10;
  o.fold_every = milliseconds(5);
  return o;
}

std::unique_ptr<Ledger> open_ledger(const Ledger::Options& options) {
  auto ledger = Ledger::open(options);
  EXPECT_TRUE(ledger) << (ledger ? "" : ledger.error().message);
  return ledger ? std::move(*ledger) : nullptr;
}

// Waits for something that another thread brings about; the test's own time-out ends it if it never comes.
template <class F>
void until(F&& condition) {
  while (!condition()) std::this_thread::yield();
}

TEST(Ledger, FoldsInTheBackgroundWhatWorkersAppend) {
  const TempDir dir;
  auto options = options_for(dir.path());
  options.workers = 2;
  options.segment_bytes = 4 << 20;
  auto ledger = open_ledger(options);
  std::thread other([&] {
    for (uint64_t n = 1000; n < 1500; ++n) write_request(ledger->journal(1), n);
  });
  for (uint64_t n = 0; n < 500; ++n) write_request(ledger->journal(0), n);
  other.join();
  ASSERT_TRUE(ledger->back_office().append(window_of(kNoon)));
  until([&] { return ledger->state().lag_records == 0; });
  EXPECT_EQ(total(dir.path()).sums.requests, 1000);
  EXPECT_EQ(total(dir.path()).unattributed.energy.raw(), 38);
  EXPECT_EQ(ledger->state().fold.folded, 4001u);
  EXPECT_FALSE(ledger->state().full);
}

TEST(Ledger, ACleanStopLeavesEverythingInTheDatabase) {
  const TempDir dir;
  auto options = options_for(dir.path());
  options.fold_every = std::chrono::hours(1);
  auto ledger = open_ledger(options);
  for (uint64_t n = 0; n < 50; ++n) write_request(ledger->journal(0), n);
  ledger.reset();
  EXPECT_EQ(total(dir.path()).sums.requests, 50);
  EXPECT_TRUE(list_segments(dir.path())->empty());
  EXPECT_EQ(open_ledger(options)->recovery().requests, 0u);
}

TEST(Ledger, FlushMakesARequestVisibleAtOnce) {
  const TempDir dir;
  auto options = options_for(dir.path());
  options.fold_every = std::chrono::hours(1);
  auto ledger = open_ledger(options);
  write_request(ledger->journal(0), 1);
  EXPECT_EQ(ledger->state().lag_records, 4u);
  ASSERT_TRUE(ledger->flush());
  EXPECT_EQ(ledger->state().lag_records, 0u);
  EXPECT_TRUE(*ledger->reports().request(request_number(1)));
}

TEST(Ledger, ASecondProcessIsRefusedAndToldWhoHoldsIt) {
  const TempDir dir;
  auto ledger = open_ledger(options_for(dir.path()));
  const auto second = Ledger::open(options_for(dir.path()));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::failed_precondition);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos) << second.error().message;
  ledger.reset();
  EXPECT_TRUE(Ledger::open(options_for(dir.path())));
}

TEST(Ledger, ErasureIsAskedOfTheProcessThatHoldsTheLedger) {
  const TempDir dir;
  auto ledger = open_ledger(options_for(dir.path()));
  for (uint64_t n = 0; n < 20; ++n) write_request(ledger->journal(0), n);
  const auto asked = erase(dir.path(), {Subject::Kind::user, "ada@example.com"});
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(*asked, "");
  until([&] {
    const auto pending = erasure_pending(dir.path());
    return pending && !*pending;
  });
  EXPECT_TRUE((*ledger->reports().request(request_number(3)))->facts.user.starts_with("erased-"));
  ledger.reset();
  EXPECT_FALSE(anywhere(dir.path(), "ada@example.com"));
  const auto done = erase(dir.path(), {Subject::Kind::key, "key_7"});  // nobody holds it: done here
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(done->starts_with("erased-"));
  EXPECT_FALSE(anywhere(dir.path(), "key_7"));
  EXPECT_FALSE(erase(dir.path() / "nowhere", {Subject::Kind::key, "key_7"}));
}

TEST(Ledger, AnErasureThatFailsElsewhereHoldsUpNeitherClosingsNorRetentionNorARestart) {
  const TempDir dir;
  log::set_level(log::Level::off);
  std::atomic<bool> locked{true};
  auto options = options_for(dir.path());
  options.sweep_every = milliseconds(1);
  options.retention.requests = std::chrono::hours(1);  // kNoon is long ago
  options.erase_elsewhere = [&](const Subject&) -> Result<void> {
    if (locked) return fail(Code::unavailable, "the vault is locked");
    return {};
  };
  auto ledger = open_ledger(options);
  ASSERT_TRUE(erase(dir.path(), {Subject::Kind::user, "ada@example.com"}));
  until([&] { return count(dir, "SELECT count(*) FROM events WHERE kind='erasure'") > 0; });  // it has failed once
  ASSERT_TRUE(ledger->journal(0).append(window_of(kNoon)));                                   // the month's
  write_request(ledger->journal(0), 1);
  ASSERT_TRUE(ledger->flush());
  const Month month = month_of(kNoon);
  ASSERT_EQ(close_month(dir.path(), month, system_clock()).value(), Closing::asked);
  until([&] {
    const auto pending = closing_pending(dir.path(), month);
    return pending && !*pending;
  });
  until([&] { return count(dir, "SELECT count(*) FROM requests") == 0; });
  EXPECT_TRUE(*erasure_pending(dir.path()));
  ledger.reset();
  ledger = open_ledger(options);
  ASSERT_TRUE(ledger);
  locked = false;
  until([&] {
    const auto pending = erasure_pending(dir.path());
    return pending && !*pending;
  });
  EXPECT_EQ(count(dir, "SELECT count(*) FROM events WHERE kind='erasure'"), 1);
  ledger.reset();
  log::set_level(log::Level::info);
}

// A child appends as fast as it can and tells over a pipe what it has been promised; it is killed in the middle.
void append_until_killed(const std::filesystem::path& dir, int promises) {
  auto options = options_for(dir);
  options.segment_bytes = 512 << 10;
  auto ledger = Ledger::open(options);
  if (!ledger) ::_exit(1);
  auto& journal = (*ledger)->journal(0);
  std::vector<Progress> streams;
  for (uint64_t n = 0; n < 100; ++n) {  // long streams, never closed
    auto progress = journal.intent(intent_of({request_number(1'000'000 + n), 0}));
    if (!progress) ::_exit(2);
    progress->relayed(n + 1, 10 * n, kNoon + milliseconds(n));
    streams.push_back(std::move(*progress));
  }
  for (uint64_t n = 0;; ++n) {
    const CallId call{request_number(n), 0};
    // A refusal (the disk is slower than this loop) is nothing promised: go on with the next.
    if (!journal.intent(intent_of(call))) continue;
    if (!journal.append(call_of(call)) || !journal.append(settlement_of(call))) ::_exit(3);
    if (!journal.append(request_of(call.request))) ::_exit(4);
    if (::write(promises, &n, sizeof n) != sizeof n) ::_exit(5);
  }
}

TEST(Ledger, SurvivesKillInTheMiddleOfAppends) {
  for (int round = 0; round < 3; ++round) {
    const TempDir dir;
    int promises[2];
    ASSERT_EQ(::pipe(promises), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(promises[0]);
      append_until_killed(dir.path(), promises[1]);
    }
    ::close(promises[1]);
    std::vector<uint64_t> promised;
    uint64_t n = 0;
    while (::read(promises[0], &n, sizeof n) == sizeof n) {
      promised.push_back(n);
      if (promised.size() == 2000u + 700u * static_cast<unsigned>(round)) ::kill(child, SIGKILL);
    }
    ::close(promises[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child stopped with " << WEXITSTATUS(status);

    auto ledger = open_ledger(options_for(dir.path()));
    ASSERT_TRUE(ledger);
    auto db = Database::open(dir.path() / "ledger.db", Database::Mode::read_only);
    auto answered = db->prepare(
        "SELECT count(*), sum(c.tokens_out) FROM requests r JOIN calls c ON c.request=r.id WHERE r.id=? AND "
        "r.outcome=0");
    ASSERT_TRUE(answered) << answered.error().message;
    for (const auto p : promised) {
      const IdBytes id(request_number(p));
      ASSERT_TRUE(answered->reset().blob(id).step());
      ASSERT_EQ(answered->integer(0), 1) << "request " << p << " was promised and is lost";
      ASSERT_EQ(answered->integer(1), 120);
    }
    const auto reports = ledger->reports();
    for (uint64_t s = 0; s < 100; ++s) {
      const auto view = reports.request(request_number(1'000'000 + s));
      ASSERT_TRUE(view && *view);
      ASSERT_EQ((*view)->facts.outcome, energy::Outcome::interrupted);
      ASSERT_EQ((*view)->calls[0].facts.out, static_cast<Tokens>(s + 1));
    }
    const auto sums = total(dir.path()).sums;
    EXPECT_LE(sums.requests, static_cast<int64_t>(promised.size()) + 100 + 1);  // + the one it was killed in
    EXPECT_EQ(sums.outcomes[static_cast<size_t>(energy::Outcome::ok)] +
                  sums.outcomes[static_cast<size_t>(energy::Outcome::interrupted)],
              sums.requests);
    EXPECT_EQ(ledger->state().fold.damaged, 0u);
    EXPECT_EQ(ledger->recovery().torn_segments, 0u);
  }
}

TEST(Ledger, OnARealFullDiskItRefusesKeepsAndComesBack) {
  const TempDir dir;
  if (::mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=2m") != 0) {
    GTEST_SKIP() << "no right to mount a small file system here: " << std::strerror(errno);
  }
  struct Unmount {
    const std::filesystem::path& at;
    ~Unmount() { ::umount2(at.c_str(), MNT_DETACH); }
  } unmount{dir.path()};
  log::set_level(log::Level::off);
  auto ledger = open_ledger(options_for(dir.path()));
  ASSERT_TRUE(ledger);
  {
    std::ofstream filler(dir.path() / "filler", std::ios::binary);
    const std::string block(4096, 'f');
    while (filler.write(block.data(), 4096) && filler.flush()) {
    }
  }
  uint64_t closed = 0;
  uint64_t n = 0;
  for (;; ++n) {
    const CallId call{request_number(n), 0};
    const auto begun = ledger->journal(0).intent(intent_of(call));
    if (!begun) {
      EXPECT_EQ(begun.error().code, Code::resource_exhausted);
      break;
    }
    ASSERT_TRUE(ledger->journal(0).append(call_of(call)));
    ASSERT_TRUE(ledger->journal(0).append(request_of(call.request)));
    ++closed;
  }
  EXPECT_GT(closed, 0u);
  EXPECT_TRUE(ledger->state().full);
  std::filesystem::remove(dir.path() / "filler");
  until([&] { return ledger->journal(0).intent(intent_of({request_number(n), 0})).has_value(); });
  ASSERT_TRUE(ledger->journal(0).append(call_of({request_number(n), 0})));
  ASSERT_TRUE(ledger->journal(0).append(request_of(request_number(n))));
  until([&] { return ledger->state().lag_records == 0; });
  EXPECT_EQ(total(dir.path()).sums.requests, static_cast<int64_t>(closed) + 1);
  ledger.reset();
  log::set_level(log::Level::info);
}

}  // namespace
}  // namespace trine::ledger::ledger_test
