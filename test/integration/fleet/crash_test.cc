// The fleet's process is killed at every place in turn: before and after each event is on the disk, before and after
// each effect. Whatever was begun is finished by the next one: no machine is lost, none is started twice.
#include "integration/fleet/directory_cloud.h"
#include "unit/fleet/fleet_fixture.h"
#include "unit/ledger/fixtures.h"

namespace trine::fleet::crash_test {
namespace {

using namespace testing;
using ledger::testing::TempDir;

constexpr int kMostPasses = 20;

// In a process of its own: passes until the plan is carried out. Returns its wait status.
int run_until_settled(const std::filesystem::path& dir, const std::vector<Wanted>& plan, int die_at) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    KillPoints points(die_at);
    auto store = InstanceStore::open({.dir = dir / "fleet"});
    if (!store) ::_exit(2);
    points.pass();
    MortalLog log(**store, points);
    DirectoryCloud cloud(dir / "cloud", points);
    Controller::Options options;
    options.rules.min_uptime = Nanos(0);
    Controller controller(log, cloud, system_clock(), options);
    bool settled = false, failed = false;
    for (int n = 0; n < kMostPasses && !settled && !failed; ++n) {
      controller.pass(plan, [&](const PassReport& report) {
        settled = report.settled;
        failed = report.error.has_value();
      });
      points.pass();
      if (!(*store)->fold()) ::_exit(3);
      points.pass();
    }
    (*store)->close();
    ::_exit(failed ? 4 : settled ? 0 : 5);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

void check(const std::filesystem::path& dir, const std::vector<Wanted>& plan, size_t starts, const std::string& where) {
  size_t wanted = 0;
  for (const auto& w : plan) wanted += static_cast<size_t>(w.machines);
  EXPECT_EQ(DirectoryCloud::machines(dir / "cloud"), wanted) << where;
  const auto keys = DirectoryCloud::starts(dir / "cloud");
  EXPECT_EQ(keys.size(), starts) << where << ": one start for each machine that was ever wanted";
  for (const auto& [key, times] : keys) EXPECT_EQ(times, 1) << where << ", " << key;
  const auto fleet = read_instances(dir / "fleet");
  ASSERT_TRUE(fleet) << where << ": " << fleet.error().message;
  size_t ready = 0;
  for (const auto& [id, i] : fleet->all()) {
    EXPECT_TRUE(i.state == Instance::State::ready || i.state == Instance::State::stopped) << where << ", " << id;
    ready += i.state == Instance::State::ready ? 1 : 0;
    // What is known to be ready is there, under the name that is known.
    EXPECT_EQ(std::filesystem::exists(dir / "cloud" / "machines" / (id + ".1")), i.state == Instance::State::ready)
        << where;
  }
  EXPECT_EQ(ready, wanted) << where;
}

void copy_over(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::remove_all(to);
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

struct Phase {
  const char* what;
  std::vector<Wanted> plan;
  size_t starts;  // so far
  bool one_vanishes = false;
};

const std::vector<Phase> kPhases = {
    {"two are started", {want("a", 2)}, 2},
    {"one is taken over by another option", {want("a", 1), want("b", 1)}, 3},
    {"one vanishes, and is not wanted any more", {want("b", 1)}, 3, true},
    {"all are stopped", {}, 3},
};

void vanish(const std::filesystem::path& dir) {
  const auto fleet = read_instances(dir / "fleet");
  ASSERT_TRUE(fleet);
  int removed = 0;
  for (const auto& [id, i] : fleet->all()) {
    if (i.option == "a" && i.state == Instance::State::ready)
      removed += std::filesystem::remove(dir / "cloud" / "machines" / (id + ".1"));
  }
  EXPECT_EQ(removed, 1);
}

TEST(Crash, AtEveryPlaceLosesAndDoublesNothing) {
  const TempDir temp;
  const auto base = temp.path() / "base", tried = temp.path() / "tried";
  std::filesystem::create_directories(base);
  int crashes = 0;
  for (const auto& phase : kPhases) {
    if (phase.one_vanishes) vanish(base);
    int places = 0;
    for (;; ++places) {
      copy_over(base, tried);
      const auto where = fmt::format("{}, killed at place {}", phase.what, places);
      const int status = run_until_settled(tried, phase.plan, places);
      const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
      ASSERT_EQ(killed ? run_until_settled(tried, phase.plan, -1) : status, 0) << where;
      check(tried, phase.plan, phase.starts, where);
      if (!killed) break;
      ++crashes;
      if (::testing::Test::HasFailure()) return;
    }
    EXPECT_GT(places, 10) << phase.what << ": the kills did not reach what is to be tested";
    copy_over(tried, base);
  }
  RecordProperty("crashes", crashes);
}

// Again and again, each time a little further: the next process is killed too.
TEST(Crash, OfEveryRestartLosesAndDoublesNothing) {
  for (int step = 1; step <= 5; ++step) {
    const TempDir temp;
    int runs = 0;
    for (const auto& phase : kPhases) {
      if (phase.one_vanishes) vanish(temp.path());
      int status = -1;
      for (int die_at = step; runs < 500; die_at += step, ++runs) {
        status = run_until_settled(temp.path(), phase.plan, die_at);
        if (!WIFSIGNALED(status)) break;
      }
      ASSERT_EQ(status, 0) << phase.what;
      check(temp.path(), phase.plan, phase.starts, phase.what);
    }
    EXPECT_GT(runs, 4);
  }
}

}  // namespace
}  // namespace trine::fleet::crash_test
