// Real programs as actuators: what they get, and what their ends mean.
#include <sys/stat.h>

#include "base/text.h"
#include "fleet/command_actuator.h"
#include "unit/fleet/fleet_fixture.h"
#include "unit/ledger/fixtures.h"

namespace trine::fleet::command_test {
namespace {

using namespace testing;

struct CommandTest : ::testing::Test {
  std::string script(const std::string& body) {
    const auto path = (dir.path() / fmt::format("program{}", ++scripts)).string();
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    ::chmod(path.c_str(), 0700);
    return path;
  }
  Result<MachineReport> run(CommandOptions options, Order::Kind kind = Order::Kind::start) {
    auto actuator = command_actuator(loop, std::move(options));
    EXPECT_TRUE(actuator) << actuator.error().message;
    Instance i;
    i.id = id_number(1);
    i.option = "h100-se";
    std::optional<Result<MachineReport>> report;
    (*actuator)->begin({kind, i.id + ".1", i}, [&](Result<MachineReport> r) {
      report = std::move(r);
      loop.stop();
    });
    loop.run();
    return std::move(*report);
  }
  std::string file(const std::string& name) const {
    std::ifstream in(dir.path() / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  ledger::testing::TempDir dir;
  net::Loop loop;
  int scripts = 0;
};

TEST_F(CommandTest, GetsTheOrderTheActionAndNothingElse) {
  ::setenv("TRINE_TEST_SECRET", "do not pass me on", 1);
  const auto program =
      script(fmt::format("cat > {0}/in; echo \"$@\" > {0}/args; env > {0}/env\n"
                         "echo '{{\"id\":\"i-7\",\"state\":\"ready\",\"url\":\"http://x\"}}'",
                         dir.path().string()));
  const auto report = run({program, {"--zone", "a b; rm -rf /"}, s(20), {{"REGION", "se"}}});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->id, "i-7");
  EXPECT_EQ(report->state, MachineReport::State::ready);
  Instance i;
  i.id = id_number(1);
  i.option = "h100-se";
  EXPECT_EQ(file("in"), to_json({Order::Kind::start, i.id + ".1", i}));
  EXPECT_EQ(file("args"), "--zone a b; rm -rf / start\n") << "no shell is between";
  const auto env = file("env");
  EXPECT_NE(env.find("REGION=se\n"), std::string::npos);
  EXPECT_EQ(env.find("do not pass me on"), std::string::npos);
  EXPECT_EQ(env.find("HOME="), std::string::npos);
}

TEST_F(CommandTest, ExitStatusSaysWhetherItMayPass) {
  for (const auto& [status, final] : std::map<int, bool>{{1, false},
                                                         {2, false},
                                                         {64, true},
                                                         {65, true},
                                                         {69, false},
                                                         {75, false},
                                                         {77, true},
                                                         {78, true},
                                                         {127, false}}) {
    const auto report = run({script(fmt::format("exit {}", status)), {}, s(20), {}});
    ASSERT_FALSE(report);
    EXPECT_EQ(is_final(report.error()), final) << status;
    EXPECT_NE(report.error().message.find(std::to_string(status)), std::string::npos);
  }
  const auto killed = run({script("kill -9 $$"), {}, s(20), {}});
  EXPECT_FALSE(is_final(killed.error()));
  EXPECT_EQ(killed.error().message, "the program was ended by signal 9");
}

TEST_F(CommandTest, WhatIsNoReportIsNotFinal) {
  for (const char* body : {"true", "echo started", "echo '{\"id\":\"i-7\"}'"}) {
    const auto report = run({script(body), {}, s(20), {}});
    ASSERT_FALSE(report) << body;
    EXPECT_FALSE(is_final(report.error())) << "it may have started the machine";
  }
}

// Gone, or a zombie that whoever adopted it has not collected yet.
bool has_ended(int64_t pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return text.empty() || text.find(") Z ") != std::string::npos || text.find(") X ") != std::string::npos;
}

TEST_F(CommandTest, ATimeOutEndsItAndAllThatItStarted) {
  const auto report =
      run({script(fmt::format("sleep 1000 & echo $! > {}/child; wait", dir.path().string())), {}, s(2), {}});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, "the program did not end within 2 s and was ended");
  EXPECT_FALSE(is_final(report.error()));
  const auto child = parse_int(file("child").substr(0, file("child").find('\n')));
  ASSERT_TRUE(child);
  EXPECT_TRUE(has_ended(*child));
}

TEST_F(CommandTest, OutputIsBounded) {
  const auto endless = run({script("exec cat /dev/zero"), {}, s(20), {}});
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().message, "the program wrote more than 65536 bytes and was ended");
  const auto chatty =
      run({script("head -c 1000000 /dev/zero | tr '\\0' e >&2; echo '{\"state\":\"gone\"}'"), {}, s(20), {}},
          Order::Kind::stop);
  ASSERT_TRUE(chatty) << chatty.error().message;
  EXPECT_EQ(chatty->state, MachineReport::State::gone);
}

TEST_F(CommandTest, WhatItLeavesRunningIsNotWaitedFor) {
  const auto report =
      run({script(fmt::format("sleep 1000 & echo $! > {}/child\necho '{{\"id\":\"i\",\"state\":\"ready\"}}'",
                              dir.path().string())),
           {},
           s(20),
           {}});
  ASSERT_TRUE(report) << report.error().message;
  const auto child = parse_int(trim(std::string_view(file("child")).substr(0, file("child").find('\n'))));
  ASSERT_TRUE(child);
  EXPECT_EQ(::kill(static_cast<pid_t>(*child), SIGKILL), 0) << "a machine on this host lives on";
}

TEST_F(CommandTest, ReasonsHideWhatWasPassed) {
  const auto report = run({script("echo \"{\\\"state\\\":\\\"failed\\\",\\\"reason\\\":\\\"bad token $TOKEN\\\"}\""),
                           {},
                           s(20),
                           {{"TOKEN", "tok-12345"}}});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reason, "bad token ***");
}

TEST_F(CommandTest, SeveralRunAtOnceAndAreEndedWithIt) {
  const auto fifo = (dir.path() / "pids").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::fstream pids(fifo);
  auto actuator =
      std::move(*command_actuator(loop, {script(fmt::format("echo $$ > {}; exec sleep 1000", fifo)), {}, s(1000), {}}));
  int answered = 0;
  for (int n = 0; n < 3; ++n) actuator->begin({}, [&](const Result<MachineReport>&) { ++answered; });
  std::array<int64_t, 3> running{};
  for (auto& pid : running) ASSERT_TRUE(pids >> pid);
  actuator.reset();  // returns at once, or this test runs into its time limit
  for (const auto pid : running) EXPECT_TRUE(has_ended(pid)) << pid;
  EXPECT_EQ(answered, 0);
}

TEST_F(CommandTest, AProgramThatCannotRunIsRefusedAtOnce) {
  EXPECT_EQ(command_actuator(loop, {.program = "cloud.sh", .arguments = {}, .environment = {}}).error().message,
            "'cloud.sh': give the program's path, such as ./cloud.sh");
  EXPECT_EQ(command_actuator(loop, {.program = "/nonexistent/cloud", .arguments = {}, .environment = {}}).error().code,
            Code::failed_precondition);
}

}  // namespace
}  // namespace trine::fleet::command_test
