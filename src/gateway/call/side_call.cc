#include "gateway/call/side_call.h"

#include <algorithm>
#include <array>

namespace trine::gateway {
net::Task<std::optional<std::string>> side_call(Exchange& x, const Deployment& d, std::string_view path,
                                                const std::string& body, size_t most, Mono until) {
  const auto left = [&] { return std::max<Nanos>(std::chrono::milliseconds(1), until - x.now()); };
  const std::shared_ptr<net::Pool> pool = x.context.pool(x.call.deployment);
  auto connection = co_await pool->acquire();
  if (!connection || x.now() >= until) co_return std::nullopt;
  net::UpstreamConnection& up = **connection;
  const std::string head = fmt::format(
      "POST {}{} HTTP/1.1\r\n{}Content-Type: application/json\r\nAccept-Encoding: identity\r\n"
      "Content-Length: {}\r\n\r\n",
      d.base_path, path, d.head, body.size());
  const std::array<std::string_view, 2> slices = {head, body};
  up.deadline().arm(left());
  x.call.sent = true;
  const auto sent = co_await up.send(slices);
  if (!sent.ok()) co_return std::nullopt;
  const auto answered = co_await up.read_head(left());
  if (!answered) co_return std::nullopt;
  const int status = up.head().status;
  std::string answer;
  const auto read = co_await up.read_body(answer, most, net::Body::kPadding, left());
  if (!read) co_return std::nullopt;
  pool->release(std::move(*connection));
  if (status != 200) co_return std::nullopt;
  co_return answer;
}

}  // namespace trine::gateway
