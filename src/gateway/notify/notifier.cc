#include "gateway/notify/notifier.h"

#include <algorithm>

#include "base/log.h"
#include "net/hmac.h"

namespace trine::gateway {
namespace {

constexpr size_t kMostOfReceiver = 16 << 10;
constexpr Nanos kNoticePatience = std::chrono::seconds(10);

// What a later try may find otherwise.
bool may_pass(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

}  // namespace

// It lives until its last message ended, which may be after it was stopped.
class Notifier::Receiver final : net::Timer, public std::enable_shared_from_this<Receiver> {
 public:
  Receiver(const Parts& parts, std::shared_ptr<int> under_way)
      : net::Timer(parts.loop), loop_(parts.loop), dialer_(parts.dialer), under_way_(std::move(under_way)) {}

  const std::string& name() const { return config_.name; }

  void use(const NotificationConfig& config, const Outbound& to) {
    config_ = config;
    target_ = to.target;
    pool_ = std::make_shared<net::Pool>(loop_, to.origin, dialer_);
  }

  void tell(const Notice& notice, const std::string& id) {
    const auto& about = config_.about;
    if (!about.empty() && std::find(about.begin(), about.end(), gateway::name(notice.kind)) == about.end()) return;
    if (waiting_.size() >= kMostWaiting) {
      waiting_.pop_front();
      attempts_ = 0;
      ++stats_.dropped;
    }
    waiting_.push_back({id, to_json(notice, id, config_.form)});
    if (!sending_ && !armed()) arm(Nanos(0));
  }

  void stop() {
    disarm();
    stopped_ = true;
  }

  NoticeStats stats() const {
    NoticeStats s = stats_;
    s.receiver = config_.name;
    s.waiting = waiting_.size();
    return s;
  }

 private:
  struct Message {
    std::string id, body;
  };

  void expired() override {
    if (!sending_ && !stopped_ && !waiting_.empty()) net::spawn(send());
  }

  net::Task<void> send() {
    const auto self = shared_from_this();
    const auto pool = pool_;  // a reload may put another in its place
    sending_ = true;
    ++*under_way_;
    const Message message = waiting_.front();
    net::FetchRequest request;
    request.method = "POST";
    request.target = target_;
    request.body = message.body;
    request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("Idempotency-Key", message.id);
    if (!config_.secret.empty()) {
      const std::string timestamp = std::to_string(unix_ns(loop_.clock().wall()) / 1'000'000'000);
      request.headers.emplace_back("X-Trine-Timestamp", timestamp);
      request.headers.emplace_back("X-Trine-Signature",
                                   "v1=" + net::hmac_sha256(config_.secret, timestamp + "." + message.body));
    }
    const auto answer = co_await net::fetch(loop_, *pool, std::move(request),
                                            {.max_bytes = kMostOfReceiver, .timeout = kNoticePatience});
    --*under_way_;
    sending_ = false;
    if (stopped_) co_return;
    ended(message.id, answer);
    if (!waiting_.empty()) arm(pause());
  }

  void ended(const std::string& id, const Result<net::FetchResponse>& answer) {
    const bool taken = answer && answer->status >= 200 && answer->status < 300;
    const bool again = !taken && (!answer || may_pass(answer->status)) && ++attempts_ < kAttempts;
    if (again) return;
    if (taken) {
      ++stats_.sent;
    } else {
      ++stats_.failed;
      // The address is not said: it may be a secret.
      log::warning("notification {} is not taken: {}", config_.name,
                   answer ? fmt::format("status {}", answer->status) : std::string(name_of(answer.error())));
    }
    attempts_ = 0;
    // While it was under way the queue may have overflowed, and the message fallen out.
    if (!waiting_.empty() && waiting_.front().id == id) waiting_.pop_front();
  }

  static const char* name_of(const Error& e) {
    return e.code == Code::deadline_exceeded ? "no answer in time" : "nobody answers";
  }

  Nanos pause() const {
    Nanos p = attempts_ == 0 ? Nanos(0) : kFirstPause;
    for (int i = 1; i < attempts_; ++i) p *= 2;
    return p;
  }

  net::Loop& loop_;
  net::Dialer* dialer_;
  NotificationConfig config_;
  std::string target_;
  std::shared_ptr<net::Pool> pool_;
  std::deque<Message> waiting_;
  NoticeStats stats_;
  int attempts_ = 0;  // of the first of them
  bool sending_ = false, stopped_ = false;
  const std::shared_ptr<int> under_way_;
};

Notifier::Notifier(Parts parts) : net::Timer(parts.loop), parts_(std::move(parts)), ids_(parts_.seed) {}

Notifier::~Notifier() {
  stop();
}

void Notifier::use(const std::shared_ptr<const Snapshot>& snapshot) {
  snapshot_ = snapshot;
  const auto before = std::move(receivers_);
  receivers_.clear();
  const auto& configs = snapshot->config->notifications;
  for (size_t i = 0; i < configs.size(); ++i) {
    const auto old =
        std::find_if(before.begin(), before.end(), [&](const auto& r) { return r->name() == configs[i].name; });
    auto receiver = old != before.end() ? *old : std::make_shared<Receiver>(parts_, under_way_);
    receiver->use(configs[i], snapshot->notified[i]);
    receivers_.push_back(std::move(receiver));
  }
  for (const auto& r : before)
    if (std::find(receivers_.begin(), receivers_.end(), r) == receivers_.end()) r->stop();
  if (receivers_.empty())
    disarm();
  else if (parts_.view)
    arm(kLook);
}

void Notifier::tell(const Notice& notice) {
  if (receivers_.empty()) return;
  const std::string id = ids_.next(notice.at).text().replace(0, 4, "ntc_");
  for (const auto& r : receivers_) r->tell(notice, id);
}

void Notifier::tell(const protect::LevelChange& c) {
  using protect::WatchLevel;
  if (c.to > c.from) ++abuse_[static_cast<size_t>(c.to)];
  Notice n;
  n.kind = NoticeKind::abuse;
  n.state = c.to == WatchLevel::none ? NoticeState::over : NoticeState::happened;
  n.severity = c.to == WatchLevel::suspended ? Severity::critical : c.to > c.from ? Severity::warning : Severity::info;
  n.subject = c.key.starts_with("address ") ? c.key : "key " + c.key;
  n.sentence = fmt::format("{} is now {} (before: {}): {}. `trine abuse` shows it and lifts it.", n.subject,
                           protect::name(c.to), protect::name(c.from), c.reason);
  n.at = c.at;
  tell(n);
}

void Notifier::stop() {
  disarm();
  for (const auto& r : receivers_) r->stop();
  receivers_.clear();
}

bool Notifier::idle() const {
  return *under_way_ == 0;
}

std::vector<NoticeStats> Notifier::stats() const {
  std::vector<NoticeStats> all;
  for (const auto& r : receivers_) all.push_back(r->stats());
  return all;
}

void Notifier::expired() {
  const Wall now = parts_.loop.clock().wall();
  for (const Notice& n : watch_.look(conditions_of(parts_.view(), now), now)) tell(n);
  arm(kLook);
}

}  // namespace trine::gateway
