#include "net/upstream.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "net/chunked.h"

namespace trine::net {
namespace {

constexpr size_t kBuffer = 1024;  // an idle stream should cost little; bursts make it grow
constexpr size_t kMaxHead = 64 << 10;
constexpr Nanos kSweep = std::chrono::seconds(5);

}  // namespace

UpstreamConnection::UpstreamConnection(Loop& loop, std::unique_ptr<Stream> stream)
    : stream_(std::move(stream)), reader_(*stream_, kBuffer, kMaxHead), deadline_(loop, *stream_) {}

Result<void> UpstreamConnection::read_error(const char* what, Nanos timeout) {
  if (deadline_.fired())
    return fail(Code::deadline_exceeded, "the engine sent no {} within {:.1f} s", what, seconds(timeout));
  return fail(Code::unavailable, "the engine closed the connection before its {} was complete", what);
}

Task<Result<void>> UpstreamConnection::read_head(Nanos timeout) {
  deadline_.arm(timeout);
  size_t seen = 0;
  for (;;) {
    const std::string_view bytes = reader_.unread();
    answered_ = answered_ || !bytes.empty();
    if (const size_t n = head_length(bytes, seen)) {
      head_bytes_.assign(bytes.substr(0, n));
      const HeadError e = parse_response(head_bytes_, head_);
      if (e != HeadError::none)
        co_return fail(Code::data_loss, "the engine's answer is not valid HTTP: {}", explain(e));
      reader_.consume(n);
      if (head_.status >= 200) break;
      seen = 0;
      continue;
    }
    if (has_bare_lf(bytes, seen))
      co_return fail(Code::data_loss, "the engine's answer is not valid HTTP: {}", explain(HeadError::bad_line));
    seen = bytes.size();
    if (reader_.full()) co_return fail(Code::data_loss, "the head of the engine's answer is over 64 KiB");
    const IoResult r = co_await reader_.more();
    if (!r.ok()) co_return read_error("answer", timeout);
  }
  deadline_.disarm();
  co_return Result<void>{};
}

Task<Result<void>> UpstreamConnection::read_body(std::string& into, size_t max, size_t padding, Nanos timeout) {
  auto too_large = [&] { return fail(Code::out_of_range, "the engine's answer is over {} bytes", max); };
  into.clear();
  const bool bodyless = no_body_ || head_.status == 204 || head_.status == 304;
  const std::optional<uint64_t> length = bodyless ? 0 : head_.content_length;
  if (length && *length > max) co_return too_large();
  if (length) into.reserve(static_cast<size_t>(*length) + padding);
  deadline_.arm(timeout);
  ChunkDecoder decoder;
  for (;;) {
    std::string_view in = reader_.unread();
    const size_t before = in.size();
    bool ended = false;
    if (length) {
      const size_t n = std::min(in.size(), static_cast<size_t>(*length) - into.size());
      into.append(in.substr(0, n));
      in.remove_prefix(n);
      ended = into.size() == *length;
    } else if (head_.chunked && !bodyless) {
      std::string_view piece;
      auto step = ChunkDecoder::Step::data;
      while ((step = decoder.next(in, piece)) == ChunkDecoder::Step::data) {
        if (piece.size() > max - into.size()) co_return too_large();
        into.append(piece);
      }
      if (step == ChunkDecoder::Step::bad) co_return fail(Code::data_loss, "the engine's chunked answer is broken");
      ended = step == ChunkDecoder::Step::end;
    } else {
      if (in.size() > max - into.size()) co_return too_large();
      into.append(in);
      in = {};
    }
    reader_.consume(before - in.size());
    if (ended) {
      if (head_.keep_alive) reusable_ = true;
      break;
    }
    const IoResult r = co_await reader_.more();
    if (r.ok()) continue;
    if (r.status == Status::eof && !length && !head_.chunked) break;  // the end of the connection ends the body
    co_return read_error("answer", timeout);
  }
  deadline_.disarm();
  into.append(padding, '\0');
  into.resize(into.size() - padding);
  co_return Result<void>{};
}

Pool::Pool(Loop& loop, Origin origin, Dialer* dialer)
    : Timer(loop), loop_(loop), origin_(std::move(origin)), dialer_(dialer) {
  if (origin_.server_name.empty()) origin_.server_name = origin_.address.host;
}

Task<Result<std::unique_ptr<Stream>>> Pool::dial() {
  const HostPort to = origin_.proxy.value_or(origin_.address);
  auto opening =
      dialer_ ? dialer_->dial(loop_, to, origin_.connect_timeout) : connect(loop_, to, origin_.connect_timeout);
  auto stream = co_await std::move(opening);
  if (!stream) co_return tl::unexpected(stream.error());
  if (origin_.proxy) {
    UpstreamConnection tunnel(loop_, std::move(*stream));
    const auto& [host, port] = origin_.address;
    const char* form = host.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}";
    const std::string authority = fmt::format(fmt::runtime(form), host, port);
    std::string ask = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", authority);
    if (!origin_.proxy_credentials.empty())
      ask += fmt::format("Proxy-Authorization: Basic {}\r\n", base64(origin_.proxy_credentials));
    ask += "\r\n";
    const std::array<std::string_view, 1> slices = {ask};
    if (!(co_await tunnel.send(slices)).ok()) co_return fail(Code::unavailable, "the proxy closed the connection");
    if (auto r = co_await tunnel.read_head(origin_.connect_timeout); !r) co_return tl::unexpected(r.error());
    if (tunnel.head().status / 100 != 2)
      co_return fail(Code::unavailable, "the proxy answered {} to CONNECT {}", tunnel.head().status, authority);
    *stream = std::move(tunnel.stream_);
  }
  if (origin_.tls)
    co_return co_await tls_connect(loop_, origin_.tls, std::move(*stream), origin_.server_name,
                                   origin_.connect_timeout);
  co_return std::move(*stream);
}

Task<Result<std::unique_ptr<UpstreamConnection>>> Pool::acquire(bool fresh) {
  while (!fresh && !idle_.empty()) {
    auto c = std::move(idle_.back());
    idle_.pop_back();
    if (loop_.clock().mono() - c->idle_since_ > origin_.idle_timeout || c->stream_->stale()) continue;
    ++c->requests_;
    c->answered_ = c->reusable_ = c->no_body_ = false;
    co_return std::move(c);
  }
  auto stream = co_await dial();
  if (!stream) co_return tl::unexpected(stream.error());
  auto c = std::make_unique<UpstreamConnection>(loop_, std::move(*stream));
  c->requests_ = 1;
  co_return std::move(c);
}

void Pool::release(std::unique_ptr<UpstreamConnection> c) {
  if (!c->reusable_ || c->aborted_ || !c->unread().empty() || idle_.size() >= origin_.max_idle) return;
  c->idle_since_ = loop_.clock().mono();
  c->deadline_.disarm();
  c->reader_.shrink();
  idle_.push_back(std::move(c));
  if (!armed()) arm(kSweep);
}

void Pool::expired() {
  const Mono now = loop_.clock().mono();
  std::erase_if(idle_,
                [&](const auto& c) { return now - c->idle_since_ > origin_.idle_timeout || c->stream_->stale(); });
  if (!idle_.empty()) arm(kSweep);
}

}  // namespace trine::net
