#include "gateway/traces/exporter.h"

#include <algorithm>

#include "base/log.h"

namespace trine::gateway {
namespace {

constexpr size_t kMostOfCollector = 64 << 10;
constexpr Nanos kExportPatience = std::chrono::seconds(10);

// Those that OTLP/HTTP names: the message may be sent again.
bool may_be_sent_again(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

TraceExporter::TraceExporter(net::Loop& loop, net::Dialer* dialer)
    : net::Timer(loop), loop_(loop), dialer_(dialer), source_{TRINE_VERSION, span_text(random_seed())} {}

void TraceExporter::use(const std::shared_ptr<const Snapshot>& snapshot) {
  snapshot_ = snapshot;
  pool_ = snapshot->traces ? std::make_shared<net::Pool>(loop_, snapshot->traces->origin, dialer_) : nullptr;
  std::erase_if(exemplars_, [&](const auto& e) { return !snapshot->deployment(e.first); });
  if (pool_) return;
  drop(waiting_.size());
  exemplars_.clear();
}

void TraceExporter::take(std::vector<std::shared_ptr<const Trace>> traces) {
  if (!pool_ || stopped_) return;
  for (auto& t : traces) {
    keep(*t);
    waiting_.push_back(std::move(t));
  }
  if (waiting_.size() > kMostWaiting) drop(waiting_.size() - kMostWaiting);
  if (!armed() && !sending_) arm(pause_);
}

void TraceExporter::stop() {
  stopped_ = true;
  disarm();
  if (pool_ && !sending_ && !waiting_.empty()) net::spawn(send());
}

TraceExporter::Stats TraceExporter::stats() const {
  Stats s = stats_;
  s.waiting = waiting_.size();
  s.on = pool_ != nullptr;
  return s;
}

void TraceExporter::keep(const Trace& trace) {
  for (const CallTrace& c : trace.calls) {
    if (!c.settled || !snapshot_->deployment(c.facts.deployment)) continue;
    const double s = seconds(c.facts.end - c.facts.start);
    const size_t bucket =
        static_cast<size_t>(std::lower_bound(kCallSeconds.begin(), kCallSeconds.end(), s) - kCallSeconds.begin());
    exemplars_[c.facts.deployment][bucket] = {trace.id, s, c.facts.end};
  }
}

void TraceExporter::drop(size_t count) {
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  stats_.dropped += static_cast<int64_t>(count);
}

void TraceExporter::expired() {
  if (!sending_ && !waiting_.empty() && pool_) net::spawn(send());
}

net::Task<void> TraceExporter::send() {
  sending_ = true;
  const std::shared_ptr<net::Pool> pool = pool_;  // a reload may put another in its place
  std::vector<std::shared_ptr<const Trace>> batch(
      waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kBatch)));
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(batch.size()));
  net::FetchRequest request;
  request.method = "POST";
  request.target = snapshot_->traces->target;
  request.headers.emplace_back("Content-Type", "application/json");
  for (const HeaderConfig& h : snapshot_->config->traces->headers) request.headers.emplace_back(h.name, h.value);
  request.body = otlp_json(batch, source_);
  const auto answer = co_await net::fetch(loop_, *pool, std::move(request),
                                          {.max_bytes = kMostOfCollector, .timeout = kExportPatience});
  sending_ = false;
  const bool taken = answer && answer->status >= 200 && answer->status < 300;
  if (taken) {
    stats_.exported += static_cast<int64_t>(batch.size());
    pause_ = kEvery;
  } else {
    ++stats_.failures;
    if (!warned_)
      log::warning("traces are not taken: {}", answer
                                                   ? fmt::format("the collector answers with status {}", answer->status)
                                                   : answer.error().message);
    const bool again = (!answer || may_be_sent_again(answer->status)) && !stopped_ && pool_ &&
                       waiting_.size() + batch.size() <= kMostWaiting;
    if (again)
      waiting_.insert(waiting_.begin(), batch.begin(), batch.end());
    else
      stats_.dropped += static_cast<int64_t>(batch.size());
    pause_ = std::min(pause_ * 2, kLongestPause);
  }
  if (taken && warned_) log::info("traces are taken again");
  warned_ = !taken;
  if (stopped_) co_return;
  if (!waiting_.empty()) arm(taken && waiting_.size() >= kBatch ? Nanos(0) : pause_);
}

}  // namespace trine::gateway
