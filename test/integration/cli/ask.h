// One request over a plain socket.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>

namespace trine::cli::testing {

// Sends one request to a port of this machine and returns all that comes until the peer closes; `first` is called when
// the first byte is here.
inline std::string ask(int port, const std::string& request, const std::function<void()>& first = {}) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string got;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    std::array<char, 4096> buffer;
    for (ssize_t n; (n = ::read(fd, buffer.data(), buffer.size())) > 0;) {
      if (got.empty() && first) first();
      got.append(buffer.data(), static_cast<size_t>(n));
    }
  }
  ::close(fd);
  return got;
}

}  // namespace trine::cli::testing
