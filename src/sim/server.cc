#include "sim/server.h"

#include <fmt/format.h>

#include <array>
#include <coroutine>
#include <csignal>
#include <thread>

#include "net/chunked.h"
#include "net/server.h"
#include "sim/wire.h"

namespace trine::sim {
namespace {

constexpr size_t largest_body = 64 << 20;

const char* phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

// `length`: the body's, or nothing where chunks follow.
std::string head_text(const Reply& r, std::optional<size_t> length, bool keep_alive) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\ncontent-type: {}\r\n", r.status, phrase(r.status), r.content_type);
  for (const auto& [name, value] : r.headers) out += fmt::format("{}: {}\r\n", name, value);
  if (length) {
    out += fmt::format("content-length: {}\r\n", *length);
  } else {
    out += "cache-control: no-cache\r\ntransfer-encoding: chunked\r\n";
  }
  if (!keep_alive) out += "connection: close\r\n";
  return out + "\r\n";
}

std::string chunk(std::string_view data) {
  char size[18];
  std::string out(size, net::write_chunk_size(size, data.size()));
  return out.append(data).append("\r\n");
}

// One answer on its way to one connection: collects what the service says and wakes the connection's coroutine.
class Outbox final : public Sink {
 public:
  Outbox(net::Loop& loop, net::ServerConnection& connection) : loop_(loop), connection_(connection) {}

  void reply(Reply whole) override {
    bytes_ += head_text(whole, whole.body.size(), connection_.keeps_alive());
    if (connection_.head().method != "HEAD") bytes_ += whole.body;
    finished_ = true;
    wake();
  }
  void open(Reply head) override {
    bytes_ += head_text(head, std::nullopt, connection_.keeps_alive());
    wake();
  }
  void data(std::string bytes) override {
    bytes_ += chunk(bytes);
    wake();
  }
  void end() override {
    bytes_ += "0\r\n\r\n";
    finished_ = true;
    wake();
  }
  void drop() override {
    connection_.close_after();
    finished_ = true;
    wake();
  }

  // Resumes the waiting coroutine from the loop, never from inside the caller.
  void wake() {
    if (!waiting_) return;
    loop_.post([h = std::exchange(waiting_, nullptr)] { h.resume(); });
  }
  std::string take() { return std::exchange(bytes_, {}); }
  bool finished() const { return finished_ && bytes_.empty(); }

  // Until there are bytes, the end, or wake().
  auto changed() {
    struct Changed {
      Outbox& box;
      bool await_ready() const noexcept { return !box.bytes_.empty() || box.finished_ || box.connection_.gone(); }
      void await_suspend(std::coroutine_handle<> h) noexcept { box.waiting_ = h; }
      void await_resume() const noexcept {}
    };
    return Changed{*this};
  }

 private:
  net::Loop& loop_;
  net::ServerConnection& connection_;
  std::string bytes_;
  bool finished_ = false;
  std::coroutine_handle<> waiting_;
};

// Moves the service on when it has something to do.
class Pump final : net::Timer {
 public:
  Pump(net::Loop& loop, Service& service) : Timer(loop), service_(service) {}
  void kick() {
    if (const auto next = service_.until_next()) {
      arm(*next);
    } else {
      disarm();
    }
  }

 private:
  void expired() override {
    service_.advance();
    kick();
  }
  Service& service_;
};

class EngineServerImpl final : public EngineServer, net::Handler {
 public:
  EngineServerImpl(net::Loop& loop, std::unique_ptr<Service> service)
      : loop_(loop), service_(std::move(service)), pump_(loop, *service_), server_(loop, *this, {}) {}

  Result<void> listen(const net::HostPort& at) override { return server_.listen(at, false); }
  void serve_stream(std::unique_ptr<net::Stream> stream) override { server_.serve(std::move(stream)); }
  uint16_t port() const override { return server_.port(); }
  const Service& service() const override { return *service_; }
  void drain(std::function<void()> drained) override { server_.drain(std::move(drained)); }

 private:
  net::Task<void> serve(net::ServerConnection& c) override {
    Outbox out(loop_, c);
    net::Body body;
    const net::BodyError read = co_await c.read_body(body, largest_body);
    ExchangeId id = 0;
    switch (read) {
      case net::BodyError::none:
        id = service_->start(HttpRequest{c.head().method, c.head().target, body.view()}, out);
        pump_.kick();
        break;
      case net::BodyError::gone:
        c.close_after();
        co_return;
      case net::BodyError::too_large:
        refuse_body(c, out, 413, "The body is larger than 64 MiB.");
        break;
      case net::BodyError::timed_out:
        refuse_body(c, out, 408, "The body did not arrive in time.");
        break;
      case net::BodyError::bad_chunk:
        refuse_body(c, out, 400, "The body's chunked coding is not valid.");
        break;
    }
    body.bytes.reset();
    if (id != 0) c.watch([&out] { out.wake(); });
    while (!out.finished() && !c.gone()) {
      co_await out.changed();
      const std::string bytes = out.take();
      if (bytes.empty()) continue;
      const std::array<std::string_view, 1> slices = {bytes};
      co_await c.send(slices);
    }
    if (id == 0) co_return;
    service_->cancel(id);  // nothing where the answer is complete
    pump_.kick();
  }

  static void refuse_body(net::ServerConnection& c, Outbox& out, int status, const char* sentence) {
    c.close_after();
    out.reply(error_reply(ApiError{status, "BadRequestError", sentence, {}}));
  }

  std::string refuse(net::Refusal why, std::string_view sentence) override {
    int status = 400;
    if (why == net::Refusal::head_too_large) status = 431;
    if (why == net::Refusal::head_timeout) status = 408;
    if (why == net::Refusal::too_many_connections) status = 503;
    const Reply r = error_reply(ApiError{status, "BadRequestError", std::string(sentence), {}});
    return head_text(r, r.body.size(), false) + r.body;
  }

  net::Loop& loop_;
  std::unique_ptr<Service> service_;
  Pump pump_;
  net::Server server_;
};

}  // namespace

Result<std::unique_ptr<EngineServer>> EngineServer::open(net::Loop& loop, SimOptions options) {
  auto service = Service::create(std::move(options), loop.clock());
  if (!service) return tl::unexpected(service.error());
  return std::make_unique<EngineServerImpl>(loop, std::move(*service));
}

Result<void> run_engine_sim(SimOptions options, const net::HostPort& at, const std::function<void(uint16_t)>& ready) {
  // Blocked everywhere, fetched by one thread: no handler that could interrupt anything.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int s : {SIGTERM, SIGINT, SIGUSR2}) sigaddset(&signals, s);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  net::Loop loop;
  auto server = EngineServer::open(loop, std::move(options));
  if (!server) return tl::unexpected(server.error());
  if (auto ok = (*server)->listen(at); !ok) return ok;
  std::thread watcher([&] {
    for (int seen = 0, signal = 0; sigwait(&signals, &signal) == 0 && signal != SIGUSR2; ++seen) {
      if (seen > 0) {
        loop.stop();
      } else {
        loop.post([&] { (*server)->drain([&] { loop.stop(); }); });
      }
    }
  });
  ready((*server)->port());
  loop.run();
  pthread_kill(watcher.native_handle(), SIGUSR2);  // ends the watcher
  watcher.join();
  return {};
}

}  // namespace trine::sim
