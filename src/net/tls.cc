#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"
#include "net/awaiters.h"
#include "net/deadline.h"

namespace trine::net {

class TlsContext {
 public:
  explicit TlsContext(const SSL_METHOD* method) : ctx(SSL_CTX_new(method)) {
    if (!ctx) throw_error({Code::internal, "OpenSSL cannot make a context"});
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    // An idle connection keeps no 32 KiB of buffers.
    SSL_CTX_set_mode(ctx,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  ~TlsContext() { SSL_CTX_free(ctx); }
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* ctx;
  bool verify = true;
};

namespace {

// What went wrong last in OpenSSL on this thread; forgets it.
std::string openssl_error() {
  const unsigned long e = ERR_get_error();
  ERR_clear_error();
  if (e == 0) return "the connection ended";
  const char* reason = ERR_reason_error_string(e);
  return reason ? reason : "error " + std::to_string(e);
}

// A text of a certificate. One with a NUL byte, which programs read in two ways, is none.
std::string text_of(const ASN1_STRING* s) {
  const std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)),
                         static_cast<size_t>(ASN1_STRING_length(s)));
  return text.find('\0') == std::string::npos ? text : std::string();
}

std::string common_name(X509* cert) {
  X509_NAME* subject = X509_get_subject_name(cert);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return {};
  unsigned char* utf8 = nullptr;
  const int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (n < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<size_t>(n));
  OPENSSL_free(utf8);
  return text.find('\0') == std::string::npos ? text : std::string();
}

// Null: the peer showed no certificate, or nobody checked it.
std::unique_ptr<const PeerCertificate> verified_peer(SSL* ssl) {
  X509* cert = SSL_get0_peer_certificate(ssl);
  if (!cert || SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE || SSL_get_verify_result(ssl) != X509_V_OK) return nullptr;
  auto out = std::make_unique<PeerCertificate>();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(cert, EVP_sha256(), digest.data(), &size) == 1)
    out->fingerprint = hex(std::span(digest.data(), size));
  out->common_name = common_name(cert);
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(cert, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* n = sk_GENERAL_NAME_value(names, i);
    if (n->type != GEN_URI && n->type != GEN_DNS) continue;
    std::string text = text_of(n->type == GEN_URI ? n->d.uniformResourceIdentifier : n->d.dNSName);
    if (!text.empty()) out->names.push_back(std::move(text));
  }
  GENERAL_NAMES_free(names);
  ERR_clear_error();
  return out;
}

// TLS over any stream: the session works on memory, and what it wants to send or receive goes through `inner`.
class TlsStream final : public Stream {
 public:
  TlsStream(Loop& loop, std::shared_ptr<TlsContext> context, std::unique_ptr<Stream> inner)
      : loop_(loop), context_(std::move(context)), inner_(std::move(inner)), ssl_(SSL_new(context_->ctx)) {
    if (!ssl_) throw_error({Code::resource_exhausted, "OpenSSL cannot make a session"});
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_, in_, out_);  // owns both from here
  }
  ~TlsStream() override {
    *alive_ = false;
    SSL_free(ssl_);
  }

  SSL* ssl() { return ssl_; }
  Stream& inner() { return *inner_; }

  // Feeds ciphertext, takes what is to be sent.
  void feed(std::string_view bytes) { BIO_write(in_, bytes.data(), static_cast<int>(bytes.size())); }
  std::string outgoing() {
    char* data = nullptr;
    const long n = BIO_get_mem_data(out_, &data);
    std::string bytes(data, static_cast<size_t>(n));
    (void)BIO_reset(out_);
    return bytes;
  }

  IoResult read_now(std::span<char> into) override {
    for (;;) {
      if (const auto r = decrypt(into)) return *r;
      const IoResult more = inner_->read_now(cipher_);
      if (more.ok() && more.n == 0) return more;
      if (!more.ok()) return more;
      feed({cipher_.data(), more.n});
    }
  }

  void read(std::span<char> into, Done& done) override {
    reading_ = &done;
    into_ = into;
    if (const auto r = decrypt(into)) return later(*r);
    inner_->read(cipher_, read_done_);
  }

  std::optional<IoResult> write(std::span<const std::string_view> slices, Done& done) override {
    plain_.assign(slices.begin(), slices.end());
    const auto r = write_on();
    if (!r) writing_ = &done;
    return r;
  }

  void cancel() override { inner_->cancel(); }
  void shutdown_write() override {
    // close_notify without waiting for the peer's: as much as HTTP with its own lengths needs.
    SSL_shutdown(ssl_);
    ERR_clear_error();
    if (!writing_) {
      cipher_out_ = outgoing();
      const std::array<std::string_view, 1> bytes = {cipher_out_};
      (void)inner_->write(bytes, write_done_);
    }
    inner_->shutdown_write();
  }
  void close() override { inner_->close(); }
  bool stale() override {
    // Bytes may be a session ticket of TLS 1.3: only data and the end of the stream count.
    char byte;
    for (;;) {
      const int n = SSL_peek(ssl_, &byte, 1);
      const int why = SSL_get_error(ssl_, n);
      ERR_clear_error();
      if (n > 0 || why != SSL_ERROR_WANT_READ) return true;
      const IoResult more = inner_->read_now(cipher_);
      if (!more.ok()) return true;
      if (more.n == 0) return false;
      feed({cipher_.data(), more.n});
    }
  }
  std::string peer_address() const override { return inner_->peer_address(); }
  const PeerCertificate* peer_certificate() const override { return peer_.get(); }
  void note_peer() { peer_ = verified_peer(ssl_); }

 private:
  static constexpr size_t kCipher = 4 << 10;
  static constexpr size_t kAtOnce = 64 << 10;  // plain bytes that are encrypted ahead of the socket

  struct ReadDone final : Done {
    explicit ReadDone(TlsStream& s) : stream(s) {}
    void done(IoResult r) override { stream.read_ended(r); }
    TlsStream& stream;
  };
  struct WriteDone final : Done {
    explicit WriteDone(TlsStream& s) : stream(s) {}
    void done(IoResult r) override { stream.write_ended(r); }
    TlsStream& stream;
  };

  // Plain bytes that can be had without more ciphertext; nothing where more is needed.
  std::optional<IoResult> decrypt(std::span<char> into) {
    const int n = SSL_read(ssl_, into.data(), static_cast<int>(std::min<size_t>(into.size(), 1 << 30)));
    if (n > 0) return IoResult{Status::ok, static_cast<size_t>(n)};
    const int why = SSL_get_error(ssl_, n);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ) return std::nullopt;
    return IoResult{why == SSL_ERROR_ZERO_RETURN ? Status::eof : Status::error, 0};
  }

  // A read's result from outside the caller.
  void later(IoResult r) {
    loop_.post([this, alive = alive_, r] {
      if (*alive && reading_) std::exchange(reading_, nullptr)->done(r);
    });
  }

  void read_ended(IoResult r) {
    if (r.ok()) {
      feed({cipher_.data(), r.n});
      const auto plain = decrypt(into_);
      if (!plain) return inner_->read(cipher_, read_done_);
      r = *plain;
    }
    if (reading_) std::exchange(reading_, nullptr)->done(r);
  }

  // Encrypts and sends what is left, piece by piece; nothing while the inner stream has to wait.
  std::optional<IoResult> write_on() {
    for (;;) {
      size_t ahead = 0;
      size_t first = 0;
      for (; first < plain_.size() && ahead < kAtOnce; ++first) {
        std::string_view& part = plain_[first];
        while (!part.empty() && ahead < kAtOnce) {
          const int n = SSL_write(ssl_, part.data(), static_cast<int>(std::min(part.size(), kAtOnce - ahead)));
          if (n <= 0) {
            ERR_clear_error();
            return IoResult{Status::error, 0};
          }
          part.remove_prefix(static_cast<size_t>(n));
          ahead += static_cast<size_t>(n);
        }
        if (!part.empty()) break;
      }
      plain_.erase(plain_.begin(), plain_.begin() + static_cast<ptrdiff_t>(first));
      cipher_out_ = outgoing();
      if (cipher_out_.empty()) return IoResult{Status::ok, 0};
      const std::array<std::string_view, 1> bytes = {cipher_out_};
      const auto r = inner_->write(bytes, write_done_);
      if (!r) return std::nullopt;
      if (!r->ok()) return r;
    }
  }

  void write_ended(IoResult r) {
    if (!writing_) return;
    if (r.ok()) {
      const auto rest = write_on();
      if (!rest) return;
      r = *rest;
    }
    std::exchange(writing_, nullptr)->done(r);
  }

  Loop& loop_;
  std::shared_ptr<TlsContext> context_;
  std::unique_ptr<Stream> inner_;
  SSL* ssl_;
  std::unique_ptr<const PeerCertificate> peer_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::vector<char> cipher_ = std::vector<char>(kCipher);
  std::string cipher_out_;
  std::vector<std::string_view> plain_;  // of the pending write
  Done* reading_ = nullptr;
  Done* writing_ = nullptr;
  std::span<char> into_;
  ReadDone read_done_{*this};
  WriteDone write_done_{*this};
};

Task<Result<std::unique_ptr<Stream>>> handshake(Loop& loop, std::unique_ptr<TlsStream> tls, Nanos timeout) {
  Stream& inner = tls->inner();
  Deadline deadline(loop, inner);
  deadline.arm(timeout);
  std::array<char, 8192> buffer;
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(tls->ssl());
    const int why = SSL_get_error(tls->ssl(), done);
    std::string failure;
    if (done != 1 && why != SSL_ERROR_WANT_READ) {
      const long verified = SSL_get_verify_result(tls->ssl());
      failure = openssl_error();
      if (verified != X509_V_OK) failure += fmt::format(": {}", X509_verify_cert_error_string(verified));
    }
    const std::string bytes = tls->outgoing();  // an alert too, where it failed
    if (!bytes.empty()) {
      const std::array<std::string_view, 1> slices = {bytes};
      const IoResult sent = co_await write_all(inner, slices);
      if (!sent.ok() && failure.empty() && !deadline.fired()) failure = "the peer closed the connection";
    }
    if (failure.empty() && done == 1) break;
    if (failure.empty() && !deadline.fired()) {
      const IoResult r = co_await read_some(inner, buffer);
      if (r.ok()) {
        tls->feed({buffer.data(), r.n});
        continue;
      }
      failure = "the peer closed the connection";
    }
    if (deadline.fired()) co_return fail(Code::deadline_exceeded, "no TLS handshake within {:.1f} s", seconds(timeout));
    co_return fail(Code::unavailable, "TLS handshake failed: {}", failure);
  }
  deadline.disarm();
  tls->note_peer();
  co_return std::unique_ptr<Stream>(std::move(tls));
}

Result<void> load_pair(SSL_CTX* ctx, const std::string& cert, const std::string& key) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(ctx, cert.c_str()) != 1)
    return fail(Code::invalid_argument, "cannot read the certificate {}: {}", cert, openssl_error());
  if (SSL_CTX_use_PrivateKey_file(ctx, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(Code::invalid_argument, "cannot use the key {} for {}: {}", key, cert, openssl_error());
  return {};
}

bool is_address(const std::string& host) {
  return host.find(':') != std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

Result<std::shared_ptr<TlsContext>> tls_server(const TlsServerOptions& options) {
  auto context = std::make_shared<TlsContext>(TLS_server_method());
  if (auto r = load_pair(context->ctx, options.cert_file, options.key_file); !r) return tl::unexpected(r.error());
  if (!options.client_ca_file.empty()) {
    if (SSL_CTX_load_verify_locations(context->ctx, options.client_ca_file.c_str(), nullptr) != 1)
      return fail(Code::invalid_argument, "cannot read client_ca {}: {}", options.client_ca_file, openssl_error());
    SSL_CTX_set_client_CA_list(context->ctx, SSL_load_client_CA_file(options.client_ca_file.c_str()));
    SSL_CTX_set_verify(context->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    // Sessions are resumed only within what this context verified.
    static constexpr unsigned char kSessions[] = "trine";
    SSL_CTX_set_session_id_context(context->ctx, kSessions, sizeof kSessions - 1);
  }
  return context;
}

Result<std::shared_ptr<TlsContext>> tls_client(const TlsClientOptions& options) {
  auto context = std::make_shared<TlsContext>(TLS_client_method());
  SSL_CTX_set_default_verify_paths(context->ctx);
  ERR_clear_error();
  if (!options.ca_file.empty() && SSL_CTX_load_verify_locations(context->ctx, options.ca_file.c_str(), nullptr) != 1)
    return fail(Code::invalid_argument, "cannot read the CA file {}: {}", options.ca_file, openssl_error());
  if (!options.cert_file.empty())
    if (auto r = load_pair(context->ctx, options.cert_file, options.key_file); !r) return tl::unexpected(r.error());
  context->verify = options.verify;
  SSL_CTX_set_verify(context->ctx, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return context;
}

Task<Result<std::unique_ptr<Stream>>> tls_accept(Loop& loop, std::shared_ptr<TlsContext> context,
                                                 std::unique_ptr<Stream> inner, Nanos timeout) {
  auto tls = std::make_unique<TlsStream>(loop, std::move(context), std::move(inner));
  SSL_set_accept_state(tls->ssl());
  co_return co_await handshake(loop, std::move(tls), timeout);
}

Task<Result<std::unique_ptr<Stream>>> tls_connect(Loop& loop, std::shared_ptr<TlsContext> context,
                                                  std::unique_ptr<Stream> inner, std::string server_name,
                                                  Nanos timeout) {
  const bool verify = context->verify;
  auto tls = std::make_unique<TlsStream>(loop, std::move(context), std::move(inner));
  SSL_set_connect_state(tls->ssl());
  const bool address = is_address(server_name);
  if (!address) SSL_set_tlsext_host_name(tls->ssl(), server_name.c_str());
  if (verify && address) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl()), server_name.c_str());
  if (verify && !address) SSL_set1_host(tls->ssl(), server_name.c_str());
  co_return co_await handshake(loop, std::move(tls), timeout);
}

}  // namespace trine::net
