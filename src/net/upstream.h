// The HTTP/1.1 client side: a pool of kept-alive connections to one origin.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/awaiters.h"
#include "net/deadline.h"
#include "net/http_head.h"
#include "net/loop.h"
#include "net/reader.h"
#include "net/task.h"
#include "net/tcp.h"
#include "net/tls.h"

namespace trine::net {

struct Origin {
  HostPort address;
  std::shared_ptr<TlsContext> tls;  // null: plain HTTP
  std::string server_name;          // for TLS; the host's name by default
  std::optional<HostPort> proxy;    // reached by CONNECT
  std::string proxy_credentials;    // "user:password" for it, or empty; a secret
  Nanos connect_timeout = std::chrono::seconds(3);
  Nanos idle_timeout = std::chrono::seconds(60);
  size_t max_idle = 256;
};

// One connection in use by one call. One thread.
class UpstreamConnection {
 public:
  UpstreamConnection(Loop& loop, std::unique_ptr<Stream> stream);

  auto send(std::span<const std::string_view> slices) { return write_all(*stream_, slices); }

  // The response's head; 1xx are skipped. Errors: deadline_exceeded after `timeout`; unavailable if the connection
  // ended first; data_loss if what came is not HTTP.
  Task<Result<void>> read_head(Nanos timeout);
  const Head& head() const { return head_; }
  // A HEAD was sent: no body follows its answer's head, whatever that says (RFC 9112 §6.3). For this call.
  void expect_no_body() { no_body_ = true; }

  // The body's bytes as they are on the wire. more(): see Reader.
  std::string_view unread() const { return reader_.unread(); }
  void consume(size_t n) { reader_.consume(n); }
  auto more() { return reader_.more(); }
  Deadline& deadline() { return deadline_; }

  // Reads the whole body, decoded, up to `max` bytes, with `padding` zero bytes behind it.
  // Errors: out_of_range (too large), deadline_exceeded, unavailable, data_loss.
  Task<Result<void>> read_body(std::string& into, size_t max, size_t padding, Nanos timeout);

  // Has been used for an earlier request: a failure before any byte of the answer says nothing about the engine.
  bool reused() const { return requests_ > 1; }
  bool answered() const { return answered_; }  // at least one byte came
  // The body was read to its end and the peer keeps the connection.
  void mark_reusable() { reusable_ = true; }
  // Ends pending operations: whoever waits gets an error.
  void abort() {
    aborted_ = true;
    stream_->close();
  }
  bool aborted() const { return aborted_; }

 private:
  friend class Pool;
  Result<void> read_error(const char* what, Nanos timeout);

  std::unique_ptr<Stream> stream_;
  Reader reader_;
  Deadline deadline_;
  std::string head_bytes_;
  Head head_;
  Mono idle_since_{};
  int requests_ = 0;
  bool answered_ = false;
  bool reusable_ = false;
  bool no_body_ = false;
  bool aborted_ = false;
};

// Makes the streams that a pool speaks over: TCP, or what a test puts in its place. Must outlive its pools and tasks.
struct Dialer {
  virtual ~Dialer() = default;
  // Errors: unavailable, deadline_exceeded.
  virtual Task<Result<std::unique_ptr<Stream>>> dial(Loop& loop, HostPort to, Nanos timeout) = 0;
};

// Connections to one origin, of one loop.
class Pool final : Timer {
 public:
  Pool(Loop& loop, Origin origin, Dialer* dialer = nullptr);  // null: TCP

  // A kept connection, or a new one (always a new one if `fresh`). Errors: unavailable, deadline_exceeded.
  Task<Result<std::unique_ptr<UpstreamConnection>>> acquire(bool fresh = false);
  // Keeps it if it is reusable, closes it otherwise.
  void release(std::unique_ptr<UpstreamConnection> connection);

  size_t idle() const { return idle_.size(); }
  const Origin& origin() const { return origin_; }

 private:
  Task<Result<std::unique_ptr<Stream>>> dial();
  void expired() override;  // sweeps connections that the peer has closed or that are too old

  Loop& loop_;
  Origin origin_;
  Dialer* dialer_;
  std::vector<std::unique_ptr<UpstreamConnection>> idle_;  // newest last
};

}  // namespace trine::net
