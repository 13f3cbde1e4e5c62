#include "score/slate.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"

namespace trine::score {

Slate::Slate(std::span<const Entry> entries, const Slo& slo, uint64_t seed) : slo_(slo), random_(seed) {
  for (const Entry& e : entries) {
    ring_.emplace_back(e.option.place, static_cast<uint32_t>(options_.size()));
    options_.push_back(e.option);
    speeds_.push_back(e.speed);
  }
  std::sort(ring_.begin(), ring_.end());
  states_.resize(options_.size());
  timings_.resize(options_.size());
  drawn_.resize(options_.size());
}

size_t Slate::find(uint64_t place) const {
  if (place == 0) return kNobody;
  const auto it = std::lower_bound(ring_.begin(), ring_.end(), std::pair<uint64_t, uint32_t>{place, 0});
  return it != ring_.end() && it->first == place ? it->second : kNobody;
}

void Slate::refresh(size_t i, const Ask& ask, const Tariff::Amounts& amounts, Market& market) {
  Option& o = options_[i];
  State& s = states_[i];
  const Market::Now now = market.now(i);
  o.healthy = now.healthy;
  o.banned = now.tried;
  o.running = now.running;
  o.ln_cached = 0;
  const bool moved =
      !s.known || now.running != s.running || now.g_per_kwh != s.g_per_kwh || now.eur_per_kwh != s.eur_per_kwh;
  if (moved) {
    s.tariff = market.tariff(i, now.running);
    s.running = now.running;
    s.eur_per_kwh = now.eur_per_kwh;
    s.g_per_kwh = o.g_per_kwh = now.g_per_kwh;
    s.known = true;
    o.marginal_joules = s.tariff.marginal_joules();
  }
  const Tariff::Bill bill = s.tariff.bill(amounts);
  o.figures.bill(bill.eur_per_mtok, bill.g_per_mtok);
  if (!slo_.any()) return;
  Timing& t = timings_[i];
  if (moved || ask.now - t.at > kOutlookAge) {
    const double batch = now.running + 1.0;
    t.outlook = market.outlook(i, batch);
    t.at = ask.now;
    const double tpot = expected(speeds_[i], ask.shape, batch).tpot_s;
    t.tpot_miss = t.outlook.tpot.beyond(tpot, slo_.tpot_s);
    t.tpot_over = slo_.tpot_s > 0 ? tpot * t.outlook.tpot.factor / slo_.tpot_s : 0;
  }
  promise(i, ask.shape);
}

void Slate::promise(size_t i, const Shape& shape) {
  Option& o = options_[i];
  const Timing& t = timings_[i];
  o.slo_miss = t.tpot_miss;
  o.slo_over = t.tpot_over;
  if (slo_.ttft_s <= 0) return;
  const double ttft = expected(speeds_[i], shape, o.running + 1.0).ttft_s;
  o.slo_miss = std::max(o.slo_miss, t.outlook.ttft.beyond(ttft, slo_.ttft_s));
  o.slo_over = std::max(o.slo_over, ttft * t.outlook.ttft.factor / slo_.ttft_s);
}

// A prompt that lies in the cache is cheaper, and its first token comes sooner.
void Slate::reward(const Cached& cached, const Ask& ask) {
  const size_t i = find(cached.place);
  if (i == kNobody || cached.tokens <= 0) return;
  Option& o = options_[i];
  const State& s = states_[i];
  Shape shape = ask.shape;
  shape.cached = cached.tokens;
  const Tariff::Bill bill = s.tariff.bill(Tariff::Amounts(shape));
  if (!(bill.eur_per_mtok > 0) || !(bill.g_per_mtok > 0) || !o.figures.usable()) return;
  const Weights& w = ask.policy.weights;
  o.ln_cached = std::max(0.0, w.cost * (o.figures.ln().eur_per_mtok - std::log(bill.eur_per_mtok)) +
                                  w.carbon * (o.figures.ln().g_per_mtok - std::log(bill.g_per_mtok)));
  if (slo_.any()) promise(i, shape);
}

std::optional<Choice> Slate::choose(const Ask& ask, Market& market) {
  if (size() > kFullScan)
    if (auto choice = choose_sampled(ask, market)) return choice;
  const Tariff::Amounts amounts(ask.shape);
  for (size_t i = 0; i < size(); ++i) refresh(i, ask, amounts, market);
  for (const Cached& c : ask.cached) reward(c, ask);
  return score::choose(options_, ask.policy, ask.need,
                       {.pinned = find(ask.pinned), .incumbent = find(ask.incumbent), .prefix = ask.prefix});
}

void Slate::sample(const Ask& ask) {
  sample_.clear();
  ++draw_;
  const auto take = [&](size_t i) {
    if (i == kNobody || drawn_[i] == draw_) return;
    drawn_[i] = draw_;
    sample_.push_back(static_cast<uint32_t>(i));
  };
  take(find(ask.pinned));
  take(find(ask.incumbent));
  for (const Cached& c : ask.cached) take(find(c.place));
  if (ask.prefix != 0) {
    const auto from = std::lower_bound(ring_.begin(), ring_.end(), std::pair<uint64_t, uint32_t>{mix64(ask.prefix), 0});
    for (auto at = static_cast<size_t>(from - ring_.begin()); sample_.size() < kSample; ++at)
      take(ring_[at % ring_.size()].second);
  }
  while (sample_.size() < kSample) {
    random_ += 0x9e3779b97f4a7c15;
    take(mix64(random_) % size());
  }
}

std::optional<Choice> Slate::choose_sampled(const Ask& ask, Market& market) {
  sample(ask);
  const Tariff::Amounts amounts(ask.shape);
  for (const uint32_t i : sample_) refresh(i, ask, amounts, market);
  for (const Cached& c : ask.cached) reward(c, ask);
  sampled_.clear();
  for (const uint32_t i : sample_) sampled_.push_back(options_[i]);
  const auto at = [&](uint64_t place) {
    const size_t i = find(place);
    if (i == kNobody) return kNobody;
    return static_cast<size_t>(std::find(sample_.begin(), sample_.end(), i) - sample_.begin());
  };
  // One that is late for sure is not enough: others may be in time.
  Policy policy = ask.policy;
  policy.strict_slo = true;
  auto choice = score::choose(sampled_, policy, ask.need,
                              {.pinned = at(ask.pinned), .incumbent = at(ask.incumbent), .prefix = ask.prefix});
  if (choice) choice->index = sample_[choice->index];
  return choice;
}

Tokens Slate::cached_of(uint64_t place, const Ask& ask) {
  for (const Cached& c : ask.cached)
    if (c.place == place) return c.tokens;
  return 0;
}

Quote Slate::bill(const Choice& choice, const Ask& ask) const {
  Shape shape = ask.shape;
  if (choice.cached) shape.cached = cached_of(options_[choice.index].place, ask);
  return states_[choice.index].tariff.quote(shape);
}

}  // namespace trine::score
