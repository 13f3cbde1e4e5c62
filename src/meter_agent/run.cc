#include "meter_agent/run.h"

#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/id.h"
#include "meter/local_source.h"
#include "meter_agent/local_meters.h"
#include "meter_agent/service.h"
#include "net/tls.h"

namespace trine::meter_agent {
namespace {

constexpr Nanos kHandshake = std::chrono::seconds(5);
constexpr size_t kConnections = 64;

std::string host_name(const Options& o) {
  if (!o.host.empty()) return o.host;
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

Store new_store(const Options& o) {
  return {host_name(o), "run_" + IdGenerator(random_seed()).next(system_clock().wall()).text().substr(4),
          static_cast<size_t>(o.keep / o.every)};
}

Result<std::optional<Token>> token_of(const Options& o) {
  if (!o.token_file.empty()) {
    auto token = Token::from_file(o.token_file);
    if (!token) return tl::unexpected(token.error());
    return std::optional(*token);
  }
  const char* set = std::getenv("TRINE_METER_TOKEN");
  if (set == nullptr) return std::optional<Token>();
  auto token = Token::of(set);
  ::unsetenv("TRINE_METER_TOKEN");
  if (!token) return fail(token.error().code, "TRINE_METER_TOKEN: {}", token.error().message);
  return std::optional(*token);
}

Result<std::shared_ptr<net::TlsContext>> tls_of(const Options& o) {
  if (o.tls_cert.empty()) return std::shared_ptr<net::TlsContext>();
  return net::tls_server({.cert_file = o.tls_cert, .key_file = o.tls_key, .client_ca_file = o.client_ca});
}

// Everything that runs. The order of the members is the order of their making; they end the other way round.
class Agent {
 public:
  Agent(net::Loop& loop, const Options& o, const std::optional<Token>& token,
        const std::shared_ptr<net::TlsContext>& tls)
      : loop_(loop),
        store_(new_store(o)),
        sampler_(loop, store_, sources(loop, o, store_.host()), o.every),
        service_(store_, sampler_, token, loop.clock()),
        server_(loop, service_, limits(), upgrade(loop, tls)) {}

  Result<void> start(const net::HostPort& at) {
    if (auto listening = server_.listen(at, false); !listening) return listening;
    sampler_.start();
    return {};
  }
  uint16_t port() const { return server_.port(); }

  // Stops the loop when the meters are at rest and every answer under way is sent.
  void end() {
    server_.drain([this] { net::spawn(rest()); });
    server_.close_all();
  }

 private:
  net::Task<void> rest() {
    co_await sampler_.finish();
    loop_.stop();
  }

  static std::vector<std::unique_ptr<meter::Source>> sources(net::Loop& loop, const Options& o,
                                                             const std::string& host) {
    std::vector<std::unique_ptr<meter::Source>> all;
    for (auto& m : local_meters(o.nvml, o.rapl, host)) all.push_back(meter::local_source(loop, std::move(m)));
    return all;
  }

  static net::ServerLimits limits() {
    net::ServerLimits l;
    l.connections = kConnections;
    return l;
  }

  static net::Server::Upgrade upgrade(net::Loop& loop, const std::shared_ptr<net::TlsContext>& tls) {
    if (!tls) return {};
    return [&loop, tls](std::unique_ptr<net::Stream> stream) { return secured(loop, tls, std::move(stream)); };
  }
  static net::Task<std::unique_ptr<net::Stream>> secured(net::Loop& loop, std::shared_ptr<net::TlsContext> tls,
                                                         std::unique_ptr<net::Stream> stream) {
    auto secure = co_await net::tls_accept(loop, std::move(tls), std::move(stream), kHandshake);
    co_return secure ? std::move(*secure) : nullptr;  // a failed handshake is the client's affair
  }

  net::Loop& loop_;
  Store store_;
  Sampler sampler_;
  Service service_;
  net::Server server_;
};

}  // namespace

Result<void> serve(const Options& options, const std::function<void(uint16_t)>& ready) {
  // Blocked everywhere, fetched by one thread: no handler that could interrupt anything.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int s : {SIGTERM, SIGINT, SIGUSR2}) sigaddset(&signals, s);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  mallopt(M_ARENA_MAX, 1);  // a few threads that hardly allocate: one heap is enough

  log::set_level(options.log_level);
  auto token = token_of(options);
  if (!token) return tl::unexpected(token.error());
  if (const auto secure = check_secure(options, token->has_value()); !secure) {
    if (!options.insecure) return secure;
    log::warning("--insecure: {}", secure.error().message);
  }
  auto tls = tls_of(options);
  if (!tls) return tl::unexpected(tls.error());

  net::Loop loop;
  Agent agent(loop, options, *token, *tls);
  if (auto started = agent.start(options.listen); !started) return started;
  std::thread watcher([&] {
    for (int seen = 0, signal = 0; sigwait(&signals, &signal) == 0 && signal != SIGUSR2; ++seen) {
      if (seen == 0) loop.post([&] { agent.end(); });
    }
  });
  ready(agent.port());
  loop.run();
  pthread_kill(watcher.native_handle(), SIGUSR2);  // ends the watcher
  watcher.join();
  return {};
}

Result<std::string> once(const Options& options) {
  Store store = new_store(options);
  std::vector<MeterState> states;
  std::string troubles;
  for (const auto& m : local_meters(options.nvml, options.rapl, store.host())) {
    const auto readings = m->read();
    if (readings) {
      store.add(*readings);
      states.emplace_back().notes = readings->notes;
    } else {
      troubles += fmt::format("{}{}: {}", troubles.empty() ? "" : "\n", m->name(), readings.error().message);
    }
  }
  if (store.ring().last() == 0) return fail(Code::unavailable, "{}", troubles);
  if (options.json) return readings_page(store, states, std::nullopt, system_clock());
  std::string out = once_table(store);
  for (const MeterState& m : states)
    for (const std::string& n : m.notes) out += n + '\n';
  if (!troubles.empty()) out += troubles + '\n';
  return out;
}

}  // namespace trine::meter_agent
