// An HTTP server on a free port of this machine that answers as a test says, and a loop that runs the test's coroutine.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <coroutine>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "net/server.h"

namespace trine::meter {

struct Asked {
  std::string method, target, authorization, accept;
};

class ServedPages final : public net::Handler {
 public:
  using Answer = std::function<std::string(const Asked&)>;  // a whole response; empty: says nothing, for ever
  static inline const std::string kHangUp = "hang up";      // ... or ends the connection without an answer

  explicit ServedPages(Answer answer) : answer_(std::move(answer)), server_(loop, *this, {}) {
    const auto listening = server_.listen({"127.0.0.1", 0}, false);
    EXPECT_TRUE(listening) << listening.error().message;
  }
  std::string url(std::string_view target = "") const {
    return fmt::format("http://127.0.0.1:{}{}", server_.port(), target);
  }

  // Runs `body` to its end, then the server's connections to theirs. Once per object. What uses the loop must end with
  // the body.
  void run(std::function<net::Task<void>()> body) {
    net::spawn(all(*this, body));
    loop.run(false);
  }

  static std::string page(std::string_view body, std::string_view type = "text/plain; version=0.0.4",
                          std::string_view status = "200 OK") {
    return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", status, type, body.size(),
                       body);
  }

  size_t connections() const { return peers_.size(); }

  net::Loop loop;
  std::vector<Asked> asked;

 private:
  struct Park {  // until the test is over
    std::vector<std::coroutine_handle<>>& parked;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) { parked.push_back(h); }
    void await_resume() const noexcept {}
  };

  static net::Task<void> all(ServedPages& self, std::function<net::Task<void>()>& body) {
    co_await body();
    for (const auto waiting : std::exchange(self.parked_, {})) waiting.resume();
    self.server_.drain([] {});
  }

  net::Task<void> serve(net::ServerConnection& c) override {
    const net::Head& h = c.head();
    peers_.insert(&c);
    asked.push_back({std::string(h.method), std::string(h.target), std::string(h.find("authorization").value_or("")),
                     std::string(h.find("accept").value_or(""))});
    const std::string response = answer_(asked.back());
    if (response.empty()) {
      co_await Park{parked_};
      co_return;
    }
    if (response == kHangUp) {
      c.close_after();
      co_return;
    }
    const std::array<std::string_view, 1> slices = {response};
    co_await c.send(slices);
  }
  std::string refuse(net::Refusal, std::string_view) override { return page("", "text/plain", "400 Bad Request"); }

  Answer answer_;
  net::Server server_;
  std::vector<std::coroutine_handle<>> parked_;
  std::set<const void*> peers_;  // connections that asked something
};

}  // namespace trine::meter
