#include "net/tcp.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <cerrno>

#include "base/text.h"
#include "net/detail/socket_stream.h"

namespace trine::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

IoResult to_result(const error_code& ec, size_t n) {
  if (!ec) return {Status::ok, n};
  if (ec == asio::error::eof || ec == asio::error::connection_reset) return {Status::eof, n};
  if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) return {Status::cancelled, n};
  return {Status::error, n};
}

SocketStream::SocketStream(tcp::socket socket) : s_(std::make_shared<State>(std::move(socket))) {
  error_code ignored;
  s_->socket.set_option(tcp::no_delay(true), ignored);
  s_->socket.native_non_blocking(true, ignored);
}

SocketStream::~SocketStream() {
  s_->reading = s_->writing = nullptr;
  close();
}

void SocketStream::read(std::span<char> into, Done& done) {
  s_->reading = &done;
  s_->socket.async_read_some(asio::buffer(into.data(), into.size()), [s = s_](const error_code& ec, size_t n) {
    if (Done* d = std::exchange(s->reading, nullptr)) d->done(to_result(ec, n));
  });
}

IoResult SocketStream::read_now(std::span<char> into) {
  const ssize_t n = ::recv(s_->socket.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
  if (n > 0) return {Status::ok, static_cast<size_t>(n)};
  if (n == 0) return {Status::eof, 0};
  return {errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Status::ok : Status::error, 0};
}

namespace {

constexpr size_t kMaxSlices = 64;

// Sends what the socket takes; shortens `slices` by it. False on an error.
bool send_some(int fd, std::span<const std::string_view> slices, size_t& first, size_t& offset) {
  while (first < slices.size()) {
    iovec vec[kMaxSlices];
    size_t count = 0;
    size_t wanted = 0;
    for (size_t i = first; i < slices.size() && count < kMaxSlices; ++i) {
      const size_t skip = i == first ? offset : 0;
      if (slices[i].size() == skip) continue;
      vec[count++] = {const_cast<char*>(slices[i].data()) + skip, slices[i].size() - skip};
      wanted += slices[i].size() - skip;
    }
    if (count == 0) {
      first = slices.size();
      return true;
    }
    msghdr message{};
    message.msg_iov = vec;
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    auto n = static_cast<size_t>(sent);
    const bool full = n < wanted;
    while (first < slices.size() && n >= slices[first].size() - offset) {
      n -= slices[first].size() - offset;
      offset = 0;
      ++first;
    }
    offset += n;
    if (full) return true;
  }
  return true;
}

}  // namespace

std::optional<IoResult> SocketStream::write(std::span<const std::string_view> slices, Done& done) {
  size_t first = 0;
  size_t offset = 0;
  if (!s_->socket.is_open()) return IoResult{Status::cancelled, 0};
  if (!send_some(s_->socket.native_handle(), slices, first, offset)) return IoResult{Status::error, 0};
  if (first == slices.size()) return IoResult{Status::ok, 0};
  s_->left.assign(slices.begin() + static_cast<ptrdiff_t>(first), slices.end());
  s_->left.front().remove_prefix(offset);
  s_->writing = &done;
  write_rest(s_);
  return {};
}

void SocketStream::write_rest(const std::shared_ptr<State>& s) {
  s->socket.async_wait(tcp::socket::wait_write, [s](const error_code& ec) {
    if (!s->writing) return;
    if (!ec) {
      size_t first = 0;
      size_t offset = 0;
      if (send_some(s->socket.native_handle(), s->left, first, offset)) {
        s->left.erase(s->left.begin(), s->left.begin() + static_cast<ptrdiff_t>(first));
        if (!s->left.empty()) {
          s->left.front().remove_prefix(offset);
          return write_rest(s);
        }
        return std::exchange(s->writing, nullptr)->done({Status::ok, 0});
      }
      return std::exchange(s->writing, nullptr)->done({Status::error, 0});
    }
    std::exchange(s->writing, nullptr)->done(to_result(ec, 0));
  });
}

void SocketStream::cancel() {
  error_code ignored;
  s_->socket.cancel(ignored);
}

void SocketStream::shutdown_write() {
  error_code ignored;
  s_->socket.shutdown(tcp::socket::shutdown_send, ignored);
}

void SocketStream::close() {
  error_code ignored;
  s_->socket.close(ignored);
}

bool SocketStream::stale() {
  char byte;
  const ssize_t n = ::recv(s_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return !(n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

std::string SocketStream::peer_address() const {
  return address_of(s_->socket);
}

std::string address_of(const tcp::socket& socket) {
  error_code ec;
  const auto endpoint = socket.remote_endpoint(ec);
  if (ec) return {};
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address.to_string();
}

Result<HostPort> parse_host_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(Code::invalid_argument, "'{}' has no port: write host:port", text);
  std::string_view host = text.substr(0, colon);
  const auto port = parse_int(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535)
    return fail(Code::invalid_argument, "'{}' has no valid port (0 to 65535)", text);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return fail(Code::invalid_argument, "'{}': write an IPv6 address in brackets, as in [::1]:8080", text);
  if (host.empty()) return fail(Code::invalid_argument, "'{}' has no host: write host:port", text);
  return HostPort{std::string(host), static_cast<uint16_t>(*port)};
}

namespace {

class TcpListener final : public Listener {
 public:
  TcpListener(Loop& loop, OnAccept on_accept) : acceptor_(loop.impl().io), on_accept_(std::move(on_accept)) {}

  Result<void> listen(const HostPort& at, bool share_port) {
    error_code ec;
    tcp::resolver resolver(acceptor_.get_executor());
    const auto found = resolver.resolve(at.host, std::to_string(at.port), tcp::resolver::passive, ec);
    if (ec || found.empty()) return fail(Code::invalid_argument, "cannot listen on '{}': {}", at.host, ec.message());
    const tcp::endpoint endpoint = found.begin()->endpoint();
    using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    acceptor_.open(endpoint.protocol(), ec);
    if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec && share_port) acceptor_.set_option(reuse_port(true), ec);
    if (!ec) acceptor_.bind(endpoint, ec);
    if (!ec) acceptor_.listen(4096, ec);
    if (ec) return fail(Code::unavailable, "cannot listen on {}:{}: {}", at.host, at.port, ec.message());
    accept();
    return {};
  }

  uint16_t port() const override {
    error_code ec;
    return acceptor_.local_endpoint(ec).port();
  }

  void close() override {
    error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  void accept() {
    acceptor_.async_accept([this](const error_code& ec, tcp::socket socket) {
      if (ec == asio::error::operation_aborted) return;
      if (ec) {
        // Out of descriptors or memory: pause, so that the loop does not spin on an accept that keeps failing.
        log::warning("accept failed: {}", ec.message());
        pause_.expires_after(std::chrono::milliseconds(100));
        pause_.async_wait([this](const error_code& e) {
          if (!e) accept();
        });
        return;
      }
      on_accept_(std::make_unique<SocketStream>(std::move(socket)));
      accept();
    });
  }

  tcp::acceptor acceptor_;
  asio::steady_timer pause_{acceptor_.get_executor()};
  OnAccept on_accept_;
};

// Resolve, then connect to each address; both ends in resume(). Times out as a whole.
class Connecting final : Timer {
 public:
  Connecting(Loop& loop, const HostPort& to, Nanos timeout)
      : Timer(loop), resolver_(loop.impl().io), socket_(loop.impl().io), to_(to), timeout_(timeout) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    waiting_ = h;
    arm(timeout_);
    error_code ec;
    const auto literal = asio::ip::make_address(to_.host, ec);
    if (!ec) {
      socket_.async_connect({literal, to_.port}, [this](const error_code& e) { finish(e); });
      return;
    }
    resolver_.async_resolve(
        to_.host, std::to_string(to_.port), [this](const error_code& e, const tcp::resolver::results_type& found) {
          if (e || expired_) {
            resolving_failed_ = !expired_;
            return finish(e);
          }
          asio::async_connect(socket_, found, [this](const error_code& c, const tcp::endpoint&) { finish(c); });
        });
  }

  Result<std::unique_ptr<Stream>> await_resume() {
    if (expired_)
      return fail(Code::deadline_exceeded, "no connection to {}:{} within {:.1f} s", to_.host, to_.port,
                  seconds(timeout_));
    if (resolving_failed_) return fail(Code::unavailable, "cannot resolve {}: {}", to_.host, error_.message());
    if (error_) return fail(Code::unavailable, "cannot connect to {}:{}: {}", to_.host, to_.port, error_.message());
    return std::make_unique<SocketStream>(std::move(socket_));
  }

 private:
  void finish(const error_code& ec) {
    disarm();
    error_ = ec;
    waiting_.resume();
  }
  void expired() override {
    expired_ = true;
    resolver_.cancel();
    error_code ignored;
    socket_.close(ignored);  // the pending handler runs next, and finishes
  }

  tcp::resolver resolver_;
  tcp::socket socket_;
  HostPort to_;
  Nanos timeout_;
  std::coroutine_handle<> waiting_;
  error_code error_;
  bool expired_ = false;
  bool resolving_failed_ = false;
};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const HostPort& at, bool share_port, OnAccept on_accept) {
  auto listener = std::make_unique<TcpListener>(loop, std::move(on_accept));
  if (auto r = listener->listen(at, share_port); !r) return tl::unexpected(r.error());
  return listener;
}

Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, HostPort to, Nanos timeout) {
  co_return co_await Connecting(loop, to, timeout);
}

}  // namespace trine::net
