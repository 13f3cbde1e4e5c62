#include "gateway/route/router.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "gateway/exchange.h"

namespace trine::gateway {
namespace {

using score::Decider;

constexpr Tokens kExpectedOutput = 200;  // where the client names no limit: the score compares like with like
// The axes are a ratio scale and have no zero. What the operator calls free counts as a tenth of a cent per million
// tokens: cheaper than anything that is sold.
constexpr double kFreePerMtok = 0.001;
// A prefix's place among equals goes by its first KiB at most (the fifth cut): long enough to tell documents and users
// apart behind a common instruction, short enough to be the same for all turns of a conversation.
constexpr size_t kHomeCuts = 5;
constexpr double kTrustStep = 0.1;  // of the last ten calls or so

score::Speed speed_of(const Deployment& d) {
  return d.own ? d.own->speed : score::Speed{};
}

score::Option fixed_facts(const Deployment& d) {
  score::Option o;
  o.id = d.name;
  o.place = d.place;
  o.zone = d.zone;
  o.context_limit = d.context;
  o.max_running = static_cast<uint32_t>(d.max_concurrency);
  o.endpoints = d.endpoints;
  o.figures = score::Axes{.eur_per_mtok = 1, .g_per_mtok = 1, .control = d.control};
  return o;
}

uint32_t running_on(const Deployment& d) {
  return static_cast<uint32_t>(std::max<int64_t>(0, d.state->batch.running()));
}

score::Option present(const Deployment& d, Mono now) {
  score::Option o = fixed_facts(d);
  o.running = running_on(d);
  o.healthy = d.state->health.available(now);
  return o;
}

bool was_tried(const Exchange& x, const Deployment* d) {
  return std::find(x.tried.begin(), x.tried.end(), d) != x.tried.end();
}

const std::vector<std::shared_ptr<const Deployment>>& known_to(const Exchange& x) {
  return x.route ? x.route->deployments : x.snapshot->deployments;
}

score::Need need_of(const Exchange& x) {
  score::Need need;
  need.endpoint = score_endpoint(x.endpoint);
  if (x.route) need.zones = x.route->zone_views;
  return need;
}

score::Shape shape_of(const Exchange& x) {
  const Tokens out = std::min(x.scan.max_tokens.value_or(kExpectedOutput), kExpectedOutput);
  return {
      .in = std::max<Tokens>(1, llm::estimated_prompt_tokens(x.scan)), .cached = 0, .out = std::max<Tokens>(1, out)};
}

score::Policy policy_of(const Exchange& x) {
  static const score::Weights kEven;
  score::Policy p;
  p.weights = x.prefer         ? *x.prefer
              : x.weights      ? *x.weights
              : x.key->weights ? *x.key->weights
              : x.route        ? x.route->weights
                               : kEven;
  p.strict_slo = x.route && x.route->strict_slo;
  return p;
}

// Hash of what names the session: the route's header, else OpenAI's fields. 0: nothing does.
uint64_t session_of(const Exchange& x) {
  std::string_view name;
  if (x.route && x.route->sticky) name = x.client.head().find(x.route->sticky->header).value_or(std::string_view{});
  if (name.empty()) name = x.scan.prompt_cache_key;
  if (name.empty()) name = x.scan.user;
  return name.empty() ? 0 : hash64(name, x.prefix_salt);
}

std::string explain_all(std::span<const score::Option> options, const score::Need& need) {
  std::string all;
  for (const score::Option& o : options) {
    if (!all.empty()) all += "; ";
    all += fmt::format("{}: {}", o.id, score::explain(score::unfit(o, need), o, need));
  }
  return all;
}

}  // namespace

// What the tables know of a request.
struct Router::Traffic {
  uint64_t session = 0;  // key of its session's place; 0: the route is not sticky, or there is no session
  uint64_t thread = 0;   // key of the incumbent's
  uint64_t home = 0;     // prefix for the place among equals
  size_t cuts = 0;
  std::array<uint64_t, llm::PrefixCuts::kMost> cut{};  // of this tenant
  std::span<const uint64_t> prefix() const { return {cut.data(), cuts}; }
};

class Router::Here final : public score::Market {
 public:
  Here(Router& router, Exchange& x, const Candidates& c)
      : router_(router), x_(x), deployments_(c.deployments), wall_(x.context.clock().wall()), mono_(x.now()) {}

  Now now(size_t i) override {
    const Deployment& d = *deployments_[i];
    return {.running = running_on(d),
            .healthy = d.state->health.available(mono_),
            .tried = !x_.tried.empty() && was_tried(x_, &d),
            .g_per_kwh = x_.context.grid(d, wall_).g_per_kwh,
            .eur_per_kwh = d.own && d.own->hardware.tariff ? to_euros(d.own->hardware.tariff->at(wall_)) : 0};
  }
  score::Tariff tariff(size_t i, uint32_t running) override {
    const Deployment& d = *deployments_[i];
    const energy::GridValue& grid = x_.context.grid(d, wall_);
    score::Tariff t;
    if (d.own)
      t = {d.own->hardware, d.own->speed, grid, running, wall_};
    else if (auto vendor = score::Tariff::vendor(d.vendor->model, d.vendor->price, grid))
      t = *vendor;
    if (d.token_price) t.sell(*d.token_price);
    if (d.free) t.flat(kFreePerMtok);
    return t;
  }
  score::Lateness::Outlook outlook(size_t i, double batch) override {
    return router_.learned_[deployments_[i]->place].lateness.outlook(batch, mono_);
  }

 private:
  Router& router_;
  Exchange& x_;
  const std::vector<std::shared_ptr<const Deployment>>& deployments_;
  const Wall wall_;
  const Mono mono_;
};

Router::Candidates& Router::candidates(const Exchange& x) {
  if (snapshot_ != x.snapshot) {
    candidates_.clear();
    snapshot_ = x.snapshot;
    std::erase_if(learned_, [&](const auto& l) {
      return std::none_of(snapshot_->deployments.begin(), snapshot_->deployments.end(),
                          [&](const auto& d) { return d->place == l.first; });
    });
  }
  const auto it = candidates_.find(x.route);
  if (it != candidates_.end()) return it->second;
  std::vector<score::Slate::Entry> entries;
  for (const auto& d : known_to(x)) entries.push_back({fixed_facts(*d), speed_of(*d)});
  score::Slate slate(entries, x.route ? x.route->slo : score::Slo{}, seed_);
  return candidates_.emplace(x.route, Candidates{known_to(x), std::move(slate)}).first->second;
}

Router::Traffic Router::traffic_of(const Exchange& x) const {
  Traffic t;
  const uint64_t route = x.route ? hash64(x.route->model) : 0;
  const uint64_t session = session_of(x);
  if (x.route && x.route->sticky && session != 0) t.session = mix64(session ^ route);
  if (x.route && x.route->prefix_affinity) {
    const uint64_t salt = x.prefix_salt ^ mix64(x.scan.tools_hash);
    for (const uint64_t cut : x.scan.prefix.hashes()) t.cut[t.cuts++] = mix64(cut ^ salt);
    if (t.cuts > 0) t.home = t.cut[std::min(t.cuts, kHomeCuts) - 1];
  }
  const uint64_t who = session != 0 ? session : t.home != 0 ? t.home : hash64(x.tenant.key, x.prefix_salt);
  t.thread = mix64(who ^ mix64(route + 1));
  return t;
}

Router::Prospect Router::prospect(const Exchange& x) {
  const score::Need need = need_of(x);
  const Mono now = x.now();
  Prospect p{.now = false, .later = false, .least = Nanos::max()};
  const auto look = [&](const std::shared_ptr<const Deployment>& d) {
    if (was_tried(x, d.get())) return;
    score::Option o = present(*d, now);
    const Nanos patience = o.healthy ? Nanos(0) : d->state->health.patience_left(now);
    if (patience > Nanos(0)) o.healthy = true;
    const score::Unfit why = score::unfit(o, need);
    if (why != score::Unfit::no && why != score::Unfit::busy) return;
    if (why == score::Unfit::no && patience == Nanos(0)) {
      p.now = true;
      return;
    }
    p.later = true;
    p.least = std::min(p.least, patience);
  };
  for (const auto& d : known_to(x)) look(d);
  if (x.route)
    for (const auto& d : x.route->fallbacks) look(d);
  if (p.now || !p.later) p.least = Nanos(0);
  return p;
}

std::shared_ptr<const Deployment> Router::choose_fallback(Exchange& x, std::string& why_not) const {
  const score::Need need = need_of(x);
  for (const auto& d : x.route->fallbacks) {
    if (was_tried(x, d.get())) continue;
    const score::Option o = present(*d, x.now());
    if (const auto reason = score::unfit(o, need); reason != score::Unfit::no) {
      why_not += fmt::format("{}{}: {}", why_not.empty() ? "" : "; ", o.id, score::explain(reason, o, need));
      continue;
    }
    x.routed_by = "fallback";
    x.reason = fmt::format("{}: fallback{}{}", o.id, why_not.empty() ? "" : ", since ", why_not);
    return d;
  }
  return nullptr;
}

// There is nothing to compare, and nothing to pay for it.
std::shared_ptr<const Deployment> Router::choose_only(Exchange& x, std::string& why_not) {
  const auto& known = known_to(x);
  const auto left = std::find_if(known.begin(), known.end(), [&](const auto& d) { return !was_tried(x, d.get()); });
  const score::Option o = present(**left, x.now());
  const score::Need need = need_of(x);
  if (score::unfit(o, need) != score::Unfit::no) {
    why_not = explain_all({&o, 1}, need);
    return nullptr;
  }
  x.routed_by = "only";
  x.reason.assign(o.id).append(known.size() == 1 ? ": the route's only deployment" : ": the last one left");
  return *left;
}

std::shared_ptr<const Deployment> Router::choose(Exchange& x, std::string& why_not) {
  x.held_tokens = 0;
  const auto& known = known_to(x);
  const auto untried = std::count_if(known.begin(), known.end(), [&](const auto& d) { return !was_tried(x, d.get()); });
  if (untried == 0) return nullptr;
  if (untried == 1 && !(x.route && x.route->slo.any())) return choose_only(x, why_not);

  Candidates& c = candidates(x);
  const Mono now = x.now();
  const Traffic t = traffic_of(x);
  const score::Need need = need_of(x);
  score::Ask ask{
      .shape = shape_of(x), .policy = policy_of(x), .need = need, .cached = {}, .prefix = t.home, .now = now};

  // How much of the prompt each holder should have: as long a part of its tokens as of its text.
  const auto found = prefixes_.find(t.prefix(), now);
  std::array<score::Cached, score::PrefixTable::kMost> cached;
  std::array<Tokens, score::PrefixTable::kMost> held{};
  for (size_t i = 0; i < found.n; ++i) {
    const auto part = static_cast<double>(llm::PrefixCuts::bytes(found.held[i].cuts)) /
                      static_cast<double>(std::max<size_t>(1, x.scan.prefix.total()));
    const double tokens = std::min(part, 1.0) * static_cast<double>(ask.shape.in);
    held[i] = static_cast<Tokens>(tokens);
    const auto learned = learned_.find(found.held[i].place);
    const double trust = learned == learned_.end() ? 1 : learned->second.trust;
    cached[i] = {found.held[i].place, static_cast<Tokens>(tokens * trust)};
  }
  ask.cached = std::span(cached).first(found.n);
  if (t.session != 0) ask.pinned = sessions_.find(t.session, now, x.route->sticky->ttl).value_or(0);
  ask.incumbent = incumbents_.find(t.thread, now, kIncumbency).value_or(0);

  Here here(*this, x, c);
  const auto choice = c.slate.choose(ask, here);
  if (!choice) {
    why_not = explain_all(c.slate.options(), need);
    return nullptr;
  }
  const auto& chosen = c.deployments[choice->index];
  prefixes_.put(t.prefix(), chosen->place, now);
  if (t.session != 0) sessions_.put(t.session, chosen->place, now);
  incumbents_.put(t.thread, chosen->place, now);
  for (size_t i = 0; i < found.n; ++i)
    if (found.held[i].place == chosen->place) x.held_tokens = held[i];

  const score::Quote q = c.slate.bill(*choice, ask);
  x.routed_by = score::name(choice->by);
  x.reason.clear();
  fmt::format_to(std::back_inserter(x.reason),
                 "{}: score {:.2f} of {} (EUR {:.3g}, {:.3g} g per Mtok, control {:.2f}), by {}", chosen->name,
                 choice->score, known.size(), q.eur_per_mtok, q.g_per_mtok, chosen->control, x.routed_by);
  if (choice->by == Decider::late)
    fmt::format_to(std::back_inserter(x.reason), ": all miss the SLO, this one by least, {:.1f} times what it allows",
                   c.slate.options()[choice->index].slo_over);
  if (choice->cached)
    for (const score::Cached& k : ask.cached)
      if (k.place == chosen->place)
        fmt::format_to(std::back_inserter(x.reason), ", about {} of {} prompt tokens cached", k.tokens, ask.shape.in);
  return chosen;
}

void Router::learn(const Exchange& x, const Deployment& d, const energy::CallFacts& f) {
  if (f.outcome != energy::Outcome::ok || f.out <= 0) return;
  Learned& learned = learned_[d.place];
  if (x.held_tokens > 0 && f.source == energy::TokenSource::reported) {
    const double share = static_cast<double>(f.cached) / static_cast<double>(x.held_tokens);
    learned.trust += kTrustStep * (std::min(1.0, share) - learned.trust);
  }
  const Mono now = x.now();
  const score::Pace model = score::expected(speed_of(d), {f.in, f.cached, f.out}, f.mean_batch);
  const double more = static_cast<double>(f.out - 1);
  if (x.call.first_token != Mono{}) {
    const double first = seconds(x.call.first_token - x.call.start);
    learned.lateness.saw(model, first,
                         more > 0 ? std::optional(seconds(now - x.call.first_token) / more) : std::nullopt,
                         f.mean_batch, now);
  } else {  // a whole answer: which part of it was late does not show, so both were
    const double ratio = seconds(now - x.call.start) / (model.ttft_s + more * model.tpot_s);
    learned.lateness.saw(model, model.ttft_s * ratio, model.tpot_s * ratio, f.mean_batch, now);
  }
}

}  // namespace trine::gateway
