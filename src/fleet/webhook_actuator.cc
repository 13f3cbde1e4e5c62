#include "fleet/webhook_actuator.h"

#include "net/fetch.h"
#include "net/hmac.h"

namespace trine::fleet {
namespace {

constexpr size_t kShortestSecret = 16;

bool may_pass(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

class Webhook final : public Actuator {
 public:
  Webhook(net::Loop& loop, WebhookOptions options, net::FetchUrl url, net::Origin origin, net::Dialer* dialer)
      : loop_(loop), options_(std::move(options)), url_(std::move(url)), pool_(loop, std::move(origin), dialer) {}

  std::string_view name() const override { return "webhook"; }
  void begin(const Order& order, Done done) override { net::spawn(carry_out(order, std::move(done))); }

 private:
  net::Task<void> carry_out(Order order, Done done) {
    Nanos pause = options_.pause;
    Result<MachineReport> report = fail(Code::internal, "not tried");
    for (int attempt = 1;; ++attempt) {
      report = co_await post(order);
      if (report || is_final(report.error()) || attempt >= options_.attempts) break;
      co_await loop_.sleep(pause);
      pause *= 2;
    }
    if (report) report->reason = without_secrets(std::move(report->reason), {options_.secret});
    done(std::move(report));
  }

  net::Task<Result<MachineReport>> post(const Order& order) {
    net::FetchRequest request;
    request.method = "POST";
    request.target = url_.target;
    request.body = to_json(order);
    const auto now = unix_ns(loop_.clock().wall()) / 1'000'000'000;
    const std::string timestamp = std::to_string(now);
    const std::string signature = net::hmac_sha256(options_.secret, timestamp + "." + request.body);
    request.headers.emplace_back("Content-Type", "application/json");
    // Who answers by the header gives the first answer again: right for a start, and for nothing that is asked
    // repeatedly.
    if (order.kind == Order::Kind::start) request.headers.emplace_back("Idempotency-Key", order.key);
    request.headers.emplace_back("X-Trine-Timestamp", timestamp);
    request.headers.emplace_back("X-Trine-Signature", "v1=" + signature);
    net::FetchLimits limits;
    limits.max_bytes = kMaxReport;
    limits.timeout = options_.timeout;
    auto answer = co_await net::fetch(loop_, pool_, std::move(request), limits);
    if (!answer) co_return fail(Code::unavailable, "{}", answer.error().message);
    co_return report_of(order, *answer);
  }

  static Result<MachineReport> report_of(const Order& order, const net::FetchResponse& answer) {
    if (answer.status >= 200 && answer.status < 300) {
      auto report = read_report(answer.body);
      // It may have done its work all the same: not final.
      if (!report) return fail(Code::data_loss, "of the web hook {}", report.error().message);
      return report;
    }
    if ((answer.status == 404 || answer.status == 410) && order.kind != Order::Kind::start) {
      MachineReport gone;
      gone.state = MachineReport::State::gone;
      return gone;
    }
    if (may_pass(answer.status)) return fail(Code::unavailable, "the web hook answered with status {}", answer.status);
    if (answer.status == 401 || answer.status == 403)
      return fail(Code::permission_denied, "the web hook refused the signature or the caller (status {})",
                  answer.status);
    return fail(Code::invalid_argument, "the web hook refused (status {})", answer.status);
  }

  net::Loop& loop_;
  const WebhookOptions options_;
  const net::FetchUrl url_;
  net::Pool pool_;
};

}  // namespace

Result<std::unique_ptr<Actuator>> webhook_actuator(net::Loop& loop, WebhookOptions options, net::Dialer* dialer) {
  auto url = net::parse_fetch_url(options.url);
  if (!url) return tl::unexpected(url.error());
  if (options.secret.size() < kShortestSecret) {
    return fail(Code::invalid_argument,
                "the web hook's secret has {} bytes; at least {} are needed, such as `openssl rand -hex 32` gives",
                options.secret.size(), kShortestSecret);
  }
  net::Origin origin;
  origin.address = url->address;
  if (url->tls) {
    auto tls = net::tls_client(options.tls);
    if (!tls) return tl::unexpected(tls.error());
    origin.tls = std::move(*tls);
  }
  return std::make_unique<Webhook>(loop, std::move(options), std::move(*url), std::move(origin), dialer);
}

}  // namespace trine::fleet
