#include "net/server.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "net/chunked.h"

namespace trine::net {
namespace {

// Most heads and small bodies fit; an idle connection should cost little.
constexpr size_t kFirstBuffer = 1280;
constexpr size_t kLingerBytes = 64 << 20;  // a client that sends a body that nobody wants must still find our answer
constexpr Nanos kLinger = std::chrono::seconds(2);

}  // namespace

ServerConnection::ServerConnection(Loop& loop, std::unique_ptr<Stream> stream, const ServerLimits& limits)
    : loop_(loop),
      stream_(std::move(stream)),
      limits_(limits),
      reader_(*stream_, std::min(kFirstBuffer, limits.head_bytes), limits.head_bytes),
      deadline_(loop, *stream_) {}

Task<ServerConnection::Next> ServerConnection::next_request() {
  size_t seen = 0;
  bool forgiven = false;
  body_read_ = false;
  idle_ = true;
  deadline_.arm(limits_.idle);
  for (;;) {
    std::string_view bytes = reader_.unread();
    if (!bytes.empty() && idle_) {
      if (!forgiven && bytes.starts_with("\r\n")) {  // a stray line end after the last body (RFC 9112 §2.2)
        forgiven = true;
        reader_.consume(2);
        bytes = reader_.unread();
        seen = 0;
      }
      if (!bytes.empty() && (forgiven || bytes != "\r")) {
        idle_ = false;
        arrived_ = loop_.clock().mono();
        deadline_.arm(limits_.head);
      }
    }
    if (const size_t n = head_length(bytes, seen)) {
      deadline_.disarm();
      head_bytes_.assign(bytes.substr(0, n));
      if (auto e = parse_request(head_bytes_, head_); e != HeadError::none) {
        refusal_ = e == HeadError::too_many_headers ? Refusal::head_too_large : Refusal::bad_head;
        sentence_ = explain(e);
        co_return Next::refused;
      }
      reader_.consume(n);
      keep_alive_ = keep_alive_ && head_.keep_alive;
      co_return Next::request;
    }
    if (has_bare_lf(bytes, std::min(seen, bytes.size()))) {
      refusal_ = Refusal::bad_head;
      sentence_ = explain(HeadError::bad_line);
      co_return Next::refused;
    }
    seen = bytes.size();
    if (reader_.full()) {
      refusal_ = Refusal::head_too_large;
      sentence_ = "the head of the request is too large: send fewer or shorter headers";
      co_return Next::refused;
    }
    const IoResult r = co_await reader_.more();
    if (r.ok()) continue;
    if (deadline_.fired() && !idle_) {
      refusal_ = Refusal::head_timeout;
      sentence_ = "the head of the request did not arrive in time: send it at once";
      co_return Next::refused;
    }
    if (r.status == Status::eof && !idle_) {
      refusal_ = Refusal::bad_head;
      sentence_ = explain(HeadError::incomplete);
      co_return Next::refused;
    }
    co_return Next::closed;
  }
}

namespace {

// Room for `n` bytes and the padding, zero behind the first `used`.
void grow(Body& b, size_t n, size_t used) {
  std::unique_ptr<char[]> bigger(new char[n + Body::kPadding]);
  if (used > 0) std::memcpy(bigger.get(), b.bytes.get(), used);
  b.bytes = std::move(bigger);
}

void finish(Body& b, size_t n) {
  b.size = n;
  std::memset(b.bytes.get() + n, 0, Body::kPadding);
}

}  // namespace

Task<BodyError> ServerConnection::read_body(Body& into, size_t max) {
  const uint64_t length = head_.content_length.value_or(0);
  if (length > max) co_return BodyError::too_large;
  const bool wanted = head_.chunked || reader_.unread().size() < length;
  if (head_.expect_continue && wanted && reader_.unread().empty()) {
    const std::array<std::string_view, 1> go = {"HTTP/1.1 100 Continue\r\n\r\n"};
    if (!co_await send(go)) co_return BodyError::gone;
  }
  if (wanted) deadline_.arm(limits_.body);

  if (!head_.chunked) {
    const auto size = static_cast<size_t>(length);
    grow(into, size, 0);
    size_t have = std::min(size, reader_.unread().size());
    std::memcpy(into.bytes.get(), reader_.unread().data(), have);
    reader_.consume(have);
    while (have < size) {
      // A read that a watch began puts its bytes into the reader; else they come straight to their place.
      const bool through_reader = reader_.pending();
      IoResult r;
      if (through_reader)
        r = co_await reader_.more();
      else
        r = co_await read_some(*stream_, {into.bytes.get() + have, size - have});
      if (!r.ok()) co_return deadline_.fired() ? BodyError::timed_out : BodyError::gone;
      if (through_reader) {
        r.n = std::min(size - have, reader_.unread().size());
        std::memcpy(into.bytes.get() + have, reader_.unread().data(), r.n);
        reader_.consume(r.n);
      }
      have += r.n;
    }
    finish(into, size);
  } else {
    ChunkDecoder decoder;
    size_t capacity = 4096;
    size_t have = 0;
    grow(into, capacity, 0);
    for (bool more = true; more;) {
      std::string_view in = reader_.unread();
      const size_t before = in.size();
      std::string_view piece;
      switch (decoder.next(in, piece)) {
        case ChunkDecoder::Step::data:
          if (piece.size() > max - have) co_return BodyError::too_large;
          if (have + piece.size() > capacity) {
            capacity = std::min(max, std::max(capacity * 2, have + piece.size()));
            grow(into, capacity, have);
          }
          std::memcpy(into.bytes.get() + have, piece.data(), piece.size());
          have += piece.size();
          reader_.consume(before - in.size());
          break;
        case ChunkDecoder::Step::more: {
          reader_.consume(before);
          const IoResult r = co_await reader_.more();
          if (!r.ok()) co_return deadline_.fired() ? BodyError::timed_out : BodyError::gone;
          break;
        }
        case ChunkDecoder::Step::end:
          reader_.consume(before - in.size());
          more = false;
          break;
        case ChunkDecoder::Step::bad:
          co_return BodyError::bad_chunk;
      }
    }
    finish(into, have);
  }
  deadline_.disarm();
  body_read_ = true;
  reader_.watch_on();
  co_return BodyError::none;
}

void ServerConnection::watch(std::function<void()> gone) {
  on_gone_ = std::move(gone);
  reader_.watch(*this);
}

void ServerConnection::peer_gone() {
  gone_ = true;
  if (on_gone_) std::exchange(on_gone_, nullptr)();
}

bool ServerConnection::end_request() {
  reader_.unwatch();
  on_gone_ = nullptr;
  if (!body_read_ && (head_.chunked || head_.content_length.value_or(0) > 0)) {
    // The handler answered without the body. If all of it is here already, the connection can go on.
    const uint64_t length = head_.content_length.value_or(UINT64_MAX);
    if (head_.chunked || reader_.unread().size() < length)
      keep_alive_ = false;
    else
      reader_.consume(static_cast<size_t>(length));
  }
  return keep_alive_ && !gone_;
}

Task<void> ServerConnection::linger() {
  if (gone_) co_return;
  stream_->shutdown_write();
  deadline_.arm(kLinger);
  size_t dropped = 0;
  while (dropped < kLingerBytes) {
    dropped += reader_.unread().size();
    reader_.consume(reader_.unread().size());
    const IoResult r = co_await reader_.more();
    if (!r.ok()) break;
  }
  deadline_.disarm();
}

Server::Server(Loop& loop, Handler& handler, ServerLimits limits, Upgrade upgrade)
    : loop_(loop), handler_(handler), limits_(limits), upgrade_(std::move(upgrade)) {}

Result<void> Server::listen(const HostPort& at, bool share_port) {
  auto l = Listener::open(loop_, at, share_port, [this](std::unique_ptr<Stream> s) { serve(std::move(s)); });
  if (!l) return tl::unexpected(l.error());
  listener_ = std::move(*l);
  return {};
}

void Server::serve(std::unique_ptr<Stream> stream) {
  spawn(session(std::move(stream)));
}

// Counts a session for as long as its frame lives, exceptions of handlers included.
struct Server::Session {
  Session(Server& s, bool refused) : server(s), refusing(refused) {
    ++server.sessions_;
    if (refusing) ++server.refusing_;
  }
  ~Session() {
    if (connection) server.open_.erase(connection);
    if (refusing) --server.refusing_;
    --server.sessions_;
    server.check_drained();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  void open(ServerConnection& c) {
    connection = &c;
    server.open_.insert(&c);
  }
  Server& server;
  const bool refusing;
  ServerConnection* connection = nullptr;
};

Task<void> Server::session(std::unique_ptr<Stream> stream) {
  const bool crowded = sessions_ - refusing_ >= limits_.connections;
  Session counted(*this, crowded);
  if (upgrade_ && !crowded) {
    stream = co_await upgrade_(std::move(stream));
    if (!stream) co_return;
  }
  ServerConnection c(loop_, std::move(stream), limits_);
  counted.open(c);
  if (crowded) {
    c.idle_ = false;
    const std::string refusal = handler_.refuse(Refusal::too_many_connections,
                                                "the gateway has as many connections as it allows: try again shortly");
    const std::array<std::string_view, 1> slices = {refusal};
    co_await c.send(slices);
    co_return;
  }
  for (bool go_on = true; go_on && !draining_;) {
    switch (co_await c.next_request()) {
      case ServerConnection::Next::request:
        co_await handler_.serve(c);
        go_on = c.end_request();
        break;
      case ServerConnection::Next::refused: {
        const std::string refusal = handler_.refuse(c.refusal_, c.sentence_);
        const std::array<std::string_view, 1> slices = {refusal};
        co_await c.send(slices);
        go_on = false;
        break;
      }
      case ServerConnection::Next::closed:
        c.gone_ = true;
        go_on = false;
        break;
    }
  }
  co_await c.linger();
}

void Server::drain(std::function<void()> drained) {
  draining_ = true;
  drained_ = std::move(drained);
  if (listener_) listener_->close();
  for (ServerConnection* c : open_) {
    c->keep_alive_ = false;
    if (c->idle_) c->stream_->cancel();
  }
  check_drained();
}

void Server::close_all() {
  const std::vector<ServerConnection*> all(open_.begin(), open_.end());
  for (ServerConnection* c : all) {
    if (!open_.contains(c)) continue;  // ended by what another's handler did when it was told
    c->stream_->close();
    c->peer_gone();
  }
}

void Server::check_drained() {
  if (draining_ && sessions_ == 0 && drained_) std::exchange(drained_, nullptr)();
}

}  // namespace trine::net
