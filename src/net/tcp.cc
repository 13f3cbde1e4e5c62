#include "net/tcp.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <coroutine>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "net/detail/socket_stream.h"

namespace trine::net {

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

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

IpAddress ip_of(const Address& a) {
  IpAddress ip;
  ip.v6 = a.storage.ss_family == AF_INET6;
  if (ip.v6)
    std::memcpy(ip.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(a.storage).sin6_addr, 16);
  else
    std::memcpy(ip.bytes.data(), &reinterpret_cast<const sockaddr_in&>(a.storage).sin_addr, 4);
  return ip;
}

struct Lookup {
  std::vector<Address> found;
  int error = 0;  // getaddrinfo's
};

// Blocks, unless AI_NUMERICHOST is among the flags.
Lookup look_up(const HostPort& at, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  Lookup out;
  out.error = getaddrinfo(at.host.c_str(), std::to_string(at.port).c_str(), &hints, &list);
  for (const addrinfo* i = list; i; i = i->ai_next) {
    Address a;
    a.length = i->ai_addrlen;
    std::memcpy(&a.storage, i->ai_addr, i->ai_addrlen);
    out.found.push_back(a);
  }
  if (list) freeaddrinfo(list);
  return out;
}

int open_socket(const Address& a) {
  const int fd = ::socket(a.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  return fd;
}

class TcpListener final : public Listener, Timer, Watched {
 public:
  TcpListener(Loop& loop, OnAccept on_accept) : Timer(loop), loop_(loop.impl()), on_accept_(std::move(on_accept)) {}
  ~TcpListener() override {
    if (destroyed_) *destroyed_ = true;
    loop_.forget(*this);
    close();
  }

  Result<void> listen(const HostPort& at, bool share_port) {
    const Lookup where = look_up(at, AI_PASSIVE);
    if (where.found.empty())
      return fail(Code::invalid_argument, "cannot listen on '{}': {}", at.host, gai_strerror(where.error));
    const Address& a = where.found.front();
    const int on = 1;
    const int fd = open_socket(a);
    bool good = fd >= 0 && ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    if (share_port) good = good && ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
    good = good && ::bind(fd, a.get(), a.length) == 0 && ::listen(fd, kBacklog) == 0;
    if (!good) {
      const int error = errno;
      if (fd >= 0) ::close(fd);
      return fail(Code::unavailable, "cannot listen on {}:{}: {}", at.host, at.port, std::strerror(error));
    }
    fd_ = fd;
    ++loop_.operations;
    if (!loop_.watch(fd_, *this, EPOLLIN))
      return fail(Code::resource_exhausted, "cannot watch {}:{}: {}", at.host, at.port, std::strerror(errno));
    return {};
  }

  uint16_t port() const override {
    sockaddr_storage a{};
    socklen_t length = sizeof a;
    if (fd_ < 0 || ::getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &length) != 0) return 0;
    return ntohs(a.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(a).sin6_port
                                         : reinterpret_cast<const sockaddr_in&>(a).sin_port);
  }

  void close() override {
    if (fd_ < 0) return;
    disarm();
    ::close(std::exchange(fd_, -1));
    --loop_.operations;
  }

 private:
  static constexpr int kBacklog = 4096;
  static constexpr int kInARow = 64;
  static constexpr Nanos kPause = std::chrono::milliseconds(100);

  void ready(uint32_t) override {
    bool destroyed = false;
    destroyed_ = &destroyed;
    for (int i = 0; i < kInARow && fd_ >= 0; ++i) {
      const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        on_accept_(std::make_unique<SocketStream>(loop_, fd));
        if (destroyed) return;
        continue;
      }
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) {
        // Out of descriptors or memory: a pause, so that the loop does not spin on an accept that keeps failing.
        log::warning("accept failed: {}", std::strerror(errno));
        loop_.change(fd_, *this, 0);
        arm(kPause);
      }
      break;
    }
    destroyed_ = nullptr;
  }
  void expired() override {
    if (fd_ >= 0) loop_.change(fd_, *this, EPOLLIN);
  }

  Loop::Impl& loop_;
  OnAccept on_accept_;
  int fd_ = -1;
  bool* destroyed_ = nullptr;
};

// The system's resolver blocks: it has a thread of its own, which may outlive who asked (`*who` is null then) and even
// the loop.
template <class T>
void look_up_aside(Loop::Impl& loop, const HostPort& at, const std::shared_ptr<T*>& who) {
  std::thread([at, who, mailbox = loop.mailbox] {
    mailbox->post([who, found = look_up(at, 0)] {
      if (*who) (*who)->resolved(found);
    });
  }).detach();
}

class Resolving final : Timer {
 public:
  Resolving(Loop& loop, const std::string& host, Nanos timeout)
      : Timer(loop), loop_(loop.impl()), at_{host, 0}, timeout_(timeout) {}
  ~Resolving() override {
    if (asking_) *asking_ = nullptr;
  }

  bool await_ready() {
    found_ = look_up(at_, AI_NUMERICHOST);
    return !found_.found.empty();
  }
  void await_suspend(std::coroutine_handle<> h) {
    waiting_ = h;
    ++loop_.operations;
    arm(timeout_);
    asking_ = std::make_shared<Resolving*>(this);
    look_up_aside(loop_, at_, asking_);
  }
  Result<std::vector<IpAddress>> await_resume() {
    if (expired_)
      return fail(Code::deadline_exceeded, "{:.100} was not resolved within {:.3g} s", at_.host, seconds(timeout_));
    if (found_.found.empty())
      return fail(Code::unavailable, "cannot resolve {:.100}: {}", at_.host, gai_strerror(found_.error));
    std::vector<IpAddress> out;
    for (const Address& a : found_.found) out.push_back(ip_of(a));
    return out;
  }
  void resolved(const Lookup& found) {
    found_ = found;
    finish();
  }

 private:
  void expired() override {
    expired_ = true;
    finish();
  }
  void finish() {
    *std::exchange(asking_, nullptr) = nullptr;
    disarm();
    --loop_.operations;
    waiting_.resume();
  }

  Loop::Impl& loop_;
  const HostPort at_;
  const Nanos timeout_;
  Lookup found_;
  std::shared_ptr<Resolving*> asking_;
  std::coroutine_handle<> waiting_;
  bool expired_ = false;
};

// Resolves, then connects to one address after the other. Times out as a whole.
class Connecting final : Timer, Watched {
 public:
  Connecting(Loop& loop, const HostPort& to, Nanos timeout, const AddressRule& rule)
      : Timer(loop), loop_(loop.impl()), to_(to), timeout_(timeout), rule_(rule) {}
  ~Connecting() override {
    if (resolving_) *resolving_ = nullptr;
    loop_.forget(*this);
    if (fd_ >= 0) ::close(fd_);
  }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> h) {
    waiting_ = h;
    ++loop_.operations;
    arm(timeout_);
    Lookup literal = look_up(to_, AI_NUMERICHOST);
    if (!literal.found.empty()) {
      addresses_ = std::move(literal.found);
      if (may_connect() && try_next()) return true;
      --loop_.operations;
      disarm();
      return false;
    }
    resolving_ = std::make_shared<Connecting*>(this);
    look_up_aside(loop_, to_, resolving_);
    return true;
  }

  void resolved(const Lookup& l) {
    resolving_.reset();
    lookup_error_ = l.found.empty() ? l.error : 0;
    addresses_ = l.found;
    if (lookup_error_ != 0 || !may_connect() || !try_next()) finish();
  }

  Result<std::unique_ptr<Stream>> await_resume() {
    if (expired_)
      return fail(Code::deadline_exceeded, "no connection to {}:{} within {:.1f} s", to_.host, to_.port,
                  seconds(timeout_));
    if (lookup_error_ != 0)
      return fail(Code::unavailable, "cannot resolve {}: {}", to_.host, gai_strerror(lookup_error_));
    if (refused_) return tl::unexpected(*refused_);
    if (error_ != 0)
      return fail(Code::unavailable, "cannot connect to {}:{}: {}", to_.host, to_.port, std::strerror(error_));
    loop_.drop(fd_);
    return std::make_unique<SocketStream>(loop_, std::exchange(fd_, -1));
  }

 private:
  bool may_connect() {
    for (const Address& a : addresses_) {
      if (!rule_ || refused_) break;
      if (auto kept = rule_(ip_of(a)); !kept) refused_ = kept.error();
    }
    return !refused_;
  }

  // True while a connection is under way.
  bool try_next() {
    while (next_ < addresses_.size()) {
      if (fd_ >= 0) ::close(fd_);
      const Address& a = addresses_[next_++];
      fd_ = open_socket(a);
      error_ = 0;
      if (fd_ >= 0 && (::connect(fd_, a.get(), a.length) == 0 || errno == EINPROGRESS)) {
        if (loop_.watch(fd_, *this, EPOLLOUT)) return true;
      }
      error_ = errno;
    }
    return false;
  }

  void ready(uint32_t) override {
    socklen_t length = sizeof error_;
    if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error_, &length) != 0) error_ = errno;
    const int error = error_;
    if (error != 0 && try_next()) return;
    if (error_ == 0) error_ = error;
    finish();
  }

  void finish() {
    disarm();
    --loop_.operations;
    waiting_.resume();
  }
  void expired() override {
    expired_ = true;
    if (resolving_) *std::exchange(resolving_, nullptr) = nullptr;
    loop_.forget(*this);
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    --loop_.operations;
    waiting_.resume();
  }

  Loop::Impl& loop_;
  HostPort to_;
  Nanos timeout_;
  const AddressRule& rule_;
  std::optional<Error> refused_;
  std::coroutine_handle<> waiting_;
  std::shared_ptr<Connecting*> resolving_;
  std::vector<Address> addresses_;
  size_t next_ = 0;
  int fd_ = -1;
  int error_ = 0;
  int lookup_error_ = 0;
  bool expired_ = false;
};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const HostPort& at, bool share_port, OnAccept on_accept) {
  auto listener = std::make_unique<TcpListener>(loop, std::move(on_accept));
  if (auto r = listener->listen(at, share_port); !r) return tl::unexpected(r.error());
  return listener;
}

Task<Result<std::vector<IpAddress>>> resolve(Loop& loop, std::string host, Nanos timeout) {
  co_return co_await Resolving(loop, host, timeout);
}

Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, HostPort to, Nanos timeout, AddressRule rule) {
  co_return co_await Connecting(loop, to, timeout, rule);
}

}  // namespace trine::net
