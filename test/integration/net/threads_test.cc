// What may be called from any thread, and several loops side by side. Run under ThreadSanitizer in CI.
#include <atomic>

#include "real_net.h"

namespace trine::net::threads_test {
namespace {

// A loop with a thread of its own, on the machine's clock.
class Runner {
 public:
  Runner() : thread_([this] { loop.run(); }) {}
  ~Runner() {
    loop.stop();
    thread_.join();
  }
  // Runs `work` on the loop and waits for it.
  void in(const std::function<void()>& work) {
    std::atomic<bool> done = false;
    loop.post([&] {
      work();
      done = true;
      done.notify_one();
    });
    done.wait(false);
  }
  Loop loop;

 private:
  std::thread thread_;
};

TEST(Threads, PostReachesTheLoopFromAnyThreadInTheOrderOfEachThread) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 2000;
  Runner runner;
  std::vector<int> last(kThreads, -1);
  bool in_order = true;
  int count = 0;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i)
        runner.loop.post([&, t, i] {
          in_order = in_order && last[t] == i - 1;
          last[t] = i;
          ++count;
        });
    });
  for (auto& t : threads) t.join();
  runner.in([&] {
    EXPECT_TRUE(in_order);
    EXPECT_EQ(count, kThreads * kPosts);
  });
}

TEST(Threads, StopEndsARunningLoopThatHasNothingToDo) {
  for (int i = 0; i < 100; ++i) Runner().in([] {});
}

TEST(Threads, StopBeforeRunIsNotLost) {
  Loop loop;
  std::thread([&] { loop.stop(); }).join();
  loop.run();
  SUCCEED();
}

TEST(Threads, ARealTimerFiresNotBeforeItsTime) {
  Runner runner;
  std::atomic<bool> done = false;
  Mono before, after;
  const auto sleeper = [&]() -> Task<void> {
    before = std::chrono::steady_clock::now();
    co_await runner.loop.sleep(20ms);
    after = std::chrono::steady_clock::now();
    done = true;
    done.notify_one();
  };
  runner.loop.post([&] { spawn(sleeper()); });
  done.wait(false);
  EXPECT_GE(after - before, 20ms);
}

TEST(Threads, ARealTimerMovedEarlierFiresEarlier) {
  struct Bell final : Timer {
    Bell(Loop& l, std::atomic<bool>& f) : Timer(l), flag(f) {}
    void expired() override {
      flag = true;
      flag.notify_one();
    }
    std::atomic<bool>& flag;
  };
  Runner runner;
  std::atomic<bool> rung = false;
  std::unique_ptr<Bell> bell, other;
  runner.in([&] {
    bell = std::make_unique<Bell>(runner.loop, rung);
    other = std::make_unique<Bell>(runner.loop, rung);
    other->arm(1h);
    bell->arm(2h);
    bell->arm(1ms);
    other->disarm();
  });
  rung.wait(false);
  runner.in([&] {
    EXPECT_FALSE(bell->armed());
    bell.reset();
    other.reset();
  });
}

TEST(Threads, WorkersShareAPortAndServeSideBySide) {
  constexpr size_t kWorkers = 3;
  constexpr int kCalls = 60;
  struct Worker {
    Runner runner;
    EchoHandler handler;
    std::unique_ptr<Server> server;
  };
  std::array<Worker, kWorkers> workers;
  uint16_t port = 0;
  for (Worker& w : workers)
    w.runner.in([&] {
      w.server = std::make_unique<Server>(w.runner.loop, w.handler, ServerLimits{});
      ASSERT_TRUE(w.server->listen({"127.0.0.1", port}, true));
      port = w.server->port();
    });

  Runner client;
  std::atomic<int> left = kCalls;
  std::atomic<int> good = 0;
  std::unique_ptr<Pool> pool;
  const auto one = [&](int i) -> Task<void> {
    const std::string target = "/" + std::to_string(i);
    const auto r = co_await call(*pool, target, "", true);
    if (r && *r == target + " 0") ++good;
    --left;
    left.notify_one();
  };
  client.in([&] {
    Origin origin;
    origin.address = {"127.0.0.1", port};
    pool = std::make_unique<Pool>(client.loop, origin);
    for (int i = 0; i < kCalls; ++i) spawn(one(i));
  });
  for (int n = left; n > 0; n = left) left.wait(n);
  EXPECT_EQ(good, kCalls);
  client.in([&] { pool.reset(); });

  int requests = 0;
  for (Worker& w : workers) {
    std::atomic<bool> drained = false;
    w.runner.loop.post([&] {
      requests += w.handler.requests;
      w.server->drain([&] {
        drained = true;
        drained.notify_one();
      });
    });
    drained.wait(false);
    w.runner.in([&] { w.server.reset(); });
  }
  EXPECT_EQ(requests, kCalls);
}

}  // namespace
}  // namespace trine::net::threads_test
