// TLS on top of TCP streams, by OpenSSL. Contexts are immutable once made and may be shared by threads.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/task.h"

namespace trine::net {

class TlsContext;  // an SSL_CTX

struct TlsServerOptions {
  std::string cert_file, key_file;
  std::string client_ca_file;  // not empty: clients must show a certificate that it signed
};

struct TlsClientOptions {
  std::string ca_file;              // besides the system's
  std::string cert_file, key_file;  // our own, for mTLS
  bool verify = true;
};

Result<std::shared_ptr<TlsContext>> tls_server(const TlsServerOptions& options);
Result<std::shared_ptr<TlsContext>> tls_client(const TlsClientOptions& options);

// Handshakes over any stream. Errors: unavailable, deadline_exceeded.
Task<Result<std::unique_ptr<Stream>>> tls_accept(Loop& loop, std::shared_ptr<TlsContext> context,
                                                 std::unique_ptr<Stream> inner, Nanos timeout);
Task<Result<std::unique_ptr<Stream>>> tls_connect(Loop& loop, std::shared_ptr<TlsContext> context,
                                                  std::unique_ptr<Stream> inner, std::string server_name,
                                                  Nanos timeout);

}  // namespace trine::net
