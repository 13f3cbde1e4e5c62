// The agent and the gateway's source for it on one loop, under a virtual clock and over connections in memory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "meter/agent_source.h"
#include "meter_agent/service.h"
#include "unit/net/net_fixture.h"

namespace trine::meter_agent {

using namespace std::chrono_literals;

// Another machine's clocks: both run like ours, from somewhere else.
struct ShiftedClock final : Clock {
  explicit ShiftedClock(const Clock& o) : ours(o) {}
  Wall wall() const override { return ours.wall() + wall_ahead; }
  Mono mono() const override { return ours.mono() + mono_ahead; }
  const Clock& ours;
  Nanos wall_ahead{0}, mono_ahead{0};
};

// A GPU of 300 W whose counter is what flowed since the clock began.
class PlayedMeter final : public meter::Source {
 public:
  PlayedMeter(net::Loop& loop, const Clock& clock, std::string device)
      : loop_(loop), clock_(clock), device_(std::move(device)) {}

  net::Task<Result<meter::Readings>> read() override {
    ++reads;
    if (takes > Nanos(0)) co_await loop_.sleep(takes);
    if (!broken.empty()) co_return fail(Code::unavailable, "{}", broken);
    meter::Readings out;
    meter::DeviceReading r;
    r.device = device_;
    r.model = "NVIDIA H100 80GB HBM3";
    r.gpu_index = "0";
    r.at = clock_.wall();
    r.mono = clock_.mono().time_since_epoch();
    r.counter_uj = energy_at(loop_.clock().mono());
    r.power_w = 300;
    r.utilisation = 0.37;
    out.devices.push_back(std::move(r));
    co_return out;
  }
  std::string_view name() const override { return device_; }

  static int64_t energy_at(Mono t) { return t.time_since_epoch().count() * 300 / 1000; }  // ns · W / 1000 = µJ

  Nanos takes{0};
  std::string broken;
  int reads = 0;

 private:
  net::Loop& loop_;
  const Clock& clock_;
  std::string device_;
};

// One start of the agent.
struct AgentRun {
  AgentRun(net::VirtualNet& net, const Clock& clock, std::string run, size_t keep, const std::optional<Token>& token,
           std::vector<std::string> devices)
      : net_(net), store("gpu-1", std::move(run), keep) {
    std::vector<std::unique_ptr<meter::Source>> sources;
    for (auto& d : devices) {
      auto m = std::make_unique<PlayedMeter>(net.loop, clock, d);
      meters.push_back(m.get());
      sources.push_back(std::move(m));
    }
    sampler = std::make_unique<Sampler>(net.loop, store, std::move(sources), 1s);
    service = std::make_unique<Service>(store, *sampler, token, clock);
    server = std::make_unique<net::Server>(net.loop, *service, net::ServerLimits{});
    sampler->start();
  }
  ~AgentRun() {
    bool drained = false, rested = false;
    server->drain([&] { drained = true; });
    server->close_all();
    const auto rest = [](Sampler& s, bool& done) -> net::Task<void> {
      co_await s.finish();
      done = true;
    };
    net::spawn(rest(*sampler, rested));
    for (int i = 0; i < 100 && !(drained && rested); ++i) net_.advance(1s);
    EXPECT_TRUE(drained && rested);
  }

  net::VirtualNet& net_;
  Store store;
  std::vector<PlayedMeter*> meters;
  std::unique_ptr<Sampler> sampler;
  std::unique_ptr<Service> service;
  std::unique_ptr<net::Server> server;
};

struct AgentTest : testing::Test, net::VirtualNet, net::Dialer {
  static constexpr const char* kSecret = "0123456789abcdef-token";

  void start(std::vector<std::string> devices = {"GPU-0"}, size_t keep = 3600, std::string run_id = "run_A") {
    run.reset();
    run = std::make_unique<AgentRun>(*this, theirs, std::move(run_id), keep, *Token::of(kSecret), std::move(devices));
  }
  std::unique_ptr<meter::Source> open(std::optional<Wall> from = {}, std::string token = kSecret) {
    meter::HttpAccess access;
    access.url = "http://gpu-1:9410";
    access.bearer_token = std::move(token);
    auto source = meter::trine_meter_source(loop, access, {.from = from, .dialer = this});
    EXPECT_TRUE(source) << source.error().message;
    return std::move(*source);
  }
  Result<meter::Readings> read(meter::Source& source) {
    std::optional<Result<meter::Readings>> got;
    const auto ask = [](meter::Source& s, std::optional<Result<meter::Readings>>& into) -> net::Task<void> {
      into.emplace(co_await s.read());
    };
    net::spawn(ask(source, got));
    for (int i = 0; i < 10'000 && !got; ++i) advance(1ms);
    if (!got) throw std::runtime_error("the read did not end");
    return std::move(*got);
  }
  // One request without a source; the whole answer.
  std::string ask(const std::string& target, const std::string& headers = "", const std::string& method = "GET") {
    auto [near, far] = net::memory_pair(loop);
    net::Peer peer(std::move(near));
    run->server->serve(std::move(far));
    peer.send(method + " " + target + " HTTP/1.1\r\nHost: gpu-1\r\nConnection: close\r\n" + headers + "\r\n");
    settle();
    peer.leave();
    settle();
    return peer.received;
  }

  // A cable: cut, slow, or one that breaks in the middle of an answer.
  net::Task<Result<std::unique_ptr<net::Stream>>> dial(net::Loop&, net::HostPort, Nanos) override {
    ++dialled;
    if (cut) co_return fail(Code::unavailable, "no route to host");
    net::MemoryFaults back;
    back.delay = delay_back;
    back.break_after = break_after;
    auto [near, far] = net::memory_pair(loop, {.delay = delay_there}, back);
    run->server->serve(std::move(far));
    co_return std::move(near);
  }
  void pull_the_cable() {
    cut = true;
    run->server->close_all();
  }

  ShiftedClock theirs{clock};
  std::unique_ptr<AgentRun> run;
  bool cut = false;
  int dialled = 0;
  Nanos delay_there{0}, delay_back{0};
  size_t break_after = SIZE_MAX;
};

}  // namespace trine::meter_agent
