// The pool against the real worker: what a job costs, what a bad one does, what stays shut.
#include "documents/pool.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "documents/frame.h"
#include "pool_fixture.h"

namespace trine::documents::pool_test {
namespace {

std::string status_line(pid_t pid, const std::string& key) {
  std::ifstream in(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key + ":")) return line.substr(line.find_first_not_of(" \t", key.size() + 1));
  return {};
}

TEST(Pool, ATextComesBackInBlocks) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  const auto r = pool->extract({}, "# Invoice 17\n\nTotal due: 119.00 EUR\n");
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->document.format(), Format::text);
  EXPECT_EQ(text_of(r->document), "# Invoice 17\n\nTotal due: 119.00 EUR");
  EXPECT_EQ(r->document.facts.pages, 1);
}

TEST(Pool, OneWorkerDoesManyJobs) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  const auto pids = pool->idle_pids();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool->extract({}, fmt::format("job {}", i)));
  EXPECT_EQ(pool->idle_pids(), pids);
  EXPECT_EQ(pool->started(), 1u);
}

TEST(Pool, AWorkerIsReplacedAfterItsShareOfJobs) {
  auto options = pool_options();
  options.jobs_per_worker = 3;
  const auto pool = start_pool(std::move(options));
  ASSERT_TRUE(pool);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(pool->extract({}, "again"));
  EXPECT_EQ(pool->started(), 4u) << "with the one at start, nine jobs are three workers and the next";
}

TEST(Pool, AWorkerThatGrewIsReplaced) {
  auto options = pool_options();
  options.resident_bytes = 1;
  const auto pool = start_pool(std::move(options));
  ASSERT_TRUE(pool);
  const auto before = pool->started();
  ASSERT_TRUE(pool->extract({}, "small"));
  EXPECT_EQ(pool->started(), before + 1);
}

TEST(Pool, AWorkerIsLockedUp) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  const pid_t pid = pool->idle_pids().at(0);
  EXPECT_EQ(status_line(pid, "Seccomp"), "2") << "a filter";
  EXPECT_EQ(status_line(pid, "NoNewPrivs"), "1");
  EXPECT_EQ(status_line(pid, "Threads"), "1");
  std::ifstream limits(fmt::format("/proc/{}/limits", pid));
  std::stringstream s;
  s << limits.rdbuf();
  EXPECT_NE(s.str().find("Max file size             0                    0"), std::string::npos) << s.str();
  EXPECT_NE(s.str().find("Max processes             0                    0"), std::string::npos) << s.str();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which needs a few more (sandbox.cc)
  EXPECT_NE(s.str().find("Max open files            3                    3"), std::string::npos) << s.str();
#endif
}

TEST(Pool, AKilledWorkerCostsItsJobAndNothingElse) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  const pid_t pid = pool->idle_pids().at(0);
  auto pending = pool->begin({}, "never read");
  ASSERT_TRUE(pending);
  ::kill(pid, SIGKILL);
  std::optional<DocumentResult<Extraction>> r;
  while (!(r = (*pending)->advance())) {
    pollfd p{(*pending)->fd(), POLLIN, 0};
    ::poll(&p, 1, 60'000);
  }
  ASSERT_FALSE(*r);
  EXPECT_TRUE(is_documents(r->error().problem)) << r->error().message;
  EXPECT_TRUE(pool->extract({}, "the next is read"));
}

TEST(Pool, AWorkerThatEndedWhileIdleCostsNoJob) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  const pid_t pid = pool->idle_pids().at(0);
  ::kill(pid, SIGKILL);
  while (status_line(pid, "State").substr(0, 1) != "Z") ::sched_yield();  // it is gone when it waits to be reaped
  EXPECT_TRUE(pool->extract({}, "read by another"));
  EXPECT_NE(pool->idle_pids().at(0), pid);
}

TEST(Pool, AJobThatIsGivenUpKillsItsWorker) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  { const auto pending = pool->begin({}, "dropped"); }
  EXPECT_TRUE(pool->extract({}, "read"));
  EXPECT_EQ(pool->started(), 2u);
}

TEST(Pool, AJobBeyondItsTimeIsEndedByTheDeadline) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  Job job;
  job.limits.wall_ms = 1000;
  // More than the socket holds, so that it cannot be done within one call.
  auto pending = pool->begin(job, std::string(8'000'000, 'x'));
  ASSERT_TRUE(pending);
  // Time is given, not waited for.
  const auto r = (*pending)->advance((*pending)->deadline());
  ASSERT_TRUE(r);
  ASSERT_FALSE(*r);
  EXPECT_EQ(r->error().problem, Problem::too_slow);
  EXPECT_TRUE(pool->extract({}, "the next is read"));
}

TEST(Pool, WithoutAFreeWorkerItSaysBusyAtOnce) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  const auto first = pool->begin({}, "one");
  ASSERT_TRUE(first);
  const auto second = pool->begin({}, "two");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().problem, Problem::busy);
  EXPECT_FALSE(is_documents(second.error().problem));
}

TEST(Pool, AGatewayCanWaitOnTheDescriptor) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  const std::string file(5'000'000, 'x');  // more than a socket holds
  auto pending = pool->begin({}, file);
  ASSERT_TRUE(pending);
  std::optional<DocumentResult<Extraction>> r;
  while (!(r = (*pending)->advance())) {
    pollfd p{(*pending)->fd(), static_cast<short>(POLLIN | ((*pending)->wants_write() ? POLLOUT : 0)), 0};
    ASSERT_GT(::poll(&p, 1, 60'000), 0);
  }
  ASSERT_TRUE(*r) << r->error().message;
  EXPECT_EQ((*r)->document.facts.chars, file.size());
}

TEST(Pool, ManyThreadsShareItsWorkers) {
  const auto pool = start_pool(pool_options(2));
  ASSERT_TRUE(pool);
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const auto word = fmt::format("thread {} job {}", t, i);
        const auto r = pool->extract({}, word);
        if (r && text_of(r->document) == word) ++good;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(good, 60);
  EXPECT_EQ(pool->idle(), 2);
}

// What a document could do that took its worker over: nothing there waits for it.
TEST(Pool, AWorkerThatHangsUpAndStaysIsEnded) {
  std::string hello;
  append_frame(hello, FrameType::hello, R"({"version":1,"locked":true})");
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("trine-stays-{}", ::getpid());
  std::filesystem::create_directories(folder);
  const auto at = [&](const char* name) { return (folder / name).string(); };
  std::ofstream(at("hello"), std::ios::binary) << hello;
  std::ofstream(at("worker")) << "#!/bin/sh\ncat " << at("hello")
                              << "\ndd bs=1 count=1 of=/dev/null\nexec sleep 100000 <&- >&-\n";
  std::filesystem::permissions(at("worker"), std::filesystem::perms::owner_all);
  auto options = pool_options();
  options.program = at("worker");
  const auto pool = DocumentPool::start(std::move(options));  // a job of one word is its first
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().problem, Problem::crashed);
  EXPECT_NE(pool.error().message.find("hung up"), std::string::npos) << pool.error().message;
  std::filesystem::remove_all(folder);
}

TEST(Pool, AProgramThatIsNoWorkerIsSaidAtStart) {
  auto options = pool_options();
  options.program = "/bin/true";
  const auto pool = DocumentPool::start(std::move(options));
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().problem, Problem::no_worker);
}

TEST(Pool, AFileOverTheLimitIsNotSent) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  Job job;
  job.limits.input_bytes = 10;
  const auto r = pool->extract(job, "eleven byte");
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().problem, Problem::too_large);
  EXPECT_EQ(r.error().message, "The document is too large: 11 bytes, 10 are allowed. Send it in parts.");
}

}  // namespace
}  // namespace trine::documents::pool_test
