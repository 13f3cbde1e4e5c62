// A poller in virtual time, and the source that it asks, over streams in memory.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "catalog/load.h"
#include "grid/cache.h"
#include "grid/poller.h"
#include "net/memory.h"
#include "net/server.h"

namespace trine::grid {

using namespace std::chrono_literals;

inline std::string page(std::string_view body, std::string_view status = "200 OK", std::string_view headers = "") {
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n{}", status, headers,
                     body.size(), body);
}

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-grid-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path;
};

class PollerTest : public ::testing::Test, protected net::Handler, protected net::Dialer {
 protected:
  struct Request {
    std::string target, token, authorization;
    Wall at;
  };

  PollerTest() { log::set_level(log::Level::off); }
  ~PollerTest() override {
    poller.stop();
    server.close_all();
    advance(1h);
    EXPECT_TRUE(poller.idle());
    EXPECT_EQ(server.connections(), 0u);
  }

  // By default Electricity Maps of FR: each hour back to the day before, its hour of the day above 50.
  std::string history() const {
    std::string rows;
    const Wall now = std::chrono::floor<std::chrono::hours>(clock.wall());
    for (int h = 24; h >= 0; --h)
      rows += fmt::format(R"({}{{"datetime": "{}", "carbonIntensity": {}, "isEstimated": {}}})",
                          rows.empty() ? "" : ",", iso8601(now - h * 1h), value_at(now - h * 1h), h == 0);
    return fmt::format(R"({{"zone": "FR", "history": [{}]}})", rows);
  }
  static int value_at(Wall hour) {
    return 50 + static_cast<int>((hour - std::chrono::floor<std::chrono::days>(hour)) / 1h);
  }
  static SourceSpec electricity_maps() {
    SourceSpec s;
    s.kind = SourceKind::electricity_maps;
    s.url = "http://emaps.test";
    s.token = "secret";
    s.zones = {"FR"};
    return s;
  }
  void use(std::vector<SourceSpec> specs) { poller.use(specs, folder.path / "grid", live); }

  void settle() { loop.run_virtual(clock, Nanos(0)); }
  void advance(Nanos d) {
    const Mono target = clock.mono() + d;
    loop.run_virtual(clock, d);
    if (clock.mono() < target) clock.advance(target - clock.mono());
    settle();
  }
  SourceStatus status() const { return poller.status().at(0); }
  Reading now(const char* zone = "FR") const { return live->at(zone, clock.wall()); }
  static std::shared_ptr<const catalog::Catalog> shipped() {
    static const auto catalog = *catalog::load();
    return catalog;
  }
  static std::shared_ptr<Live> fresh() { return std::make_shared<Live>(std::make_shared<GridTable>(shipped())); }

  // What the source says; `answer` is asked for each request.
  net::Task<void> serve(net::ServerConnection& c) override {
    const net::Head& h = c.head();
    requests.push_back({std::string(h.target), std::string(h.find("auth-token").value_or("")),
                        std::string(h.find("authorization").value_or("")), clock.wall()});
    const std::string bytes = answer(requests.back());
    const std::array<std::string_view, 1> slices = {bytes};
    co_await c.send(slices);
  }
  std::string refuse(net::Refusal, std::string_view) override { return page("", "400 Bad Request"); }
  net::Task<Result<std::unique_ptr<net::Stream>>> dial(net::Loop& l, net::HostPort, Nanos) override {
    if (unreachable) co_return fail(Code::unavailable, "no route");
    auto [ours, theirs] = net::memory_pair(l);
    server.serve(std::move(theirs));
    co_return std::move(ours);
  }

  VirtualClock clock{*parse_iso8601("2026-01-15T10:20:00Z")};
  net::Loop loop{clock};
  Folder folder;
  bool unreachable = false;
  std::vector<Request> requests;
  std::function<std::string(const Request&)> answer = [this](const Request& r) {
    return r.target.find("/forecast") == std::string::npos ? page(history()) : page("{}", "403 Forbidden");
  };
  net::Server server{loop, *this, {}};
  std::shared_ptr<Live> live = fresh();
  Poller poller{{.loop = loop, .seed = 7, .dialer = this}};
};

}  // namespace trine::grid
