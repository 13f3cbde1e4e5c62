// A BIO on a socket that others own. OpenSSL's own raises SIGPIPE when the peer is gone. Included by tls.cc only.
#pragma once

#include <openssl/bio.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

namespace trine::net {

namespace detail {

inline int bio_socket(BIO* b) {
  return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(b)));
}

inline int bio_result(BIO* b, ssize_t n, int retry) {
  BIO_clear_retry_flags(b);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    BIO_set_flags(b, retry | BIO_FLAGS_SHOULD_RETRY);
  if (n == 0 && retry == BIO_FLAGS_READ) BIO_set_flags(b, BIO_FLAGS_IN_EOF);
  return static_cast<int>(n);
}

}  // namespace detail

// `fd` must be non-blocking and stay open as long as the BIO is used.
inline BIO* socket_bio(int fd) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "trine socket");
    BIO_meth_set_write(m, [](BIO* b, const char* bytes, int size) {
      const ssize_t n = ::send(detail::bio_socket(b), bytes, static_cast<size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
      return detail::bio_result(b, n, BIO_FLAGS_WRITE);
    });
    BIO_meth_set_read(m, [](BIO* b, char* bytes, int size) {
      const ssize_t n = ::recv(detail::bio_socket(b), bytes, static_cast<size_t>(size), MSG_DONTWAIT);
      return detail::bio_result(b, n, BIO_FLAGS_READ);
    });
    BIO_meth_set_ctrl(m, [](BIO* b, int command, long, void*) -> long {
      if (command == BIO_CTRL_FLUSH) return 1;
      if (command == BIO_CTRL_EOF) return BIO_test_flags(b, BIO_FLAGS_IN_EOF) != 0;
      return 0;
    });
    return m;
  }();
  BIO* b = BIO_new(method);
  BIO_set_data(b, reinterpret_cast<void*>(static_cast<intptr_t>(fd)));
  BIO_set_init(b, 1);
  return b;
}

}  // namespace trine::net
