#include "net/fetch.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace trine::net {
namespace {

constexpr uint16_t kHttp = 80, kHttps = 443;

bool is_token(std::string_view s) {  // RFC 9110 §5.6.2
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !s.empty() && std::all_of(s.begin(), s.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMarks.find(c) != kMarks.npos;
  });
}

bool is_visible(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_field_value(std::string_view s) {
  return std::all_of(s.begin(), s.end(),
                     [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); });
}

// Of a name or an address, brackets taken off. What else a host may hold by RFC 3986 ('%', ';') two parsers read in two
// ways, as they do a backslash: for one of them the host ends there.
bool is_host(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == ':';
  });
}

std::string authority_of(const HostPort& at, bool tls) {
  const bool v6 = at.host.find(':') != std::string::npos;
  std::string text = v6 ? "[" + at.host + "]" : at.host;
  if (at.port != (tls ? kHttps : kHttp)) text += fmt::format(":{}", at.port);
  return text;
}

Result<std::string> head_of(const Origin& origin, const FetchRequest& r) {
  if (!is_token(r.method)) return fail(Code::invalid_argument, "'{}' is no HTTP method", r.method);
  if (r.target.empty() || r.target.front() != '/' || !is_visible(r.target))
    return fail(Code::invalid_argument, "the path must begin with '/' and hold no blanks or control characters");
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: identity\r\n", r.method, r.target,
                                 authority_of(origin.address, origin.tls != nullptr));
  for (const auto& [name, value] : r.headers) {
    if (!is_token(name)) return fail(Code::invalid_argument, "'{}' is no header name", name);
    // The value may be a secret: it is not shown.
    if (!is_field_value(value)) return fail(Code::invalid_argument, "the value of {} holds a control character", name);
    head += fmt::format("{}: {}\r\n", name, value);
  }
  if (!r.body.empty() || r.method == "POST" || r.method == "PUT" || r.method == "PATCH")
    head += fmt::format("Content-Length: {}\r\n", r.body.size());
  head += "\r\n";
  return head;
}

// Upstream's sentences speak of the engine; here it may be any server. The place and the time limit are ours to tell.
Error told(const Origin& origin, const FetchLimits& limits, Error e) {
  const std::string place = authority_of(origin.address, origin.tls != nullptr);
  if (e.code == Code::deadline_exceeded)
    return {e.code, fmt::format("{}: no complete answer within {:.3g} s", place, seconds(limits.timeout))};
  constexpr std::string_view kEngine = "the engine";
  if (e.message.starts_with(kEngine)) e.message = "the server" + e.message.substr(kEngine.size());
  return {e.code, fmt::format("{}: {}", place, e.message)};
}

struct Attempt {
  Result<FetchResponse> result;
  bool again = false;  // the kept connection was dead already: nothing was lost
};

Result<void> no_time() {
  return fail(Code::deadline_exceeded, "no time is left");
}

Task<Result<void>> exchange(Loop& loop, UpstreamConnection& c, std::string_view head, const FetchRequest& request,
                            size_t max_bytes, Mono until, FetchResponse& out) {
  const auto left = [&] { return until - loop.clock().mono(); };
  if (left() <= Nanos(0)) co_return no_time();
  const std::array<std::string_view, 2> slices = {head, request.body};
  c.deadline().arm(left());
  const std::span<const std::string_view> bytes(slices.data(), request.body.empty() ? size_t{1} : size_t{2});
  const IoResult sent = co_await c.send(bytes);
  if (!sent.ok() && c.deadline().fired()) co_return no_time();
  if (!sent.ok()) co_return fail(Code::unavailable, "the engine closed the connection while the request was sent");
  Nanos time = std::max(left(), Nanos(1));
  if (auto read = co_await c.read_head(time); !read) co_return read;
  out.status = c.head().status;
  for (const Header& h : c.head().headers) {
    std::string name(h.name);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char ch) { return ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch | 0x20) : ch; });
    out.headers.emplace_back(std::move(name), std::string(h.value));
  }
  if (const auto coding = out.find("content-encoding"); coding && !iequals(*coding, "identity"))
    co_return fail(Code::data_loss, "the engine's answer is encoded ('{}') although none was asked for", *coding);
  if (request.method == "HEAD") co_return Result<void>{};  // whatever its head says, no body follows
  time = std::max(left(), Nanos(1));
  co_return co_await c.read_body(out.body, max_bytes, 0, time);
}

Task<Attempt> attempt(Loop& loop, Pool& pool, const FetchRequest& request, std::string_view head, size_t max_bytes,
                      Mono until, bool fresh) {
  auto acquired = co_await pool.acquire(fresh);
  if (!acquired) co_return Attempt{tl::unexpected(acquired.error())};
  std::unique_ptr<UpstreamConnection> c = std::move(*acquired);
  FetchResponse response;
  const Result<void> done = co_await exchange(loop, *c, head, request, max_bytes, until, response);
  if (!done) {
    const bool dead = c->reused() && !c->answered() && done.error().code == Code::unavailable;
    co_return Attempt{tl::unexpected(done.error()), dead};
  }
  pool.release(std::move(c));
  co_return Attempt{std::move(response)};
}

}  // namespace

std::string FetchUrl::authority() const {
  return authority_of(address, tls);
}

Result<FetchUrl> parse_fetch_url(std::string_view text) {
  FetchUrl url;
  std::string_view rest = text;
  if (iequals(rest.substr(0, 7), "http://")) {
    rest.remove_prefix(7);
  } else if (iequals(rest.substr(0, 8), "https://")) {
    rest.remove_prefix(8);
    url.tls = true;
  } else {
    return fail(Code::invalid_argument, "a URL begins with http:// or https://");
  }
  if (!is_visible(text) || text.find('#') != text.npos)
    return fail(Code::invalid_argument, "a URL holds no blanks, control characters or '#'");
  const size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != authority.npos)
    return fail(Code::invalid_argument, "a URL holds no user or password: give a token in the configuration instead");
  const bool v6 = authority.starts_with('[');
  const size_t closed = v6 ? authority.find(']') : 0;
  const bool has_port = closed != authority.npos && authority.find(':', closed) != authority.npos;
  std::string with_port(authority);
  if (!has_port) with_port += url.tls ? ":443" : ":80";
  auto address = parse_host_port(with_port);
  if (!address || address->host.empty() || address->port == 0)
    return fail(Code::invalid_argument, "'{}' is no host or host:port", authority);
  if (!is_host(address->host))
    return fail(Code::invalid_argument, "'{:.100}' is no host: letters, digits, '-', '.' and '_' only", address->host);
  url.address = std::move(*address);
  url.target = rest.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

std::string percent_encoded(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::optional<std::string_view> FetchResponse::find(std::string_view lower_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_name) return value;
  return std::nullopt;
}

Task<Result<FetchResponse>> fetch(Loop& loop, Pool& pool, FetchRequest request, FetchLimits limits) {
  const Result<std::string> head = head_of(pool.origin(), request);
  if (!head) co_return tl::unexpected(head.error());
  const Mono until = loop.clock().mono() + limits.timeout;
  Attempt tried = co_await attempt(loop, pool, request, *head, limits.max_bytes, until, false);
  if (tried.again && (request.method == "GET" || request.method == "HEAD")) {
    Attempt second = co_await attempt(loop, pool, request, *head, limits.max_bytes, until, true);
    tried.result = std::move(second.result);
  }
  if (!tried.result) co_return tl::unexpected(told(pool.origin(), limits, tried.result.error()));
  co_return std::move(tried.result);
}

}  // namespace trine::net
