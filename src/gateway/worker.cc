#include "gateway/worker.h"

#include "gateway/exchange.h"
#include "gateway/settle/settle.h"

namespace trine::gateway {
namespace {

constexpr Nanos kHandshake = std::chrono::seconds(10);

}  // namespace

net::ServerLimits server_limits(const Config& config) {
  return {.head_bytes = static_cast<size_t>(config.limits.head_bytes),
          .connections = static_cast<size_t>(config.limits.connections),
          .idle = config.timeouts.idle,
          .head = config.timeouts.head,
          .body = config.timeouts.body,
          .write = config.timeouts.stream_idle};
}

Worker::Worker(Parts parts)
    : tls_(std::move(parts.tls)),
      feed_(std::move(parts.hand)),
      context_({.worker = parts.index,
                .loop = loop_,
                .journal = *parts.journal,
                .feed = feed_,
                .idempotency = *parts.idempotency,
                .counters = *parts.counters,
                .seed = random_seed(),
                .executor = parts.executor,
                .documents = parts.documents,
                .answers = parts.answers}),
      pipeline_(context_, *parts.own),
      server_(loop_, pipeline_, server_limits(*parts.snapshot->config),
              tls_ ? net::Server::Upgrade([this](std::unique_ptr<net::Stream> s) { return upgrade(std::move(s)); })
                   : net::Server::Upgrade{}),
      tick_(*this) {
  context_.use(std::move(parts.snapshot));
  if (!parts.jobs) return;
  files_ = std::make_unique<WorkerFiles>(parts.jobs->files);
  jobs_ = std::make_unique<JobRunner>(context_, pipeline_, *parts.jobs);
  context_.files = files_.get();
  context_.file_store = &parts.jobs->files;
  context_.jobs = jobs_.get();
}

Worker::~Worker() {
  stop();
}

net::Task<std::unique_ptr<net::Stream>> Worker::upgrade(std::unique_ptr<net::Stream> stream) {
  auto secure = co_await net::tls_accept(loop_, tls_, std::move(stream), kHandshake);
  // A failed handshake is the client's affair (a scanner, a wrong certificate): the connection ends.
  co_return secure ? std::move(*secure) : nullptr;
}

Result<void> Worker::listen(const net::HostPort& at) {
  return server_.listen(at, true);
}

void Worker::start() {
  thread_ = std::thread([this] { loop_.run(); });
}

void Worker::use(std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<net::TlsContext> tls) {
  loop_.post([this, s = std::move(snapshot), t = std::move(tls)]() mutable {
    if (tls_ && t) tls_ = std::move(t);
    server_.set_limits(server_limits(*s->config));
    context_.use(std::move(s));
  });
}

void Worker::use(std::shared_ptr<const Identities> identities, std::shared_ptr<void> until) {
  loop_.post([this, i = std::move(identities), u = std::move(until)]() mutable {
    context_.identities = std::move(i);
    u.reset();
  });
}

void Worker::use(std::shared_ptr<const OidcProviders> providers, std::function<void(size_t)> want_keys) {
  loop_.post([this, p = std::move(providers), w = std::move(want_keys)]() mutable {
    context_.oidc = std::move(p);
    context_.want_keys = std::move(w);
    context_.tokens.clear();
  });
}

void Worker::use(WatchFeed::Hand hand, RefusalFeed::Hand refusals) {
  loop_.post([this, h = std::move(hand), r = std::move(refusals)]() mutable {
    context_.watch.use(std::move(h));
    context_.refusals.use(std::move(r));
  });
}

void Worker::use(std::shared_ptr<const WatchLevels> levels) {
  loop_.post([this, l = std::move(levels)]() mutable { context_.watch.use(std::move(l)); });
}

void Worker::resume(std::shared_ptr<Job> job) {
  loop_.post([this, j = std::move(job)]() mutable { jobs_->start(std::move(j)); });
}

void Worker::use(TraceFeed::Hand hand) {
  loop_.post([this, h = std::move(hand)]() mutable { context_.traces.use(std::move(h)); });
}

void Worker::drain(std::function<void()> drained) {
  loop_.post([this, d = std::move(drained)]() mutable {
    context_.draining = true;
    auto clients = [this, d = std::move(d)]() mutable {
      server_.drain([this, d = std::move(d)] {
        feed_.flush();
        context_.refusals.flush();
        context_.traces.flush();
        d();
      });
    };
    // Jobs go on in the next process: their calls end now, so that their records are written.
    if (jobs_)
      jobs_->stop(std::move(clients));
    else
      clients();
  });
}

void Worker::close_all() {
  loop_.post([this] { server_.close_all(); });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

void Worker::Tick::expired() {
  for (Exchange* x : worker_.context_.running) feed_progress(*x);
  worker_.feed_.flush();
  worker_.context_.watch.flush();
  worker_.context_.refusals.flush();
  worker_.context_.traces.flush();
  WorkerCounters& n = worker_.context_.counters;
  n.connections_open.set(static_cast<int64_t>(worker_.server_.connections()));
  arm(kEvery);
}

}  // namespace trine::gateway
