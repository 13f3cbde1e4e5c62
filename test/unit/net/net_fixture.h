// A network in memory under a virtual clock, for tests of net.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "net/awaiters.h"
#include "net/memory.h"
#include "net/server.h"
#include "net/task.h"

namespace trine::net {

using namespace std::chrono_literals;

// One loop whose time moves only when the test says so.
struct VirtualNet {
  VirtualClock clock;
  Loop loop{clock};
  const Mono start = clock.mono();

  // What is ready now, at this very time.
  void settle() { loop.run_virtual(clock, Nanos(0)); }
  // Everything that happens until `d` from now; the clock stands there afterwards.
  void advance(Nanos d) {
    const Mono target = clock.mono() + d;
    loop.run_virtual(clock, d);
    if (clock.mono() < target) clock.advance(target - clock.mono());
  }
  Nanos elapsed() const { return clock.mono() - start; }
};

// The far end of a connection: sends what the test says, and keeps all that comes.
class Peer final : Stream::Done {
 public:
  explicit Peer(std::unique_ptr<Stream> stream, bool reads = true) : stream_(std::move(stream)) {
    if (reads) read();
  }

  void read() { stream_->read(buffer_, *this); }
  void send(std::string_view bytes) {
    const std::array<std::string_view, 1> slices = {kept_.emplace_back(bytes)};
    stream_->write(slices, sent_);
  }
  void leave() { stream_->close(); }
  void half_close() { stream_->shutdown_write(); }
  std::string take() { return std::exchange(received, {}); }
  Stream& stream() { return *stream_; }

  std::string received;
  bool ended = false;

 private:
  struct Ignore final : Stream::Done {
    void done(IoResult) override {}
  };
  void done(IoResult r) override {
    received.append(buffer_.data(), r.n);
    if (r.ok())
      read();
    else
      ended = true;
  }

  std::unique_ptr<Stream> stream_;
  std::array<char, 1024> buffer_{};
  std::deque<std::string> kept_;
  Ignore sent_;
};

inline std::string response(std::string_view body, std::string_view headers = "") {
  return "HTTP/1.1 200 OK\r\n" + std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

// Sends one whole answer; false when the client is gone.
inline Task<bool> answer(ServerConnection& c, std::string bytes) {
  const std::array<std::string_view, 1> slices = {bytes};
  co_return co_await c.send(slices);
}

// Answers each request as the test says (by default with its target), and remembers what it was asked.
struct TestHandler final : Handler {
  std::function<Task<void>(ServerConnection&)> on_request = [](ServerConnection& c) -> Task<void> {
    std::string bytes = response(c.head().target);
    co_await answer(c, std::move(bytes));
  };
  std::vector<std::string> targets;
  std::vector<Refusal> refusals;
  std::string sentence;

  Task<void> serve(ServerConnection& c) override {
    targets.emplace_back(c.head().target);
    co_await on_request(c);
  }
  std::string refuse(Refusal why, std::string_view words) override {
    refusals.push_back(why);
    sentence = words;
    return "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  }
};

inline std::string get(std::string_view target, std::string_view headers = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: gateway\r\n" + std::string(headers) + "\r\n";
}
inline std::string post(std::string_view target, std::string_view headers, std::string_view body = "") {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: gateway\r\n" + std::string(headers) + "\r\n" +
         std::string(body);
}

// A server on memory streams.
struct ServedNet : VirtualNet {
  TestHandler handler;
  ServerLimits limits;
  std::unique_ptr<Server> server;
  std::vector<std::unique_ptr<Peer>> peers;

  Server& serve() {
    if (!server) server = std::make_unique<Server>(loop, handler, limits);
    return *server;
  }
  Peer& connect(MemoryFaults to_server = {}, MemoryFaults to_client = {}, bool reads = true) {
    auto [client, ours] = memory_pair(loop, to_server, to_client);
    serve().serve(std::move(ours));
    peers.push_back(std::make_unique<Peer>(std::move(client), reads));
    return *peers.back();
  }
  // Every session must have an end; those of a test end with it.
  ~ServedNet() {
    peers.clear();
    if (server) server->close_all();
    loop.run_virtual(clock, std::chrono::hours(24));
    EXPECT_EQ(server ? server->connections() : 0, 0u);
  }
};

}  // namespace trine::net
