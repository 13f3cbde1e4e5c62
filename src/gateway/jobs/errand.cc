#include "gateway/jobs/errand.h"

#include <array>
#include <coroutine>

#include "base/text.h"
#include "net/memory.h"
#include "net/server.h"
#include "net/upstream.h"

namespace trine::gateway {
namespace {

constexpr size_t kMostAnswerBytes = 4 << 20;

// The server's side of one errand.
class OneErrand final : public net::Handler {
 public:
  OneErrand(ErrandHandler& handler, const Errand& errand) : handler_(handler), errand_(errand) {}
  net::Task<void> serve(net::ServerConnection& connection) override {
    connection.close_after();
    return handler_.serve(connection, errand_);
  }
  std::string refuse(net::Refusal, std::string_view sentence) override {
    return fmt::format("HTTP/1.1 500 {}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", sentence);
  }

 private:
  ErrandHandler& handler_;
  const Errand& errand_;
};

// Until the server has no session left: the exchange may still have its record to write. Posted, since the server tells
// of it from inside its last session.
struct Drained {
  net::Loop& loop;
  net::Server& server;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    server.drain([this, h] { loop.post([h] { h.resume(); }); });
  }
  void await_resume() const noexcept {}
};

std::string head_of(const Errand& errand) {
  std::string head = fmt::format(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: trine\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
      errand.body.size());
  if (!errand.workload.empty()) head += fmt::format("x-trine-workload: {}\r\n", errand.workload);
  return head + "\r\n";
}

net::Task<Result<ErrandAnswer>> ask(net::UpstreamConnection& up, const Errand& errand, Nanos most) {
  const std::string head = head_of(errand);
  const std::array<std::string_view, 2> slices = {head, errand.body};
  ErrandAnswer answer;
  const auto sent = co_await up.send(slices);
  if (!sent.ok()) co_return fail(Code::unavailable, "the gateway is shutting down");
  if (auto read = co_await up.read_head(most); !read) co_return tl::unexpected(read.error());
  answer.status = up.head().status;
  answer.request_id = up.head().find("x-trine-request-id").value_or(std::string_view{});
  answer.retry_after = parse_int(up.head().find("retry-after").value_or(std::string_view{})).value_or(0);
  if (auto read = co_await up.read_body(answer.body, kMostAnswerBytes, 0, most); !read)
    co_return tl::unexpected(read.error());
  co_return answer;
}

}  // namespace

net::Task<Result<ErrandAnswer>> run_errand(Context& context, ErrandHandler& handler, const Errand& errand, Nanos most,
                                           std::function<void()>& leave) {
  OneErrand one(handler, errand);
  net::ServerLimits limits;
  limits.body = limits.write = most;
  net::Server server(context.loop, one, limits);
  auto [ours, theirs] = net::memory_pair(context.loop);
  auto up = std::make_unique<net::UpstreamConnection>(context.loop, std::move(ours));
  server.serve(std::move(theirs));
  leave = [&up] {
    if (up) up->abort();
  };
  auto answer = co_await ask(*up, errand, most);
  const bool left = up->aborted();
  leave = nullptr;
  up.reset();
  co_await Drained{context.loop, server};
  if (left) co_return fail(Code::cancelled, "the job was cancelled");
  co_return answer;
}

}  // namespace trine::gateway
