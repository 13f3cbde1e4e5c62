// A byte stream: TCP, TLS or memory. The seam at which tests put virtual networks.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trine::net {

enum class Status { ok, eof, cancelled, error };

struct IoResult {
  Status status = Status::ok;
  size_t n = 0;  // bytes, when ok
  bool ok() const { return status == Status::ok; }
};

// Who the peer is by its certificate, which a CA that we trust signed.
struct PeerCertificate {
  std::string fingerprint;         // SHA-256 of the whole certificate, 64 hexadecimal digits in lower case
  std::vector<std::string> names;  // URIs and DNS names of its subjectAltName; none that holds a NUL byte
  std::string common_name;         // of its subject; empty: none, or several
};

// One thread. At most one read and one write at a time. Destroying a stream drops what is pending silently.
class Stream {
 public:
  // Told once per operation that did not end at once.
  struct Done {
    virtual void done(IoResult result) = 0;

   protected:
    ~Done() = default;
  };

  virtual ~Stream() = default;

  // Reads at least one byte into `into` (not empty), which must stay until `done`. Never calls `done` from inside.
  virtual void read(std::span<char> into, Done& done) = 0;

  // Reads what is known to be there without waiting; n == 0 with ok when nothing is. A socket learns of it in its
  // loop's turn.
  virtual IoResult read_now(std::span<char> into) = 0;

  // Writes all slices, in order. The result when it could be had at once, else nothing, and `done` is told later;
  // until then the bytes (not the span of slices) must stay.
  virtual std::optional<IoResult> write(std::span<const std::string_view> slices, Done& done) = 0;

  // Pending operations end with `cancelled`; the stream stays usable.
  virtual void cancel() = 0;
  // No more writes: the peer sees the end of our bytes.
  virtual void shutdown_write() = 0;
  // Pending operations end with `cancelled`.
  virtual void close() = 0;

  // Whether the peer has closed or sent bytes while nobody was reading. For pooled connections.
  virtual bool stale() = 0;
  // "10.0.0.7" without the port; empty for memory streams.
  virtual std::string peer_address() const = 0;
  // Null: none was asked for, or none was verified. Valid as long as the stream.
  virtual const PeerCertificate* peer_certificate() const { return nullptr; }
};

}  // namespace trine::net
