#include "replay/control.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

namespace trine::replay {
namespace {

class Fixed final : public Control {
 public:
  Fixed(uint32_t service, int machines) : service_(service), machines_(machines) {}
  void start(Cluster& c) override {
    for (int i = 0; i < machines_; ++i) c.order(service_, 0, true);
  }

 private:
  uint32_t service_;
  int machines_;
};

class Autoscale final : public Control {
 public:
  Autoscale(uint32_t service, double utilisation, int most)
      : service_(service), utilisation_(utilisation), most_(most) {}
  void start(Cluster& c) override { c.order(service_, 0, true); }
  Result<void> tick(Cluster& c, const Tick& tick) override {
    constexpr size_t kCalm = 5;  // minutes
    const Service& s = c.services()[service_];
    const double rate = static_cast<double>(tick.arrived) / kTick_s;
    const int wanted = std::clamp(static_cast<int>(std::ceil(rate / (utilisation_ * s.requests_per_s))), 1, most_);
    asked_.push_back(wanted);
    if (asked_.size() > kCalm) asked_.pop_front();
    const int most = *std::max_element(asked_.begin(), asked_.end());
    while (c.count(service_) < wanted) c.order(service_, tick.t);
    while (c.count(service_) > most) c.drain(service_, tick.t);
    return {};
  }

 private:
  uint32_t service_;
  double utilisation_;
  int most_;
  std::deque<int> asked_;
};

class Planned final : public Control {
 public:
  explicit Planned(PlannedSetup setup) : p_(std::move(setup)), kg_weight_(p_.kg_weight) {}

  double kg_weight() const override { return kg_weight_; }

  void start(Cluster& c) override {
    double longest = 0;
    for (uint32_t i = 0; i < c.services().size(); ++i) {
      const Service& s = c.services()[i];
      if (!s.machine()) continue;
      own_.push_back(i);
      longest = std::max(longest, s.startup_s);
      response_s_ = std::min(response_s_, s.response_s);
      for (int n = 0; n < s.option->min; ++n) c.order(i, 0, true);
    }
    if (!vendor_price(c)) begin_with(c, staffed(p_.peak_per_s, response_s_));
    target_.assign(c.services().size(), 0);
    lead_ = std::min(59.0, std::ceil(longest / kTick_s) + 1);
  }

  void hour_over(double requests) override {
    forecast_.add(requests);
    in_hour_ = next_rate_ = 0;
    settled_ = false;
  }

  Result<void> tick(Cluster& c, const Tick& tick) override {
    if (own_.empty()) return {};
    if (tick.minutes > 0) in_hour_ += static_cast<double>(tick.arrived);  // at its first tick it is the last hour's
    need_ = staffed(static_cast<double>(tick.arrived) / kTick_s, response_s_);
    if (tick.minutes == 60 - lead_)
      if (auto ok = plan_next(c, tick); !ok) return ok;
    settle(c, tick.t);
    grow(c, tick.t);
    shrink(c, tick.t);
    return {};
  }

 private:
  double price(const Cluster& c, uint32_t i) const { return c.services()[i].price_of(p_.eur_weight, kg_weight_); }
  double unit_price(const Cluster& c, uint32_t i) const {
    return c.services()[i].unit_price(p_.eur_weight, kg_weight_);
  }
  // Of a request that no machine of ours serves; nothing where there is no vendor.
  std::optional<double> vendor_price(const Cluster& c) const {
    std::optional<double> best;
    for (uint32_t i = 0; i < c.services().size(); ++i)
      if (!c.services()[i].machine()) best = std::min(best.value_or(unit_price(c, i)), unit_price(c, i));
    return best;
  }
  double capacity(const Cluster& c) const {  // requests/s of all that is ordered
    double sum = 0;
    for (const uint32_t i : own_) sum += c.count(i) * c.services()[i].requests_per_s;
    return sum;
  }
  bool may_order(const Cluster& c, uint32_t i) const {
    if (c.count(i) >= c.services()[i].option->max) return false;
    return std::none_of(p_.caps.begin(), p_.caps.end(), [&](const PlannedSetup::Cap& cap) {
      int there = 0;
      for (const uint32_t other : cap.services) there += c.count(other);
      return there >= cap.machines && std::find(cap.services.begin(), cap.services.end(), i) != cap.services.end();
    });
  }

  void begin_with(Cluster& c, double rate) {
    while (capacity(c) < rate) {
      const auto best = cheapest(c);
      if (!best) return;
      c.order(*best, 0, true);
    }
  }
  // Of those that may be ordered.
  std::optional<uint32_t> cheapest(const Cluster& c) const {
    std::optional<uint32_t> best;
    for (const uint32_t i : own_)
      if (may_order(c, i) && (!best || unit_price(c, i) < unit_price(c, *best))) best = i;
    return best;
  }

  // How often an hour's demand should stay under what is prepared: the newsvendor's ratio, a machine too many against
  // a request to the vendor. Without a vendor, what cannot be served is lost: 19 hours of 20.
  double service_level(const Cluster& c) const {
    const auto vendor = vendor_price(c);
    if (!vendor) return 0.95;
    double own = *vendor;
    for (const uint32_t i : own_) own = std::min(own, unit_price(c, i));
    return *vendor > 0 ? 1 - own / *vendor : 0;
  }

  Result<void> plan_next(Cluster& c, const Tick& tick) {
    fleet::DemandForecast known = forecast_;
    known.add(in_hour_ * 60 / tick.minutes);  // this hour, as far as it has gone
    const double level = service_level(c);
    PlanInput input;
    input.hour = tick.hour + 1;
    for (size_t ahead = 1; ahead <= p_.horizon; ++ahead) {
      const double rate = known.quantile(ahead, level) / 3600;
      if (ahead == 1) next_rate_ = rate;
      input.requests.push_back(staffed(rate, response_s_) * 3600);
    }
    for (uint32_t i = 0; i < c.services().size(); ++i) input.held.push_back(c.count(i));
    auto plan = p_.plan(input);
    if (!plan) return tl::unexpected(plan.error());
    target_ = std::move(plan->machines);
    if (plan->eur_per_kg) kg_weight_ = *plan->eur_per_kg;
    for (const uint32_t i : own_)
      while (c.count(i) < target_[i] && may_order(c, i)) c.order(i, tick.t);
    return {};
  }

  // The plan's hour has begun: what it does not want goes, as soon as what is ready does without.
  void settle(Cluster& c, double t) {
    if (settled_) return;
    settled_ = true;
    double ready = 0;
    for (const uint32_t i : own_) ready += c.ready(i) * c.services()[i].requests_per_s;
    for (const uint32_t i : own_) {
      const Service& s = c.services()[i];
      while (c.count(i) > std::max(target_[i], s.option->min)) {
        if (ready - s.requests_per_s < need_) {
          settled_ = false;
          break;
        }
        c.drain(i, t);
        ready -= s.requests_per_s;
      }
    }
  }

  void grow(Cluster& c, double t) {
    double missing = need_ - capacity(c);
    const auto vendor = vendor_price(c);
    bool first = true;
    while (missing > 0) {
      const auto choice = cheapest(c);
      if (!choice) break;
      const uint32_t best = *choice;
      const Service& s = c.services()[best];
      if (vendor) {
        const double saving = std::min(missing, s.requests_per_s) * *vendor - price(c, best);
        if (saving <= 0) break;
        if (first) regret_ += saving * kTick_s;
        first = false;
        if (regret_ < price(c, best) * s.startup_s) return;
      }
      c.order(best, t);
      missing -= s.requests_per_s;
    }
    regret_ = 0;
  }

  void shrink(Cluster& c, double t) {
    double spare = capacity(c) - std::max(need_, staffed(next_rate_, response_s_));
    bool first = true;
    while (true) {
      uint32_t worst = 0;
      double worst_price = -1;
      for (const uint32_t i : own_) {
        const Service& s = c.services()[i];
        if (c.count(i) <= s.option->min || s.requests_per_s > spare) continue;
        if (unit_price(c, i) > worst_price) worst = i, worst_price = unit_price(c, i);
      }
      if (worst_price < 0) break;
      const Service& s = c.services()[worst];
      if (first) idle_ += price(c, worst) * kTick_s;
      first = false;
      if (idle_ < price(c, worst) * s.startup_s) return;
      c.drain(worst, t);
      spare -= s.requests_per_s;
    }
    idle_ = 0;
  }

  PlannedSetup p_;
  double kg_weight_;
  std::vector<uint32_t> own_;
  std::vector<int> target_;
  fleet::DemandForecast forecast_;
  double response_s_ = std::numeric_limits<double>::infinity();  // the shortest
  double lead_ = 1;                                              // minutes before the hour, for machines to start
  double need_ = 0, next_rate_ = 0;                              // requests/s
  double in_hour_ = 0;                                           // requests so far
  double regret_ = 0, idle_ = 0;                                 // in the objective's money
  bool settled_ = true;
};

}  // namespace

std::unique_ptr<Control> fixed(uint32_t service, int machines) {
  return std::make_unique<Fixed>(service, machines);
}

std::unique_ptr<Control> autoscale(uint32_t service, double utilisation, int most) {
  return std::make_unique<Autoscale>(service, utilisation, most);
}

std::unique_ptr<Control> planned(PlannedSetup setup) {
  return std::make_unique<Planned>(std::move(setup));
}

}  // namespace trine::replay
