#include "gateway/health_checks.h"

#include <algorithm>

#include "base/log.h"

namespace trine::gateway {
namespace {

constexpr Nanos kPatience = std::chrono::seconds(5);  // of one check, or its period where that is less
constexpr size_t kMaxBody = 64 << 10;

// The deployment's own origin, at the place of its health page: the same certificates and the same proxy.
net::Origin origin_of(const Deployment& d) {
  net::Origin o = d.origin;
  o.address = {d.health->host, d.health->port};
  if (!d.health->tls) o.tls = nullptr;
  return o;
}

}  // namespace

class HealthChecks::Check final : net::Timer, public std::enable_shared_from_this<Check> {
 public:
  Check(net::Loop& loop, net::Dialer* dialer, const Deployment& d, std::shared_ptr<int> under_way)
      : net::Timer(loop),
        loop_(loop),
        pool_(loop, origin_of(d), dialer),
        name_(d.name),
        url_(*d.health),
        every_(d.health_every),
        state_(d.state),
        under_way_(std::move(under_way)) {}

  bool same(const Deployment& d) const {
    return d.health && *d.health == url_ && d.health_every == every_ && d.state == state_;
  }
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
    if (!url_.path.empty()) request.target = url_.path;
    const auto answer = co_await net::fetch(loop_, pool_, std::move(request),
                                            {.max_bytes = kMaxBody, .timeout = std::min(kPatience, every_)});
    --*under_way_;
    if (stopped_) co_return;
    // 401, 404: somebody is there who does not know the page.
    const bool answers = answer && answer->status < 500 && answer->status != 429;
    const bool was_bad = state_->health.fails_checks();
    state_->health.checked(answers);
    if (state_->health.fails_checks() != was_bad)
      log::warning(
          "deployment {}: {}", name_,
          answers  ? std::string("it answers again")
          : answer ? fmt::format("{} answers with status {}: no requests until it is well", url_.text(), answer->status)
                   : fmt::format("{}: no requests until it answers", answer.error().message));
    arm(every_);
  }

  net::Loop& loop_;
  net::Pool pool_;
  std::string name_;
  Url url_;
  Nanos every_;
  std::shared_ptr<DeploymentState> state_;
  std::shared_ptr<int> under_way_;
  bool stopped_ = false;
};

HealthChecks::~HealthChecks() {
  stop();
}

void HealthChecks::use(const std::shared_ptr<const Snapshot>& snapshot) {
  std::unordered_map<std::string, std::shared_ptr<Check>> now;
  int n = 0;
  for (const auto& d : snapshot->deployments) {
    const auto before = checks_.find(d->name);
    if (before != checks_.end() && before->second->same(*d)) {
      now.insert(checks_.extract(before));
      continue;
    }
    d->state->health.checked(true);
    if (!d->health) continue;
    auto check = std::make_shared<Check>(loop_, dialer_, *d, under_way_);
    check->start(d->health_every / 16 * (++n % 16));
    now.emplace(d->name, std::move(check));
  }
  stop();
  checks_ = std::move(now);
}

void HealthChecks::stop() {
  for (const auto& [_, check] : checks_) check->stop();
  checks_.clear();
}

bool HealthChecks::idle() const {
  return *under_way_ == 0;
}

}  // namespace trine::gateway
