// TCP: listening and connecting. Streams are non-blocking with TCP_NODELAY set on both sides.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/ip.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/task.h"

namespace trine::net {

struct HostPort {
  std::string host;  // a name or an address without brackets
  uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:80".
Result<HostPort> parse_host_port(std::string_view text);

// Accepts on one address. With `share_port` several listeners of this user may have the same one (SO_REUSEPORT, one
// per worker); without it a port that is taken is an error.
class Listener {
 public:
  using OnAccept = std::function<void(std::unique_ptr<Stream>)>;

  static Result<std::unique_ptr<Listener>> open(Loop& loop, const HostPort& at, bool share_port, OnAccept on_accept);
  virtual ~Listener() = default;
  virtual uint16_t port() const = 0;  // the real one where 0 was asked for
  virtual void close() = 0;           // accepts no more
};

// All addresses of a name, or the one that the text is, in any form that the system takes for one ("127.1",
// "0x7f000001"). By the system's resolver, off this thread. Errors: unavailable, deadline_exceeded.
Task<Result<std::vector<IpAddress>>> resolve(Loop& loop, std::string host, Nanos timeout);

// Resolves (system resolver, off this thread) and connects, trying each address in turn until `timeout` is over. With a
// rule, nothing is connected to unless every address keeps it. Errors: unavailable, deadline_exceeded, the rule's.
Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, HostPort to, Nanos timeout, AddressRule rule = {});

}  // namespace trine::net
