// A metrics page on a real port; what it says is the test's.
#pragma once

#include <array>
#include <functional>
#include <stdexcept>
#include <string>

#include "gateway/metering/metering.h"
#include "integration/gateway/harness.h"

namespace trine::gateway::test {

class MeterPage final : public net::Handler {
 public:
  explicit MeterPage(net::Loop& loop) : server(loop, *this, {}) {
    if (auto ok = server.listen({"127.0.0.1", 0}, false); !ok) throw std::runtime_error(ok.error().message);
  }
  uint16_t port() const { return server.port(); }

  net::Task<void> serve(net::ServerConnection& c) override {
    ++reads;
    const string text = body();
    // A different one each time, so that the test sees that it was read.
    const int status = broken ? 500 + reads % 50 : 200;
    const string bytes = fmt::format("HTTP/1.1 {} Status\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}",
                                     status, text.size(), text);
    const std::array<string_view, 1> slices = {bytes};
    co_await c.send(slices);
  }
  string refuse(net::Refusal, string_view) override { return {}; }

  std::function<string()> body;
  int reads = 0;
  bool broken = false;
  net::Server server;
};

// What the workers noted so far.
inline void hand_over(Harness& h, Metering& metering) {
  h.feed.flush();
  metering.take(std::exchange(h.notes, {}));
}
// The last readings; every window is closed afterwards.
inline void finish(Harness& h, Metering& metering) {
  hand_over(h, metering);
  bool done = false;
  const auto last = [](Metering& m, bool& over) -> net::Task<void> {
    co_await m.finish();
    over = true;
  };
  net::spawn(last(metering, done));
  EXPECT_TRUE(h.until([&] { return done; }));
}

inline void close_page(Harness& h, MeterPage& page) {
  bool drained = false;
  page.server.drain([&] { drained = true; });
  page.server.close_all();
  EXPECT_TRUE(h.until([&] {
    h.advance(1s);
    return drained;
  }));
}

}  // namespace trine::gateway::test
