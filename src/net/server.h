// The HTTP/1.1 server side: one session coroutine per connection, requests one after the other.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "net/awaiters.h"
#include "net/deadline.h"
#include "net/http_head.h"
#include "net/loop.h"
#include "net/reader.h"
#include "net/task.h"
#include "net/tcp.h"

namespace trine::net {

struct ServerLimits {
  size_t head_bytes = 16 << 10;
  size_t connections = 10000;
  Nanos idle = std::chrono::seconds(75);   // between requests
  Nanos head = std::chrono::seconds(10);   // from the first byte of a head to its end
  Nanos body = std::chrono::seconds(60);   // the whole body
  Nanos write = std::chrono::seconds(60);  // a client that does not read
};

// What the server itself refuses, before a handler sees the request.
enum class Refusal { bad_head, head_too_large, head_timeout, too_many_connections };

// A request's body, with kPadding readable zero bytes behind it (JSON parsers want them).
struct Body {
  static constexpr size_t kPadding = 64;
  std::unique_ptr<char[]> bytes;
  size_t size = 0;
  std::string_view view() const { return {bytes.get(), size}; }
};

enum class BodyError { none, too_large, timed_out, bad_chunk, gone };

class ServerConnection;

struct Handler {
  virtual ~Handler() = default;
  // Answers one request: reads the body if it wants it, sends exactly one response.
  virtual Task<void> serve(ServerConnection& connection) = 0;
  // A whole response with `Connection: close`, head included.
  virtual std::string refuse(Refusal why, std::string_view sentence) = 0;
};

// One client connection. One thread.
class ServerConnection final : Reader::Watcher {
 public:
  ServerConnection(Loop& loop, std::unique_ptr<Stream> stream, const ServerLimits& limits);

  const Head& head() const { return head_; }
  // When the first byte of this request's head was read.
  Mono arrived() const { return arrived_; }
  // The system is asked once: it never changes.
  const std::string& peer_address() const {
    if (!peer_address_) peer_address_ = stream_->peer_address();
    return *peer_address_;
  }
  // Of a client that TLS asked for one (TlsServerOptions::client_ca_file); null: none.
  const PeerCertificate* peer_certificate() const { return stream_->peer_certificate(); }
  Loop& loop() { return loop_; }

  Task<BodyError> read_body(Body& into, size_t max);

  // From here on until the response ends: `gone` runs as soon as the client closes its side (perhaps at once).
  void watch(std::function<void()> gone);
  bool gone() const { return gone_; }

  // Sends all slices; false when the client is gone or does not read. The bytes must stay until it returns.
  auto send(std::span<const std::string_view> slices) { return Send{*this, {*stream_, slices}}; }

  // No further request on this connection after the present one.
  void close_after() { keep_alive_ = false; }
  bool keeps_alive() const { return keep_alive_; }

 private:
  friend class Server;

  // A write that arms the write time-out only if it has to wait.
  struct Send {
    ServerConnection& c;
    detail::WriteAwaiter write;
    bool await_ready() const noexcept { return c.gone_; }
    bool await_suspend(std::coroutine_handle<> h) {
      if (!write.await_suspend(h)) return false;
      c.deadline_.arm(c.limits_.write);
      return true;
    }
    bool await_resume() {
      c.deadline_.disarm();
      if (!write.result.ok()) c.gone_ = true;
      return !c.gone_;
    }
  };

  enum class Next { request, refused, closed };
  Task<Next> next_request();
  // After the handler: whether another request may follow.
  bool end_request();
  // Tells the client that no more comes and reads on for a moment, so that it sees our last bytes (RFC 9112 §9.6).
  Task<void> linger();
  void peer_gone() override;

  Loop& loop_;
  std::unique_ptr<Stream> stream_;
  const ServerLimits& limits_;
  Reader reader_;
  Deadline deadline_;
  std::string head_bytes_;  // what head_ points into: the reader's buffer moves on
  Head head_;
  Mono arrived_{};
  mutable std::optional<std::string> peer_address_;
  std::function<void()> on_gone_;
  Refusal refusal_ = Refusal::bad_head;
  const char* sentence_ = "";
  bool keep_alive_ = true;
  bool gone_ = false;
  bool body_read_ = false;
  bool idle_ = true;
};

// Listens and runs sessions, on one loop. REQUIRES: no session is left when it is destroyed (see drain()).
class Server {
 public:
  // Makes a stream ready for HTTP: TLS, or nothing.
  using Upgrade = std::function<Task<std::unique_ptr<Stream>>(std::unique_ptr<Stream>)>;

  Server(Loop& loop, Handler& handler, ServerLimits limits, Upgrade upgrade = {});

  Result<void> listen(const HostPort& at, bool share_port);
  uint16_t port() const { return listener_->port(); }
  // Serves a stream that came from elsewhere (tests).
  void serve(std::unique_ptr<Stream> stream);
  // Accepts no more and ends each connection after its present request. `drained` runs when none is left.
  void drain(std::function<void()> drained);
  // For what comes from now on, also on connections that are open.
  void set_limits(const ServerLimits& limits) { limits_ = limits; }
  // Ends all connections now. Handlers that watch are told; a session ends when its handler returns.
  void close_all();
  size_t connections() const { return open_.size(); }

 private:
  struct Session;
  Task<void> session(std::unique_ptr<Stream> stream);
  void check_drained();

  Loop& loop_;
  Handler& handler_;
  ServerLimits limits_;
  Upgrade upgrade_;
  std::unique_ptr<Listener> listener_;
  std::unordered_set<ServerConnection*> open_;
  size_t sessions_ = 0;  // from accept to end, handshakes and refusals included
  size_t refusing_ = 0;  // those of them that are over the limit
  std::function<void()> drained_;
  bool draining_ = false;
};

}  // namespace trine::net
