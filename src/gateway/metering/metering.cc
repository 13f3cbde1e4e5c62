#include "gateway/metering/metering.h"

#include <map>
#include <set>

#include "meter/http_source.h"

namespace trine::gateway {
namespace {

// Whose token counters can be read at the deployment's metrics_url.
std::optional<meter::HttpKind> counters_of(const Deployment& d) {
  switch (d.engine) {
    case EngineKind::sim:
      return meter::HttpKind::engine_sim;
    case EngineKind::vllm:
      return meter::HttpKind::vllm;
    case EngineKind::sglang:
      return meter::HttpKind::sglang;
    case EngineKind::llama_cpp:
      return meter::HttpKind::llama_cpp;
    default:
      return std::nullopt;
  }
}

std::string key_of(const MeterConfig& c) {
  return fmt::format("meter {} {}", name(c.kind), c.name);
}

}  // namespace

// The one that runs, unless its configuration has changed.
Metering::Feed& Metering::feed(const std::string& key, const MeterConfig& config, const std::string& name,
                               OpenSource open) {
  const auto [it, fresh] = feeds_.try_emplace(key);
  Feed& f = it->second;
  f.used = true;
  if (!fresh && f.config == config) return f;
  if (f.feed) f.feed->stop();
  f.config = config;
  f.feed = std::make_shared<MeterFeed>(loop_, std::move(open), name, config.every);
  f.listening = false;
  return f;
}

Metering::Feed& Metering::meter_feed(const MeterConfig& config) {
  return feed(key_of(config), config, "meter " + config.name, source_of(loop_, config));
}

Metering::Feed* Metering::engine_feed(const Deployment& d) {
  const auto kind = counters_of(d);
  if (!kind || !d.metrics) return nullptr;
  MeterConfig config;
  config.name = d.name;
  config.url = d.metrics;
  return &feed("engine " + d.name, config, "engine of " + d.name, [this, kind = *kind, url = *d.metrics] {
    meter::HttpAccess access;
    access.url = url.text();
    return meter::http_source(loop_, kind, access, url.host);
  });
}

// The listeners keep the set alive no longer than its deployments use it.
void Metering::connect(const std::shared_ptr<MeteredSet>& set, const MeteredSet::Deployments& deployments) {
  const MeterUse& use = *deployments.front()->meter;
  const std::weak_ptr<MeteredSet> weak = set;
  for (size_t i = 0; i < deployments.size(); ++i) {
    const bool same_page = use.meter.kind == MeterKind::engine_sim && deployments[i]->metrics == use.meter.url;
    Feed* engine = same_page ? &meter_feed(use.meter) : engine_feed(*deployments[i]);
    if (!engine) continue;
    engine->listeners.push_back([weak, i](const meter::Readings* r) {
      if (const auto s = weak.lock()) s->engine(i, r);
    });
  }
  if (use.host)
    meter_feed(*use.host).listeners.push_back([weak](const meter::Readings* r) {
      if (const auto s = weak.lock()) s->host(r);
    });
  meter_feed(use.meter).listeners.push_back([weak](const meter::Readings* r) {
    if (const auto s = weak.lock()) s->gpus(r);
  });
}

// Its calls go on where the same hardware is metered now, else where their deployment is; where neither is, they are
// settled by an estimate.
void Metering::retire(const std::shared_ptr<MeteredSet>& old) {
  std::shared_ptr<MeteredSet> heir;
  for (const auto& [name, set] : sets_)
    if (set->hardware() == old->hardware()) heir = set;
  if (!heir) {
    const auto it = sets_.find(old->owner());
    if (it != sets_.end()) heir = it->second;
  }
  if (!heir) {
    old->leave();
    if (!old->idle()) retired_.push_back(old);
    return;
  }
  heir->take_over(*old);
  for (auto& [id, set] : calls_)
    if (set == old) set = heir;
}

std::shared_ptr<MeteredSet> Metering::find(const std::string& deployment) const {
  if (const auto it = sets_.find(deployment); it != sets_.end()) return it->second;
  for (const auto& set : retired_)
    if (set->serves(deployment)) return set;
  return nullptr;
}

void Metering::use(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  for (auto& [key, f] : feeds_) {
    f.used = false;
    f.listeners.clear();
  }
  std::map<std::string, MeteredSet::Deployments> groups;
  for (const auto& d : snapshot_->deployments)
    if (d->metered()) groups[d->meter->hardware()].push_back(d);

  std::unordered_map<std::string, std::shared_ptr<MeteredSet>> sets;
  gpu_feeds_.clear();
  for (const auto& [hardware, deployments] : groups) {
    std::shared_ptr<MeteredSet> set;
    const auto it = sets_.find(deployments.front()->name);
    if (it != sets_.end() && it->second->reads(deployments)) set = it->second;
    if (!set) set = std::make_shared<MeteredSet>(loop_.clock(), journal_, deployments);
    set->use(snapshot_, deployments);
    connect(set, deployments);
    for (const auto& d : deployments) {
      sets[d->name] = set;
      gpu_feeds_[d->name] = key_of(d->meter->meter);
    }
  }
  std::set<std::shared_ptr<MeteredSet>> gone;
  for (const auto& [name, set] : sets_) gone.insert(set);
  sets_ = std::move(sets);
  for (const auto& [name, set] : sets_) gone.erase(set);
  for (const auto& set : gone) retire(set);

  for (auto it = feeds_.begin(); it != feeds_.end();) {
    Feed& f = it->second;
    const bool fresh = !f.listening;
    f.feed->listen(std::move(f.listeners));
    f.listeners.clear();
    if (!f.used) {
      f.feed->stop();
      it = feeds_.erase(it);
      continue;
    }
    if (fresh) {
      f.listening = true;
      f.feed->start();
    }
    ++it;
  }
}

void Metering::take(const std::vector<CallNote>& notes) {
  for (const CallNote& n : notes) {
    if (n.kind == CallNote::Kind::opened) {
      const auto set = find(n.deployment->name);
      if (!set) continue;
      set->note(n);
      calls_[n.call] = set;
      continue;
    }
    const auto it = calls_.find(n.call);
    if (it == calls_.end()) continue;
    it->second->note(n);
    if (n.kind == CallNote::Kind::closed) calls_.erase(it);
  }
  // All is told of their calls: what their hardware drew meanwhile is estimated.
  for (const auto& set : retired_)
    if (!set->works()) set->leave();
  std::erase_if(retired_, [](const auto& set) { return set->idle(); });
}

void Metering::stop() {
  for (const auto& [key, f] : feeds_) f.feed->stop();
}

net::Task<void> Metering::finish() {
  stop();
  std::vector<std::shared_ptr<MeterFeed>> feeds;
  for (const auto& [key, f] : feeds_) feeds.push_back(f.feed);
  for (const auto& f : feeds) co_await f->finish();
  // A window waits for notes of late work, and there are none any more.
  for (const auto& [name, set] : sets_) set->close_all();
  for (const auto& set : retired_) set->leave();
}

const MeteredSet* Metering::set_of(const std::string& deployment) const {
  const auto it = sets_.find(deployment);
  return it == sets_.end() ? nullptr : it->second.get();
}

const MeterFeed* Metering::feed_of(const std::string& deployment) const {
  const auto key = gpu_feeds_.find(deployment);
  if (key == gpu_feeds_.end()) return nullptr;
  const auto it = feeds_.find(key->second);
  return it == feeds_.end() ? nullptr : it->second.feed.get();
}

}  // namespace trine::gateway
