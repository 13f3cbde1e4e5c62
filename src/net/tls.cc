#include "net/tls.h"

#include <boost/asio/ssl.hpp>
#include <coroutine>
#include <utility>

#include "net/detail/socket_stream.h"

namespace trine::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class TlsContext {
 public:
  explicit TlsContext(asio::ssl::context::method method) : ssl(method) {
    ssl.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                    asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1 |
                    asio::ssl::context::no_compression);
    SSL_CTX_set_mode(ssl.native_handle(), SSL_MODE_RELEASE_BUFFERS);  // an idle connection keeps no 32 KiB of buffers
  }
  asio::ssl::context ssl;
  bool verify = true;
};

namespace {

using Socket = asio::ssl::stream<tcp::socket>;

class TlsStream final : public Stream {
 public:
  struct State {
    State(std::shared_ptr<TlsContext> c, tcp::socket s) : context(std::move(c)), ssl(std::move(s), context->ssl) {}
    std::shared_ptr<TlsContext> context;
    Socket ssl;
    std::string outgoing;
    Done* reading = nullptr;
    Done* writing = nullptr;
  };

  explicit TlsStream(std::shared_ptr<State> s) : s_(std::move(s)) {}
  ~TlsStream() override {
    s_->reading = s_->writing = nullptr;
    close();
  }

  void read(std::span<char> into, Done& done) override {
    s_->reading = &done;
    s_->ssl.async_read_some(asio::buffer(into.data(), into.size()), [s = s_](const error_code& ec, size_t n) {
      if (Done* d = std::exchange(s->reading, nullptr))
        d->done(ec == asio::ssl::error::stream_truncated ? IoResult{Status::eof, n} : to_result(ec, n));
    });
  }

  IoResult read_now(std::span<char>) override { return {Status::ok, 0}; }  // records cannot be read without waiting

  std::optional<IoResult> write(std::span<const std::string_view> slices, Done& done) override {
    // One record sequence for the whole gather list: a record per slice would cost more than the copy.
    s_->outgoing.clear();
    for (std::string_view slice : slices) s_->outgoing.append(slice);
    if (s_->outgoing.empty()) return IoResult{Status::ok, 0};
    s_->writing = &done;
    asio::async_write(s_->ssl, asio::buffer(s_->outgoing), [s = s_](const error_code& ec, size_t n) {
      if (Done* d = std::exchange(s->writing, nullptr)) d->done(to_result(ec, n));
    });
    return {};
  }

  void cancel() override {
    error_code ignored;
    s_->ssl.next_layer().cancel(ignored);
  }
  void shutdown_write() override {
    // close_notify without waiting for the peer's: as much as HTTP with its own lengths needs.
    SSL_shutdown(s_->ssl.native_handle());
    error_code ignored;
    s_->ssl.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
  }
  void close() override {
    error_code ignored;
    s_->ssl.next_layer().close(ignored);
  }
  bool stale() override {
    char byte;
    const ssize_t n = ::recv(s_->ssl.next_layer().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    // Bytes may be a session ticket of TLS 1.3: only the end of the stream counts.
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
  }
  std::string peer_address() const override {
    error_code ec;
    const auto endpoint = s_->ssl.next_layer().remote_endpoint(ec);
    return ec ? std::string() : endpoint.address().to_string();
  }

 private:
  std::shared_ptr<State> s_;
};

class Handshake final : Timer {
 public:
  Handshake(Loop& loop, std::shared_ptr<TlsStream::State> s, asio::ssl::stream_base::handshake_type type, Nanos timeout)
      : Timer(loop), s_(std::move(s)), type_(type), timeout_(timeout) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    arm(timeout_);
    s_->ssl.async_handshake(type_, [this, h](const error_code& ec) {
      disarm();
      error_ = ec;
      h.resume();
    });
  }
  Result<std::unique_ptr<Stream>> await_resume() {
    if (timed_out_) return fail(Code::deadline_exceeded, "no TLS handshake within {:.1f} s", seconds(timeout_));
    if (error_) return fail(Code::unavailable, "TLS handshake failed: {}", error_.message());
    return std::make_unique<TlsStream>(s_);
  }

 private:
  void expired() override {
    timed_out_ = true;
    error_code ignored;
    s_->ssl.next_layer().close(ignored);
  }
  std::shared_ptr<TlsStream::State> s_;
  asio::ssl::stream_base::handshake_type type_;
  Nanos timeout_;
  error_code error_;
  bool timed_out_ = false;
};

std::shared_ptr<TlsStream::State> wrap(std::shared_ptr<TlsContext> context, std::unique_ptr<Stream> tcp) {
  auto& plain = dynamic_cast<SocketStream&>(*tcp);
  return std::make_shared<TlsStream::State>(std::move(context), plain.release());
}

Result<void> load_pair(asio::ssl::context& ssl, const std::string& cert, const std::string& key) {
  error_code ec;
  ssl.use_certificate_chain_file(cert, ec);
  if (ec) return fail(Code::invalid_argument, "cannot read the certificate {}: {}", cert, ec.message());
  ssl.use_private_key_file(key, asio::ssl::context::pem, ec);
  if (ec) return fail(Code::invalid_argument, "cannot use the key {} for {}: {}", key, cert, ec.message());
  return {};
}

}  // namespace

Result<std::shared_ptr<TlsContext>> tls_server(const TlsServerOptions& options) {
  auto context = std::make_shared<TlsContext>(asio::ssl::context::tls_server);
  if (auto r = load_pair(context->ssl, options.cert_file, options.key_file); !r) return tl::unexpected(r.error());
  if (!options.client_ca_file.empty()) {
    error_code ec;
    context->ssl.load_verify_file(options.client_ca_file, ec);
    if (ec) return fail(Code::invalid_argument, "cannot read client_ca {}: {}", options.client_ca_file, ec.message());
    context->ssl.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  }
  return context;
}

Result<std::shared_ptr<TlsContext>> tls_client(const TlsClientOptions& options) {
  auto context = std::make_shared<TlsContext>(asio::ssl::context::tls_client);
  error_code ec;
  context->ssl.set_default_verify_paths(ec);
  if (!options.ca_file.empty()) {
    context->ssl.load_verify_file(options.ca_file, ec);
    if (ec) return fail(Code::invalid_argument, "cannot read the CA file {}: {}", options.ca_file, ec.message());
  }
  if (!options.cert_file.empty())
    if (auto r = load_pair(context->ssl, options.cert_file, options.key_file); !r) return tl::unexpected(r.error());
  context->verify = options.verify;
  context->ssl.set_verify_mode(options.verify ? asio::ssl::verify_peer : asio::ssl::verify_none);
  return context;
}

Task<Result<std::unique_ptr<Stream>>> tls_accept(Loop& loop, std::shared_ptr<TlsContext> context,
                                                 std::unique_ptr<Stream> tcp, Nanos timeout) {
  co_return co_await Handshake(loop, wrap(std::move(context), std::move(tcp)), asio::ssl::stream_base::server, timeout);
}

Task<Result<std::unique_ptr<Stream>>> tls_connect(Loop& loop, std::shared_ptr<TlsContext> context,
                                                  std::unique_ptr<Stream> tcp, std::string server_name, Nanos timeout) {
  auto state = wrap(std::move(context), std::move(tcp));
  SSL_set_tlsext_host_name(state->ssl.native_handle(), server_name.c_str());
  if (state->context->verify) state->ssl.set_verify_callback(asio::ssl::host_name_verification(server_name));
  co_return co_await Handshake(loop, std::move(state), asio::ssl::stream_base::client, timeout);
}

}  // namespace trine::net
