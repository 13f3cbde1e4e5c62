// The whole gateway with its threads, over real sockets: load, reload and drain at the same time.
#include <csignal>
#include <fstream>
#include <future>

#include "gateway/gateway.h"
#include "integration/gateway/harness.h"
#include "integration/net/certificates.h"
#include "net/fetch.h"

namespace trine::gateway::test::serve_test {
namespace {

// An engine on a real port, with a meter.
class RealEngine final : public net::Handler {
 public:
  explicit RealEngine(net::Loop& l) : loop(l), server(l, *this, {}) {
    if (auto ok = server.listen({"127.0.0.1", 0}, false); !ok) throw std::runtime_error(ok.error().message);
  }
  net::Task<void> serve(net::ServerConnection& c) override {
    if (c.head().path() == "/metrics") {
      ++scrapes;
      string page = fmt::format("trine_sim_energy_microjoules_total{{UUID=\"GPU-1\"}} {}\n", scrapes * 40'000'000);
      co_return co_await send(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
                                     std::to_string(page.size()) + "\r\n\r\n" + page);
    }
    if (c.head().path().starts_with("/v3/carbon-intensity/history")) {  // as Electricity Maps says it
      string history = fmt::format(R"({{"zone": "FR", "history": [{{"datetime": "{}", "carbonIntensity": 321}}]}})",
                                   iso8601(std::chrono::floor<std::chrono::hours>(system_clock().wall())));
      string whole = json_answer(history);
      co_return co_await send(c, std::move(whole));
    }
    net::Body body;
    if (co_await c.read_body(body, 1 << 20) != net::BodyError::none) co_return;
    ++asked;
    if (body.view().find("\"stream\":true") == string_view::npos) {
      string whole = json_answer(completion(usage_json(9, 2)));
      co_return co_await send(c, std::move(whole));
    }
    string begin = string(kStreamHead) + chunk(role()) + chunk(token("a"));
    co_await send(c, std::move(begin));
    c.watch([] {});
    while (holds && holds() && !c.gone()) co_await loop.sleep(2ms);
    string end = chunk(usage_event(9, 2) + kDone) + string(kLastChunk);
    co_await send(c, std::move(end));
  }
  string refuse(net::Refusal, string_view) override { return "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"; }
  static net::Task<void> send(net::ServerConnection& c, string bytes) {
    const std::array<string_view, 1> slices = {bytes};
    co_await c.send(slices);
  }

  net::Loop& loop;
  net::Server server;
  std::function<bool()> holds;  // a stream behind its first token
  int asked = 0;
  int scrapes = 0;
};

// `trine serve` in threads of this process; signals go to the process.
struct ServeTest : testing::Test {
  static void SetUpTestSuite() {
    sigset_t set;
    sigemptyset(&set);
    for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    log::set_level(log::Level::off);
  }
  ~ServeTest() override {
    if (served.valid()) stop();
    bool drained = false;
    engine.server.drain([&] { drained = true; });
    engine.server.close_all();
    net::spawn(end_when(drained));
    loop.run();
  }

  string file() const { return (dir.path() / "trine.yaml").string(); }
  void write(const string& routes, const string& more = "", const string& kind = "other") {
    std::ofstream out(file());
    out << "listen: { traffic: \"127.0.0.1:0\", admin: \"127.0.0.1:0\" }\nworkers: 2\n"
        << "ledger: { dir: \"" << (dir.path() / "ledger").string() << "\", segment: 1MiB, reserve: 1MiB }\n"
        << "guard: { on: false }\nlog: { level: off }\nkeys: [ { id: one, secret: sk-one, project: p } ]\n"
        << "deployments:\n  - { name: fr, url: \"http://127.0.0.1:" << engine.server.port() << "/v1\", engine: " << kind
        << ", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 0.36 } }\n"
        << "routes:" << routes << "\n"
        << more;
  }
  void start() {
    std::promise<std::pair<uint16_t, uint16_t>> ready;
    auto ports = ready.get_future();
    served = std::async(std::launch::async, [this, &ready] {
      auto result = serve(
          {.config_file = file(),
           .metrics = [](const GatewayView& v, MetricsForm) { return fmt::format("workers {}\n", v.workers.size()); },
           .ready =
               [&](uint16_t t, uint16_t a) {
                 ready.set_value({t, a});
               }});
      if (!result) ready.set_exception(std::make_exception_ptr(std::runtime_error(result.error().message)));
      return result;
    });
    std::tie(traffic, admin) = ports.get();
  }
  void stop() {
    kill(getpid(), SIGTERM);
    EXPECT_TRUE(served.get());
  }
  // The same, while the engine (whose meter is read a last time) goes on.
  void stop_serving() {
    bool ended = false;
    std::thread waits([&] {
      stop();
      loop.post([&] { ended = true; });
    });
    net::spawn(end_when(ended));
    loop.run();
    waits.join();
  }

  net::Task<void> end_when(const bool& holds) {
    while (!holds) co_await loop.sleep(1ms);
    loop.stop();
  }
  // One answer over a connection of its own pool.
  net::Task<Result<net::FetchResponse>> ask(net::Pool& pool, string target, string body = {}) {
    net::FetchRequest r;
    r.target = std::move(target);
    if (!body.empty()) r.method = "POST";
    r.headers = {{"authorization", "Bearer sk-one"}, {"content-type", "application/json"}};
    r.body = std::move(body);
    co_return co_await net::fetch(loop, pool, std::move(r), {});
  }
  net::Origin at(uint16_t port, std::shared_ptr<net::TlsContext> tls = nullptr) {
    net::Origin o;
    o.address = {"127.0.0.1", port};
    o.tls = std::move(tls);
    return o;
  }
  net::FetchResponse get_now(net::Pool& pool, const string& target, const string& body = {}) {
    net::FetchResponse got;
    const auto run = [&]() -> net::Task<void> {
      auto r = co_await ask(pool, target, body);
      if (r) got = std::move(*r);
      loop.stop();
    };
    net::spawn(run());
    loop.run();
    return got;
  }
  ledger::Sums total() {
    auto r = ledger::Reports(dir.path() / "ledger")
                 .query({.since = from_unix_ns(0),
                         .until = from_unix_ns(4'000'000'000'000'000'000),
                         .by = ledger::By::none,
                         .workload = {},
                         .key = {},
                         .deployment = {},
                         .zone = {}});
    if (!r) throw std::runtime_error(r.error().message);
    return r->total.sums;
  }

  TempDir dir;
  net::Loop loop;
  RealEngine engine{loop};
  std::future<Result<void>> served;
  uint16_t traffic = 0, admin = 0;
};

const string kSmall = " [ { model: small, deployments: [fr] } ]";

TEST_F(ServeTest, ServesUnderLoadWhileItReloadsAndDrainsWithoutLosingARequest) {
  write(kSmall);
  start();
  constexpr int kClients = 8, kEach = 25;
  int answered = 0, running = kClients, reloads = 0;
  const auto client = [&](bool stream) -> net::Task<void> {
    net::Pool pool(loop, at(traffic));
    for (int i = 0; i < kEach; ++i) {
      const auto r = co_await ask(pool, string(kChat), string(stream ? kHelloStream : kHello));
      EXPECT_TRUE(r) << r.error().message;
      if (!r) break;
      EXPECT_EQ(r->status, 200) << r->body;
      EXPECT_EQ(r->body.ends_with(kDone), stream);
      ++answered;
      if (answered % 20 == 0) {
        write(++reloads % 2 ? " [ { model: small, deployments: [fr] }, { model: more, deployments: [fr] } ]" : kSmall);
        kill(getpid(), SIGHUP);
      }
    }
    if (--running == 0) loop.stop();
  };
  for (int i = 0; i < kClients; ++i) net::spawn(client(i % 2 == 0));
  loop.run();
  EXPECT_EQ(answered, kClients * kEach);
  EXPECT_GE(reloads, 5);
  stop();
  EXPECT_EQ(total().requests, answered);
  EXPECT_EQ(total().outcomes[static_cast<size_t>(Outcome::ok)], answered);
  EXPECT_EQ(total().unsettled_calls, 0);
  EXPECT_EQ(engine.asked, answered);
}

TEST_F(ServeTest, AWrongFileIsNotReloaded) {
  write(kSmall);
  start();
  net::Pool pool(loop, at(traffic)), office(loop, at(admin));
  EXPECT_EQ(get_now(office, "/metrics").body, "workers 2\n");
  EXPECT_NE(get_now(office, "/").body.find("(loaded 1 times)"), string::npos);
  write(" [ { model: small, deployments: [nobody] } ]");
  kill(getpid(), SIGHUP);
  write(" [ { model: tiny, deployments: [fr] } ]");
  kill(getpid(), SIGHUP);
  string models;
  while (models.find("tiny") == string::npos) models = get_now(pool, "/v1/models").body;
  EXPECT_EQ(models.find("small"), string::npos);
  EXPECT_EQ(get_now(pool, "/health").status, 200);
}

TEST_F(ServeTest, LiveIntensityReachesTheRequestsAndOutlastsARestart) {
  const string cache = (dir.path() / "grid").string();
  const string source = fmt::format(
      "grid: {{ cache: \"{}\", sources: [ {{ kind: electricity_maps, token: t, url: "
      "\"http://127.0.0.1:{}\" }} ] }}\n",
      cache, engine.server.port());
  write(kSmall, source);
  start();
  {
    net::Pool pool(loop, at(traffic));
    string letter;
    while (letter != "B") letter = get_now(pool, string(kChat), string(kHello)).find("x-trine-quality").value_or("");
  }
  stop();
  write(kSmall, fmt::format("grid: {{ cache: \"{}\", sources: [ {{ kind: electricity_maps, token: t, url: "
                            "\"http://127.0.0.1:1\" }} ] }}\n",
                            cache));
  start();
  net::Pool pool(loop, at(traffic));
  EXPECT_EQ(get_now(pool, string(kChat), string(kHello)).find("x-trine-quality"), "B") << "by what is on disk";
}

TEST_F(ServeTest, AMeteredStreamIsSettledByItsMeterBeforeTheEnd) {
  write(kSmall, "", "sim");
  start();
  net::Pool pool(loop, at(traffic));
  engine.holds = [this, from = engine.scrapes] { return engine.scrapes < from + 2; };  // over a window
  const auto r = get_now(pool, string(kChat), string(kHelloStream));
  ASSERT_EQ(r.status, 200);
  EXPECT_NE(r.body.find(R"("final":false,"simulated":true)"), string::npos) << r.body;
  stop_serving();
  const auto view =
      ledger::Reports(dir.path() / "ledger").request(*RequestId::parse(r.find("x-trine-request-id").value_or("")));
  ASSERT_TRUE(view && *view);
  EXPECT_TRUE((*view)->final());
  EXPECT_GT((*view)->calls.at(0).settlements.back().figures.gpu_energy.raw(), 0);
}

TEST_F(ServeTest, ASecondSignalEndsWhatStillRuns) {
  write(kSmall);
  start();
  bool over = false;
  engine.holds = [] { return true; };
  net::FetchResponse office_says;
  const auto stream = [&]() -> net::Task<void> {
    net::Pool pool(loop, at(traffic));
    const auto r = co_await ask(pool, string(kChat), string(kHelloStream));
    EXPECT_FALSE(r) << "it was cut off";
    over = true;
  };
  const auto operate = [&]() -> net::Task<void> {
    net::Pool office(loop, at(admin));
    while (engine.asked == 0) co_await loop.sleep(1ms);
    kill(getpid(), SIGTERM);
    for (int status = 0; status != 503;) {
      const auto r = co_await ask(office, "/health");
      status = r ? r->status : 503;
      if (r) office_says = *r;
    }
    EXPECT_FALSE(over) << "one signal lets it run";
    kill(getpid(), SIGTERM);
    while (!over) co_await loop.sleep(1ms);
    loop.stop();
  };
  net::spawn(stream());
  net::spawn(operate());
  loop.run();
  EXPECT_NE(office_says.body.find("draining"), string::npos) << office_says.body;
  EXPECT_TRUE(served.get());
  EXPECT_EQ(total().outcomes[static_cast<size_t>(Outcome::cancelled)], 1);
}

TEST_F(ServeTest, ASecondOneOnTheSameLedgerSaysSo) {
  write(kSmall);
  start();
  const auto second = serve({.config_file = file()});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("ledger"), string::npos) << second.error().message;
}

TEST_F(ServeTest, SaysWhatKeepsItFromStarting) {
  write(" [ { model: small, deployments: [nobody] } ]");
  const auto wrong = serve({.config_file = file()});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find(file() + ":"), string::npos) << wrong.error().message;
  EXPECT_FALSE(serve({.config_file = "/no/such/file.yaml"}));
  write(kSmall, "tls: { cert: /no/such/cert.pem, key: /no/such/key.pem }\n");
  const auto tls = serve({.config_file = file()});
  ASSERT_FALSE(tls);
  EXPECT_NE(tls.error().message.find("/no/such/cert.pem"), string::npos) << tls.error().message;
}

TEST_F(ServeTest, APortThatIsTakenIsAnError) {
  write(kSmall);
  string text;
  {
    std::ifstream in(file());
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  text.replace(text.find("admin: \"127.0.0.1:0"), 19, "admin: \"127.0.0.1:" + std::to_string(engine.server.port()));
  std::ofstream(file()) << text;
  const auto taken = serve({.config_file = file()});
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find(std::to_string(engine.server.port())), string::npos) << taken.error().message;
}

TEST_F(ServeTest, ServesTls) {
  net::Authority authority("test");
  const auto files = authority.issue("gateway", "IP:127.0.0.1");
  write(kSmall, "tls: { cert: \"" + files.cert + "\", key: \"" + files.key + "\" }\n");
  start();
  net::TlsClientOptions trusting;
  trusting.ca_file = authority.ca_file();
  const auto tls = net::tls_client(trusting);
  ASSERT_TRUE(tls);
  net::Pool pool(loop, at(traffic, *tls));
  EXPECT_EQ(get_now(pool, "/v1/models").status, 200);
  net::Pool plain(loop, at(traffic));
  EXPECT_EQ(get_now(plain, "/v1/models").status, 0) << "a client that does not speak TLS gets nothing";
  kill(getpid(), SIGHUP);  // reads the certificates again
  EXPECT_EQ(get_now(pool, "/v1/models").status, 200);
}

}  // namespace
}  // namespace trine::gateway::test::serve_test
