#include "grid/poller.h"

#include <algorithm>
#include <ctime>

#include "base/log.h"
#include "base/text.h"
#include "grid/budget.h"
#include "grid/cache.h"

namespace trine::grid {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

constexpr Nanos kFirstRetry = 30s, kLastRetry = 1h, kRefusedRetry = 15min, kLongestWait = 24h;
constexpr Nanos kMostJitter = 5min, kFirstJitter = 1s;
constexpr net::FetchLimits kLimits = {.max_bytes = 8 << 20, .timeout = 8s};

// "120", or a date as HTTP writes it.
Nanos retry_after(std::string_view text, Wall now) {
  if (const auto s = parse_int(trim(text))) return std::clamp<Nanos>(std::chrono::seconds(*s), 0s, kLongestWait);
  std::tm tm{};
  if (!strptime(std::string(text).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &tm)) return Nanos(0);
  const Wall at = Wall(std::chrono::seconds(timegm(&tm)));
  return std::clamp<Nanos>(at - now, 0s, kLongestWait);
}

Error told(const char* source, int status) {
  switch (status) {
    case 401:
      return {Code::unauthenticated, fmt::format("{} answered 401: it wants a token, or another one", source)};
    case 403:
      return {Code::permission_denied, fmt::format("{} answered 403: the token may not read this", source)};
    case 429:
      return {Code::resource_exhausted, fmt::format("{} answered 429: it is asked too often", source)};
    default:
      return {Code::unavailable, fmt::format("{} answered {}", source, status)};
  }
}

}  // namespace

// One source: its connections and its budget, shared by its zones.
class Poller::Origin final : public Web {
 public:
  static Result<std::shared_ptr<Origin>> open(const Parts& parts, const SourceSpec& spec,
                                              const std::filesystem::path& cache) {
    auto source = make_source(spec);
    if (!source) return tl::unexpected(source.error());
    auto o = std::shared_ptr<Origin>(new Origin(parts.loop, spec, cache));
    o->source = std::move(*source);
    if (spec.kind == SourceKind::file) return o;
    auto url = net::parse_fetch_url(spec.url.empty() ? o->facts.url : spec.url);
    if (!url) return fail(Code::invalid_argument, "grid source {}: {}", o->facts.name, url.error().message);
    net::Origin to;
    to.address = url->address;
    to.max_idle = 2;
    if (!spec.proxy_host.empty()) to.proxy = net::HostPort{spec.proxy_host, spec.proxy_port};
    to.proxy_credentials = spec.proxy_credentials;
    if (url->tls) {
      net::TlsClientOptions options;
      options.ca_file = spec.ca_file;
      auto tls = net::tls_client(options);
      if (!tls) return tl::unexpected(tls.error());
      to.tls = std::move(*tls);
    }
    o->prefix_ = url->target == "/" ? "" : url->target;
    o->pool_ = std::make_unique<net::Pool>(parts.loop, std::move(to), parts.dialer);
    return o;
  }

  net::Task<Asked<std::string>> ask(net::FetchRequest request) override {
    const Wall now = loop_.clock().wall();
    if (now < closed_until_)
      co_return trouble(Code::resource_exhausted, "it asked to be left alone for a while", closed_until_ - now);
    if (!budget.take(now))
      co_return trouble(Code::resource_exhausted, "its budget of requests is used up", budget.wait(now));
    request.target = prefix_ + request.target;
    auto got = co_await net::fetch(loop_, *pool_, std::move(request), kLimits);
    if (!got) co_return tl::unexpected(Trouble{got.error(), 0, {}});
    if (got->status == 200) co_return std::move(got->body);
    Trouble t{told(facts.name, got->status), got->status, {}};
    const Wall then = loop_.clock().wall();
    if (const auto after = got->find("retry-after")) t.retry_after = retry_after(*after, then);
    if (got->status == 429 && t.retry_after == Nanos(0)) t.retry_after = kRefusedRetry;
    if (got->status == 429 || got->status == 503) closed_until_ = std::max(closed_until_, then + t.retry_after);
    co_return tl::unexpected(std::move(t));
  }

  const SourceFacts& facts;
  Budget budget;
  std::unique_ptr<Source> source;

 private:
  Origin(net::Loop& loop, const SourceSpec& spec, const std::filesystem::path& cache)
      : facts(facts_of(spec.kind)),
        budget(spec.requests_per_day, spec.requests_per_month,
               cache.empty() ? cache : cache / (std::string(facts.name) + ".quota")),
        loop_(loop) {}
  tl::unexpected<Trouble> trouble(Code code, const char* why, Nanos wait) const {
    return tl::unexpected(Trouble{{code, fmt::format("{}: {}", facts.name, why)}, 0, wait});
  }

  net::Loop& loop_;
  std::unique_ptr<net::Pool> pool_;
  std::string prefix_;
  Wall closed_until_{};
};

class Poller::Job final : public std::enable_shared_from_this<Job>, net::Timer {
 public:
  Job(Poller& owner, std::shared_ptr<Origin> origin, std::string zone, Nanos period)
      : net::Timer(owner.parts_.loop),
        owner_(&owner),
        loop_(owner.parts_.loop),
        origin_(std::move(origin)),
        period_(period) {
    status_.source = origin_->facts.name;
    status_.zone = std::move(zone);
  }

  // What is known already, of this zone and source.
  void remember(const Feed& feed) {
    Method_& m = methods_[feed.method];
    m.step = feed.values.step();
    for (const auto& p : feed.values.points()) m.points[p.start] = p;
    m.forecast = feed.forecast.points();
    status_.fetched = std::max(status_.fetched, feed.fetched);
    status_.up = true;  // it answered when it was last asked
    note_newest();
    feeds_.push_back(std::make_shared<const Feed>(feed));
  }
  void begin() {
    const Wall now = loop_.clock().wall();
    const Wall due = status_.fetched == Wall{} ? now : slot_of(status_.fetched) + period_;
    wait(due > now ? due - now + jitter() : part(kFirstJitter));
  }
  void stop() {
    owner_ = nullptr;
    disarm();
  }
  bool busy() const { return busy_; }
  const SourceStatus& status() const { return status_; }
  // What was known of it before the configuration was read anew.
  void carry(const SourceStatus& before) {
    status_.errors = before.errors;
    if (!before.up && before.trouble.empty()) return;  // it was not asked
    status_.up = before.up;
    status_.trouble = before.trouble;
  }
  const Feeds& feeds() const { return feeds_; }

 private:
  struct Method_ {
    Nanos step = 1h;
    std::map<Wall, Series::Point> points;
    std::vector<Series::Point> forecast;
  };

  Wall slot_of(Wall t) const { return Wall(t.time_since_epoch() / period_ * period_); }
  Nanos part(Nanos most) { return Nanos(std::uniform_int_distribution<int64_t>(0, most.count())(owner_->random_)); }
  Nanos jitter() { return part(std::min<Nanos>(period_ / 10, kMostJitter)); }
  void wait(Nanos d) {
    status_.next = loop_.clock().wall() + d;
    arm(std::max<Nanos>(d, 1ms));
  }
  void expired() override { net::spawn(step()); }

  net::Task<void> step() {
    const auto self = shared_from_this();
    busy_ = true;
    const Wall now = loop_.clock().wall();
    std::string zone = status_.zone;
    auto answer = co_await origin_->source->read(*origin_, std::move(zone), now, true);
    busy_ = false;
    if (!owner_) co_return;
    if (answer) {
      succeed(std::move(*answer));
    } else {
      fail_with(answer.error());
    }
  }

  void succeed(Answer&& answer) {
    const Wall now = loop_.clock().wall();
    if (!status_.trouble.empty()) log::info("grid: {} answers again for {}", status_.source, status_.zone);
    status_.trouble.clear();
    status_.up = true;
    status_.fetched = now;
    status_.holes = answer.holes;
    status_.absurd = answer.absurd;
    failures_ = 0;
    take(answer, now);
    save(now);
    owner_->publish();
    const Wall next = slot_of(now) + period_;
    wait(next - now + jitter());
  }

  void take(const Answer& answer, Wall now) {
    std::map<Method, std::map<Wall, Series::Point>> ahead;
    for (const Observation& o : answer.points) {
      const Series::Point p{o.start, o.value, o.estimated};
      if (o.forecast || o.start > now) {
        ahead[o.method][o.start] = p;
        methods_.try_emplace(o.method);
        continue;
      }
      Method_& m = methods_[o.method];
      m.step = o.length;
      m.points[o.start] = p;
    }
    for (auto& [method, points] : ahead) {
      auto& forecast = methods_[method].forecast;
      forecast.clear();
      for (const auto& [start, p] : points) forecast.push_back(p);
    }
    for (auto& [_, m] : methods_)
      while (m.points.size() > kMostKept) m.points.erase(m.points.begin());
    note_newest();
  }

  void note_newest() {
    for (const auto& [_, m] : methods_)
      if (!m.points.empty()) status_.newest_end = std::max(status_.newest_end, m.points.rbegin()->first + m.step);
  }

  void save(Wall now) {
    feeds_.clear();
    for (const auto& [method, m] : methods_) {
      std::vector<Series::Point> points;
      points.reserve(m.points.size());
      for (const auto& [_, p] : m.points) points.push_back(p);
      Feed feed{status_.zone, status_.source, method, Series(std::move(points), m.step), Series(m.forecast, m.step),
                now};
      if (!owner_->cache_.empty())
        if (auto ok = save_feed(owner_->cache_, feed); !ok) log::warning("grid: {}", ok.error().message);
      feeds_.push_back(std::make_shared<const Feed>(std::move(feed)));
    }
  }

  void fail_with(const Trouble& t) {
    status_.up = false;
    ++status_.errors;
    if (status_.trouble != t.error.message) log::warning("grid: zone {}: {}", status_.zone, t.error.message);
    status_.trouble = t.error.message;
    const Nanos most = std::min<Nanos>(kFirstRetry * (int64_t{1} << std::min(failures_, 8)), kLastRetry);
    ++failures_;
    Nanos pause = most / 2 + part(most / 2);
    if (t.status == 401 || t.status == 403) pause = std::max(pause, kRefusedRetry);
    if (t.retry_after > Nanos(0)) pause = std::max(pause, t.retry_after + part(kFirstJitter));
    wait(std::min(pause, kLongestWait * 31));
  }

  Poller* owner_;  // null: stopped
  net::Loop& loop_;
  std::shared_ptr<Origin> origin_;
  Nanos period_;
  std::map<Method, Method_> methods_;
  Feeds feeds_;
  SourceStatus status_;
  int failures_ = 0;
  bool busy_ = false;
};

Feeds wanted(const Feeds& cached, const std::vector<SourceSpec>& specs) {
  Feeds out;
  for (const auto& feed : cached)
    if (feed->source == kImported) out.push_back(feed);
  for (const SourceSpec& s : specs) {
    const auto has = [&](const Feed& f) {
      return std::any_of(s.zones.begin(), s.zones.end(), [&](const auto& zone) { return iequals(zone, f.zone); });
    };
    for (const auto& feed : cached)
      if (feed->source == facts_of(s.kind).name && has(*feed)) out.push_back(feed);
  }
  return out;
}

Poller::Poller(const Parts& parts) : parts_(parts), random_(parts.seed) {}

Poller::~Poller() {
  stop();
}

void Poller::use(const std::vector<SourceSpec>& specs, std::filesystem::path cache, std::shared_ptr<Live> live) {
  const auto before = status();
  stop();
  cache_ = std::move(cache);
  live_ = std::move(live);
  const Feeds known = live_->table()->feeds();
  imported_.clear();
  for (const auto& feed : known)
    if (feed->source == kImported) imported_.push_back(feed);
  for (const SourceSpec& spec : specs) {
    auto origin = Origin::open(parts_, spec, cache_);
    if (!origin) {
      log::error("grid: {}", origin.error().message);
      continue;
    }
    const auto requests = static_cast<int64_t>(spec.zones.size()) * (*origin)->facts.requests;
    const Nanos own = spec.refresh > Nanos(0) ? spec.refresh : (*origin)->facts.refresh;
    const Nanos period = std::max(own, (*origin)->budget.pace(requests));
    for (const auto& zone : spec.zones) {
      auto job = std::make_shared<Job>(*this, *origin, zone, period);
      for (const auto& feed : known)
        if (feed->source == (*origin)->facts.name && iequals(feed->zone, zone)) job->remember(*feed);
      for (const auto& s : before)
        if (s.source == job->status().source && s.zone == zone) job->carry(s);
      jobs_.push_back(std::move(job));
    }
  }
  publish();
  for (const auto& job : jobs_) job->begin();
}

void Poller::stop() {
  std::erase_if(stopped_, [](const auto& job) { return job.expired(); });
  for (const auto& job : jobs_) {
    job->stop();
    if (job->busy()) stopped_.push_back(job);
  }
  jobs_.clear();
}

bool Poller::idle() const {
  const auto done = [](const auto& job) { return !job || !job->busy(); };
  return std::all_of(jobs_.begin(), jobs_.end(), done) &&
         std::all_of(stopped_.begin(), stopped_.end(), [&](const auto& weak) { return done(weak.lock()); });
}

std::vector<SourceStatus> Poller::status() const {
  std::vector<SourceStatus> out;
  for (const auto& job : jobs_) out.push_back(job->status());
  return out;
}

void Poller::publish() {
  Feeds feeds = imported_;
  for (const auto& job : jobs_) feeds.insert(feeds.end(), job->feeds().begin(), job->feeds().end());
  live_->publish(std::move(feeds));
}

}  // namespace trine::grid
