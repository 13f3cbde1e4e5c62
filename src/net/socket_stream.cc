#include "net/detail/socket_stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace trine::net {
namespace {

constexpr size_t kMaxSlices = 64;
constexpr uint32_t kReads = EPOLLIN | EPOLLRDHUP | EPOLLET;
constexpr uint32_t kHangUp = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

// Sends what the socket takes: `first` and `offset` say how far it came. False on an error.
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
      return would_block(errno);
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

SocketStream::SocketStream(Loop::Impl& loop, int fd) : loop_(loop), fd_(fd) {
  // Not watched, it could wait for ever: it is a closed one then.
  if (!loop_.watch(fd_, *this, kReads)) ::close(std::exchange(fd_, -1));
}

SocketStream::~SocketStream() {
  if (destroyed_) *destroyed_ = true;
  if (reading_) --loop_.operations;
  if (writing_) --loop_.operations;
  loop_.forget(*this);
  if (fd_ >= 0) ::close(fd_);
}

IoResult SocketStream::receive(std::span<char> into) {
  const ssize_t n = ::recv(fd_, into.data(), into.size(), MSG_DONTWAIT);
  if (n > 0) {
    // Less than there was room for: the socket is empty, and the next byte makes a new edge.
    if (static_cast<size_t>(n) < into.size() && !hung_up_) readable_ = false;
    return {Status::ok, static_cast<size_t>(n)};
  }
  if (n == 0 || errno == ECONNRESET || errno == EPIPE) return {Status::eof, 0};
  if (!would_block(errno)) return {Status::error, 0};
  readable_ = false;
  return {Status::ok, 0};
}

IoResult SocketStream::read_now(std::span<char> into) {
  if (fd_ < 0) return {Status::cancelled, 0};
  if (!readable_ || in_a_row_ == 0) return {Status::ok, 0};
  --in_a_row_;
  return receive(into);
}

void SocketStream::read(std::span<char> into, Done& done) {
  reading_ = &done;
  into_ = into;
  ++loop_.operations;
  if (fd_ < 0) cancelled_ = true;
  if (fd_ < 0 || readable_) loop_.defer(*this);
}

std::optional<IoResult> SocketStream::write(std::span<const std::string_view> slices, Done& done) {
  if (fd_ < 0) return IoResult{Status::cancelled, 0};
  size_t first = 0;
  size_t offset = 0;
  if (!send_some(fd_, slices, first, offset)) return IoResult{Status::error, 0};
  if (first == slices.size()) return IoResult{Status::ok, 0};
  left_.assign(slices.begin() + static_cast<ptrdiff_t>(first), slices.end());
  left_.front().remove_prefix(offset);
  writing_ = &done;
  ++loop_.operations;
  loop_.change(fd_, *this, kReads | EPOLLOUT);
  return {};
}

void SocketStream::finish(Done*& which, IoResult result) {
  --loop_.operations;
  std::exchange(which, nullptr)->done(result);
}

void SocketStream::ready(uint32_t events) {
  bool destroyed = false;
  destroyed_ = &destroyed;
  in_a_row_ = kInARow;
  if (events & kHangUp) hung_up_ = true;
  if (events & (EPOLLIN | kHangUp)) readable_ = true;
  if (std::exchange(cancelled_, false)) {
    if (reading_) finish(reading_, {Status::cancelled, 0});
    if (destroyed) return;
    if (writing_) {
      if (fd_ >= 0) loop_.change(fd_, *this, kReads);
      finish(writing_, {Status::cancelled, 0});
    }
    if (destroyed) return;
  }
  if (writing_ && fd_ >= 0 && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
    size_t first = 0;
    size_t offset = 0;
    const bool good = send_some(fd_, left_, first, offset);
    left_.erase(left_.begin(), left_.begin() + static_cast<ptrdiff_t>(first));
    if (good && !left_.empty()) {
      left_.front().remove_prefix(offset);
    } else {
      loop_.change(fd_, *this, kReads);
      finish(writing_, {good ? Status::ok : Status::error, 0});
      if (destroyed) return;
    }
  }
  if (reading_ && readable_ && fd_ >= 0) {
    const IoResult r = receive(into_);
    if (!r.ok() || r.n > 0) finish(reading_, r);
    if (destroyed) return;
  }
  destroyed_ = nullptr;
}

void SocketStream::cancel() {
  if (!reading_ && !writing_) return;
  cancelled_ = true;
  loop_.defer(*this);
}

void SocketStream::shutdown_write() {
  if (fd_ >= 0) ::shutdown(fd_, SHUT_WR);
}

void SocketStream::close() {
  if (fd_ < 0) return;
  ::close(std::exchange(fd_, -1));
  cancel();
}

bool SocketStream::stale() {
  if (fd_ < 0 || readable_ || hung_up_) return true;
  // What came since the loop last looked: an answer that nobody asked for must not become somebody's.
  char byte;
  const ssize_t n = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  readable_ = n >= 0 || !would_block(errno);
  return readable_;
}

std::string SocketStream::peer_address() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (fd_ < 0 || ::getpeername(fd_, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
      inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof text);
    else
      inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace trine::net
