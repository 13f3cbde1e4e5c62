// Real sockets on 127.0.0.1 with a clock that the test holds: what the kernel does takes its time, time-outs take none.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "net/awaiters.h"
#include "net/server.h"
#include "net/task.h"
#include "net/tcp.h"
#include "net/upstream.h"

namespace trine::net {

using namespace std::chrono_literals;

struct RealNet {
  VirtualClock clock;
  Loop loop{clock};

  // Runs what is ready until `holds`; false when it does not within 20 s of real time.
  bool until(const std::function<bool()>& holds) {
    const auto patience = std::chrono::steady_clock::now() + 20s;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > patience) return false;
      loop.run_virtual(clock, Nanos(0));
      std::this_thread::yield();
    }
    return true;
  }
  void advance(Nanos d) {
    const Mono target = clock.mono() + d;
    loop.run_virtual(clock, d);
    if (clock.mono() < target) clock.advance(target - clock.mono());
    loop.run_virtual(clock, Nanos(0));
  }
  // The value of a task, run to its end.
  template <class T>
  T get(Task<T> task) {
    std::optional<T> value;
    const auto run = [](Task<T> t, std::optional<T>& into) -> Task<void> { into.emplace(co_await std::move(t)); };
    spawn(run(std::move(task), value));
    if (!until([&] { return value.has_value(); })) throw std::runtime_error("the task did not end");
    return std::move(*value);
  }

  std::unique_ptr<Listener> listen(Listener::OnAccept on_accept) {
    auto l = Listener::open(loop, {"127.0.0.1", 0}, false, std::move(on_accept));
    if (!l) throw_error(l.error());
    return std::move(*l);
  }
};

// One side of a connection as a test sees it: what came, and whether it ended.
class Side final : Stream::Done {
 public:
  explicit Side(std::unique_ptr<Stream> s, bool reads = true) : stream_(std::move(s)) {
    if (reads) read();
  }
  void read() { stream_->read(buffer_, *this); }
  void send(std::string bytes) {
    const std::array<std::string_view, 1> slices = {kept_.emplace_back(std::move(bytes))};
    if (const auto r = stream_->write(slices, sent_)) sent_.done(*r);
  }
  void leave() { stream_.reset(); }
  Stream& stream() { return *stream_; }
  size_t written() const { return sent_.count; }

  std::string received;
  std::optional<Status> ended;

 private:
  struct Count final : Stream::Done {
    void done(IoResult r) override { count += r.ok() ? 1 : 0; }
    size_t count = 0;
  };
  void done(IoResult r) override {
    received.append(buffer_.data(), r.n);
    if (r.ok())
      read();
    else
      ended = r.status;
  }
  std::unique_ptr<Stream> stream_;
  std::array<char, 8192> buffer_{};
  std::deque<std::string> kept_;
  Count sent_;
};

// Answers every request with its target and the length of its body.
struct EchoHandler final : Handler {
  Task<void> serve(ServerConnection& c) override {
    ++requests;
    Body body;
    co_await c.read_body(body, 64 << 20);
    const std::string text = std::string(c.head().target) + " " + std::to_string(body.size) + tail;
    const std::string bytes = "HTTP/1.1 200 OK\r\n" + std::string(c.keeps_alive() ? "" : "Connection: close\r\n") +
                              "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
    const std::array<std::string_view, 1> slices = {bytes};
    co_await c.send(slices);
  }
  std::string refuse(Refusal, std::string_view sentence) override {
    return "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: " + std::to_string(sentence.size()) +
           "\r\n\r\n" + std::string(sentence);
  }
  int requests = 0;
  std::string tail;
};

// One call over a pool; the answer's body, or the error.
inline Task<Result<std::string>> call(Pool& pool, std::string target, std::string body = "", bool fresh = false) {
  auto c = co_await pool.acquire(fresh);
  if (!c) co_return tl::unexpected(c.error());
  const std::string head =
      "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  const std::array<std::string_view, 2> slices = {head, body};
  if (!(co_await (*c)->send(slices)).ok()) co_return fail(Code::unavailable, "could not send");
  if (auto r = co_await (*c)->read_head(std::chrono::seconds(30)); !r) co_return tl::unexpected(r.error());
  std::string answer;
  auto r = co_await (*c)->read_body(answer, 64 << 20, 0, std::chrono::seconds(30));
  if (!r) co_return tl::unexpected(r.error());
  pool.release(std::move(*c));
  co_return answer;
}

// Whatever the test did, its server's sessions come to their end before the loop goes.
class ServerAtPort {
 public:
  ServerAtPort(RealNet& net, Handler& handler, ServerLimits limits = {}, Server::Upgrade upgrade = {})
      : net_(net), server_(net.loop, handler, limits, std::move(upgrade)) {
    if (auto r = server_.listen({"127.0.0.1", 0}, false); !r) throw_error(r.error());
  }
  ~ServerAtPort() {
    bool drained = false;
    server_.drain([&] { drained = true; });
    server_.close_all();
    for (int i = 0; i < 100 && !drained; ++i) net_.advance(1s);
    EXPECT_TRUE(net_.until([&] { return drained; }));
  }
  Server& operator*() { return server_; }
  Server* operator->() { return &server_; }
  HostPort address() const { return {"127.0.0.1", server_.port()}; }

 private:
  RealNet& net_;
  Server server_;
};

}  // namespace trine::net
