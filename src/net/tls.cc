#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <coroutine>
#include <utility>

#include "net/detail/socket_stream.h"
#include "net/detail/tls_bio.h"

namespace trine::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* p) const {
    free(p);
  }
};
using SslPtr = std::unique_ptr<SSL, Free<SSL_free>>;

constexpr size_t kRecord = 16 << 10;  // the most that one TLS record carries

// What OpenSSL says of the last error of this thread; empties its queue.
std::string openssl_words() {
  const unsigned long e = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(e);
  return reason ? reason : "the connection was closed";
}

}  // namespace

class TlsContext {
 public:
  explicit TlsContext(const SSL_METHOD* method) : ctx_(SSL_CTX_new(method)) {
    SSL_CTX_set_min_proto_version(get(), TLS1_2_VERSION);
    // A peer that ends without close_notify has ended: HTTP's own lengths tell whether anything is missing.
    SSL_CTX_set_options(get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // An idle connection keeps no buffers. A write that has to wait is tried again with the same bytes.
    SSL_CTX_set_mode(get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(get(), 1);
    // Tickets resume sessions without memory of ours; under mutual TLS OpenSSL wants a name for whom they are.
    SSL_CTX_set_session_cache_mode(get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(get(), reinterpret_cast<const unsigned char*>("trine"), 5);
  }

  Result<void> load_pair(const std::string& cert, const std::string& key) {
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(get(), cert.c_str()) != 1)
      return fail(Code::invalid_argument, "cannot read the certificate {}: {}", cert, openssl_words());
    if (SSL_CTX_use_PrivateKey_file(get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
      return fail(Code::invalid_argument, "cannot use the key {} for {}: {}", key, cert, openssl_words());
    return {};
  }
  Result<void> trust(const std::string& what, const std::string& file) {
    ERR_clear_error();
    if (SSL_CTX_load_verify_locations(get(), file.c_str(), nullptr) == 1) return {};
    return fail(Code::invalid_argument, "cannot read the {} {}: {}", what, file, openssl_words());
  }

  SSL_CTX* get() const { return ctx_.get(); }
  bool verify = true;

 private:
  std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> ctx_;
};

namespace {

// OpenSSL straight on the socket. (Asio's ssl::stream writes to the caller's buffers after the stream is gone, keeps
// two 17 KiB buffers per connection, and sends no close_notify without waiting for the peer's.)
class TlsStream final : public Stream {
 public:
  // Outlives the stream while Asio still holds a handler.
  struct State {
    State(std::shared_ptr<TlsContext> c, tcp::socket s) : context(std::move(c)), socket(std::move(s)) {
      ssl.reset(SSL_new(context->get()));
      BIO* bio = socket_bio(socket.native_handle());
      SSL_set_bio(ssl.get(), bio, bio);
    }
    std::shared_ptr<TlsContext> context;
    tcp::socket socket;
    SslPtr ssl;

    Done* reading = nullptr;
    std::span<char> into;
    bool read_cancelled = false;

    Done* writing = nullptr;
    bool write_cancelled = false;
    std::vector<std::string_view> left;  // slices not taken yet, from `first` on
    size_t first = 0;
    std::string record;        // small slices put together
    std::string_view current;  // what SSL_write is at: of `record`, or of a large slice
    bool notified = false;     // close_notify is sent
  };
  using StatePtr = std::shared_ptr<State>;

  explicit TlsStream(StatePtr s) : s_(std::move(s)) {}
  ~TlsStream() override {
    s_->reading = s_->writing = nullptr;
    close();
  }

  void read(std::span<char> into, Done& done) override {
    s_->reading = &done;
    s_->into = into;
    s_->read_cancelled = false;
    if (!s_->socket.is_open()) return post_read(s_, {Status::cancelled, 0});
    go_on_reading(s_, true);
  }

  IoResult read_now(std::span<char> into) override {
    if (s_->reading || !s_->socket.is_open()) return {Status::ok, 0};
    int want = 0;
    const auto r = try_read(*s_, into, want);
    return r.value_or(IoResult{Status::ok, 0});
  }

  std::optional<IoResult> write(std::span<const std::string_view> slices, Done& done) override {
    if (!s_->socket.is_open()) return IoResult{Status::cancelled, 0};
    s_->left.assign(slices.begin(), slices.end());
    s_->first = 0;
    s_->current = {};
    int want = 0;
    if (auto r = try_write(*s_, want)) return r;
    s_->writing = &done;
    s_->write_cancelled = false;
    wait_to_write(s_, want);
    return {};
  }

  void cancel() override {
    s_->read_cancelled = s_->write_cancelled = true;
    error_code ignored;
    s_->socket.cancel(ignored);
  }

  void shutdown_write() override {
    notify();
    error_code ignored;
    s_->socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void close() override {
    notify();
    s_->read_cancelled = s_->write_cancelled = true;
    error_code ignored;
    s_->socket.close(ignored);
  }

  bool stale() override {
    if (!s_->socket.is_open()) return true;
    ERR_clear_error();
    char byte = 0;
    const int n = SSL_peek(s_->ssl.get(), &byte, 1);  // takes in the session tickets of TLS 1.3
    return n > 0 || SSL_get_error(s_->ssl.get(), n) != SSL_ERROR_WANT_READ;
  }

  std::string peer_address() const override { return address_of(s_->socket); }

 private:
  // What has come; nothing if one has to wait for `want`.
  static std::optional<IoResult> try_read(State& s, std::span<char> into, int& want) {
    ERR_clear_error();
    size_t n = 0;
    const int r = SSL_read_ex(s.ssl.get(), into.data(), into.size(), &n);
    if (r == 1) return IoResult{Status::ok, n};
    want = SSL_get_error(s.ssl.get(), r);
    if (want == SSL_ERROR_WANT_READ || want == SSL_ERROR_WANT_WRITE) return {};
    const bool ended = want == SSL_ERROR_ZERO_RETURN || (want == SSL_ERROR_SYSCALL && errno == ECONNRESET);
    return IoResult{ended ? Status::eof : Status::error, 0};
  }

  static void post_read(const StatePtr& s, IoResult result) {
    asio::post(s->socket.get_executor(), [s, result] {
      if (s->reading) std::exchange(s->reading, nullptr)->done(result);
    });
  }

  static void go_on_reading(const StatePtr& s, bool inside_read) {
    int want = 0;
    if (const auto r = try_read(*s, s->into, want)) {
      if (inside_read) return post_read(s, *r);  // a read never ends inside read()
      return std::exchange(s->reading, nullptr)->done(*r);
    }
    const auto direction = want == SSL_ERROR_WANT_WRITE ? tcp::socket::wait_write : tcp::socket::wait_read;
    s->socket.async_wait(direction, [s](const error_code& ec) {
      if (!s->reading) return;
      // The flag, because a wait that is over already cannot be aborted, and may find half a record only.
      if (ec || s->read_cancelled)
        return std::exchange(s->reading, nullptr)
            ->done(s->read_cancelled ? IoResult{Status::cancelled, 0} : to_result(ec, 0));
      go_on_reading(s, false);
    });
  }

  // The next bytes to write, up to a record of small slices put together; none when all is written.
  static std::string_view next_bytes(State& s) {
    while (s.first < s.left.size() && s.left[s.first].empty()) ++s.first;
    if (s.first == s.left.size()) return {};
    if (s.left[s.first].size() >= kRecord || s.first + 1 == s.left.size()) return s.left[s.first++];
    s.record.clear();
    for (; s.first < s.left.size() && s.record.size() < kRecord; ++s.first) {
      std::string_view& slice = s.left[s.first];
      const size_t n = std::min(slice.size(), kRecord - s.record.size());
      s.record.append(slice.substr(0, n));
      slice.remove_prefix(n);
      if (!slice.empty()) break;
    }
    return s.record;
  }

  static std::optional<IoResult> try_write(State& s, int& want) {
    for (;;) {
      if (s.current.empty()) s.current = next_bytes(s);
      if (s.current.empty()) return IoResult{Status::ok, 0};
      ERR_clear_error();
      size_t n = 0;
      const int r = SSL_write_ex(s.ssl.get(), s.current.data(), s.current.size(), &n);
      if (r == 1) {
        s.current.remove_prefix(n);
        continue;
      }
      want = SSL_get_error(s.ssl.get(), r);
      if (want == SSL_ERROR_WANT_READ || want == SSL_ERROR_WANT_WRITE) return {};
      return IoResult{Status::error, 0};
    }
  }

  static void wait_to_write(const StatePtr& s, int want) {
    const auto direction = want == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
    s->socket.async_wait(direction, [s](const error_code& ec) {
      if (!s->writing) return;
      IoResult result{Status::cancelled, 0};
      if (!s->write_cancelled) {
        int again = 0;
        const auto r = ec ? to_result(ec, 0) : try_write(*s, again);
        if (!r) return wait_to_write(s, again);
        result = *r;
      }
      std::exchange(s->writing, nullptr)->done(result);
    });
  }

  // close_notify, without waiting for the peer's. Not in the middle of a write: the peer is to see that it is cut off.
  void notify() {
    if (s_->notified || s_->writing || !s_->socket.is_open()) return;
    s_->notified = true;
    ERR_clear_error();
    SSL_shutdown(s_->ssl.get());
    ERR_clear_error();
  }

  StatePtr s_;
};

class Handshake final : Timer {
 public:
  Handshake(Loop& loop, TlsStream::StatePtr s, Nanos timeout) : Timer(loop), s_(std::move(s)), timeout_(timeout) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> h) {
    if (step()) return false;
    waiting_ = h;
    arm(timeout_);
    return true;
  }
  Result<std::unique_ptr<Stream>> await_resume() {
    if (timed_out_) return fail(Code::deadline_exceeded, "no TLS handshake within {:.1f} s", seconds(timeout_));
    if (!failure_.empty()) return fail(Code::unavailable, "TLS handshake failed: {}", failure_);
    return std::make_unique<TlsStream>(s_);
  }

 private:
  // Goes as far as it can; true when it is over.
  bool step() {
    ERR_clear_error();
    SSL* ssl = s_->ssl.get();
    const int r = SSL_do_handshake(ssl);
    if (r == 1) return true;
    const int want = SSL_get_error(ssl, r);
    if (want != SSL_ERROR_WANT_READ && want != SSL_ERROR_WANT_WRITE) {
      failure_ = openssl_words();
      if (const long v = SSL_get_verify_result(ssl); v != X509_V_OK)
        failure_ += std::string(": ") + X509_verify_cert_error_string(v);
      return true;
    }
    const auto direction = want == SSL_ERROR_WANT_WRITE ? tcp::socket::wait_write : tcp::socket::wait_read;
    s_->socket.async_wait(direction, [this](const error_code& ec) {
      if (ec) failure_ = ec.message();
      if (!ec && !timed_out_ && !step()) return;
      disarm();
      waiting_.resume();
    });
    return false;
  }
  void expired() override {
    timed_out_ = true;
    error_code ignored;
    s_->socket.close(ignored);  // the pending wait ends next
  }
  TlsStream::StatePtr s_;
  Nanos timeout_;
  std::coroutine_handle<> waiting_;
  std::string failure_;
  bool timed_out_ = false;
};

TlsStream::StatePtr wrap(std::shared_ptr<TlsContext> context, std::unique_ptr<Stream> tcp) {
  auto& plain = dynamic_cast<SocketStream&>(*tcp);
  return std::make_shared<TlsStream::State>(std::move(context), plain.release());
}

}  // namespace

Result<std::shared_ptr<TlsContext>> tls_server(const TlsServerOptions& options) {
  auto context = std::make_shared<TlsContext>(TLS_server_method());
  if (auto r = context->load_pair(options.cert_file, options.key_file); !r) return tl::unexpected(r.error());
  if (!options.client_ca_file.empty()) {
    if (auto r = context->trust("client_ca", options.client_ca_file); !r) return tl::unexpected(r.error());
    SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

Result<std::shared_ptr<TlsContext>> tls_client(const TlsClientOptions& options) {
  auto context = std::make_shared<TlsContext>(TLS_client_method());
  SSL_CTX_set_default_verify_paths(context->get());
  if (!options.ca_file.empty())
    if (auto r = context->trust("CA file", options.ca_file); !r) return tl::unexpected(r.error());
  if (!options.cert_file.empty())
    if (auto r = context->load_pair(options.cert_file, options.key_file); !r) return tl::unexpected(r.error());
  context->verify = options.verify;
  SSL_CTX_set_verify(context->get(), options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return context;
}

Task<Result<std::unique_ptr<Stream>>> tls_accept(Loop& loop, std::shared_ptr<TlsContext> context,
                                                 std::unique_ptr<Stream> tcp, Nanos timeout) {
  auto state = wrap(std::move(context), std::move(tcp));
  SSL_set_accept_state(state->ssl.get());
  co_return co_await Handshake(loop, std::move(state), timeout);
}

Task<Result<std::unique_ptr<Stream>>> tls_connect(Loop& loop, std::shared_ptr<TlsContext> context,
                                                  std::unique_ptr<Stream> tcp, std::string server_name, Nanos timeout) {
  auto state = wrap(std::move(context), std::move(tcp));
  SSL* ssl = state->ssl.get();
  SSL_set_connect_state(ssl);
  error_code not_an_address;
  asio::ip::make_address(server_name, not_an_address);
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  if (not_an_address) {
    SSL_set_tlsext_host_name(ssl, server_name.c_str());  // names only: RFC 6066 §3
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(expected, server_name.c_str(), server_name.size());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(expected, server_name.c_str());
  }
  co_return co_await Handshake(loop, std::move(state), timeout);
}

}  // namespace trine::net
