// The TCP stream, with its socket visible to tls.cc. Included by .cc files of net only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <vector>

#include "net/detail/loop_impl.h"
#include "net/stream.h"

namespace trine::net {

IoResult to_result(const boost::system::error_code& ec, size_t n);
// The peer's address without its port; an IPv4 address that came over IPv6 as what it is.
std::string address_of(const boost::asio::ip::tcp::socket& socket);

class SocketStream final : public Stream {
 public:
  explicit SocketStream(boost::asio::ip::tcp::socket socket);
  ~SocketStream() override;

  void read(std::span<char> into, Done& done) override;
  IoResult read_now(std::span<char> into) override;
  std::optional<IoResult> write(std::span<const std::string_view> slices, Done& done) override;
  void cancel() override;
  void shutdown_write() override;
  void close() override;
  bool stale() override;
  std::string peer_address() const override;

  boost::asio::ip::tcp::socket release() { return std::move(s_->socket); }

 private:
  // Outlives the stream while Asio still holds a handler.
  struct State {
    explicit State(boost::asio::ip::tcp::socket s) : socket(std::move(s)) {}
    boost::asio::ip::tcp::socket socket;
    Done* reading = nullptr;
    Done* writing = nullptr;
    std::vector<std::string_view> left;  // what a full socket buffer did not take
  };
  static void write_rest(const std::shared_ptr<State>& s);

  std::shared_ptr<State> s_;
};

}  // namespace trine::net
