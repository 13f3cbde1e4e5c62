#include "gateway/health_checks.h"

#include <algorithm>

#include "base/log.h"

namespace trine::gateway {
namespace {

constexpr Nanos kCheckPatience = std::chrono::seconds(5);  // of one check, or its period where that is less
constexpr size_t kMaxBody = 64 << 10;
constexpr int kParts = 16;  // of a period, over which the first checks are spread

}  // namespace

// It lives until the last answer it asked for has come, which may be after it was stopped.
class HealthChecks::Check final : net::Timer, public std::enable_shared_from_this<Check> {
 public:
  Check(net::Loop& loop, net::Dialer* dialer, const Deployment& d, std::shared_ptr<int> under_way)
      : net::Timer(loop),
        loop_(loop),
        page_(*d.health_page),
        pool_(loop, page_.origin, dialer),
        name_(d.name),
        state_(d.state),
        under_way_(std::move(under_way)) {}

  const Url& url() const { return page_.url; }
  void start(Nanos after) { arm(after); }
  void stop() {
    disarm();
    stopped_ = true;
  }

 private:
  void expired() override { net::spawn(ask()); }

  net::Task<void> ask() {
    const auto self = shared_from_this();
    ++*under_way_;
    net::FetchRequest request;
    if (!page_.url.path.empty()) request.target = page_.url.path;
    if (!page_.authorization.empty()) request.headers.emplace_back("Authorization", page_.authorization);
    const auto answer = co_await net::fetch(loop_, pool_, std::move(request),
                                            {.max_bytes = kMaxBody, .timeout = std::min(kCheckPatience, page_.every)});
    --*under_way_;
    if (stopped_) co_return;
    // 401, 404, 429: somebody is there, who does not know the page or has enough of it.
    const bool answers = answer && answer->status < 500;
    const bool was_bad = state_->health.fails_checks();
    state_->health.checked(answers);
    if (state_->health.fails_checks() != was_bad)
      log::warning("deployment {}: {}", name_,
                   answers  ? std::string("it answers again")
                   : answer ? fmt::format("{} answers with status {}: no requests until it is well", page_.url.text(),
                                          answer->status)
                            : fmt::format("{}: no requests until it answers", answer.error().message));
    arm(page_.every);
  }

  net::Loop& loop_;
  const HealthPage page_;
  net::Pool pool_;
  const std::string name_;
  const std::shared_ptr<DeploymentState> state_;
  const std::shared_ptr<int> under_way_;
  bool stopped_ = false;
};

HealthChecks::~HealthChecks() {
  stop();
}

void HealthChecks::use(const std::shared_ptr<const Snapshot>& snapshot) {
  const auto before = std::move(checks_);
  for (const auto& [_, check] : before) check->stop();
  checks_.clear();
  int n = 0;
  for (const auto& d : snapshot->deployments) {
    const auto old = before.find(d->name);
    const bool same = old != before.end() && d->health_page && old->second->url() == d->health_page->url;
    if (!same) d->state->health.forget_checks();
    if (!d->health_page) continue;
    // Made anew though its page is the same: certificates, the proxy or the key may be others.
    auto check = std::make_shared<Check>(loop_, dialer_, *d, under_way_);
    check->start(d->health_page->every / kParts * (++n % kParts));
    checks_.emplace(d->name, std::move(check));
  }
}

void HealthChecks::stop() {
  for (const auto& [_, check] : checks_) check->stop();
  checks_.clear();
}

bool HealthChecks::idle() const {
  return *under_way_ == 0;
}

}  // namespace trine::gateway
