#include "fleet/flips.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace trine::fleet {
namespace {

constexpr double kFarthest = 1000;  // times
constexpr double kStep = 0.05;      // of ln, while looking for a change of sign
constexpr int kHalvings = 60;

// Everything that can be moved, at once.
struct World {
  std::vector<Tweak> tweaks;
  double utilisation;
  score::Weights weights;
};

struct Standing {
  double lead = 0;
  size_t best_other = 0;
};

Standing standing(const Contest& c, const World& w) {
  Workload load = c.workload;
  load.utilisation = w.utilisation;
  const auto value = [&](size_t i) {
    const score::Figures f(axes_of(score_option(c.options[i], load, c.intensities[i], w.tweaks[i])));
    return score::log_score(f, w.weights);
  };
  Standing s{-HUGE_VAL, c.over.front()};
  const double mine = value(c.chosen);
  double best = -HUGE_VAL;
  for (const size_t i : c.over) {
    const double theirs = value(i);
    if (theirs > best) best = theirs, s.best_other = i;
  }
  s.lead = mine - best;
  return s;
}

World as_it_is(const Contest& c) {
  return {std::vector<Tweak>(c.options.size()), c.workload.utilisation, c.weights};
}

// The x nearest to 0 within [low, high] at which `lead` changes its sign.
std::optional<double> nearest_change(const std::function<double(double)>& lead, double low, double high) {
  const double at_zero = lead(0);
  if (at_zero == 0) return 0;
  const auto other_side = [&](double v) { return v == 0 || (v > 0) != (at_zero > 0); };
  std::optional<double> nearest;
  for (const double sign : {1.0, -1.0}) {
    const double end = sign > 0 ? high : -low;
    for (double inside = 0; inside < end;) {
      if (nearest && inside >= std::abs(*nearest)) break;
      double outside = std::min(inside + kStep, end);
      if (!other_side(lead(sign * outside))) {
        inside = outside;
        continue;
      }
      for (int i = 0; i < kHalvings; ++i) {
        const double middle = (inside + outside) / 2;
        (other_side(lead(sign * middle)) ? outside : inside) = middle;
      }
      if (!nearest || outside < std::abs(*nearest)) nearest = sign * outside;
      break;
    }
  }
  return nearest;
}

class Finder {
 public:
  explicit Finder(const Contest& c) : c_(c) {}

  void weight(Input input, score::Axis axis, double now) {
    Flip f{.input = input, .of = {}, .now = now, .at = {}, .to = {}};
    const auto mine = axes(c_.chosen);
    for (const size_t i : c_.over) {
      const auto at = score::flip_weight(mine, axes(i), c_.weights, axis);
      if (!at || (f.at && std::abs(*at - now) >= std::abs(*f.at - now))) continue;
      World w = as_it_is(c_);
      w.weights = moved(axis, *at);
      if (std::abs(standing(c_, w).lead) > 1e-6) continue;  // a third one is ahead of both there
      f.at = at;
      f.to = c_.options[standing(c_, as_it_is(c_)).lead >= 0 ? i : c_.chosen].name;
    }
    found_.push_back(std::move(f));
  }

  // `move` sets the world for the factor exp(x).
  void input(Input input, std::string of, double now, const std::function<void(World&, double)>& move,
             double low = -std::log(kFarthest), double high = std::log(kFarthest)) {
    Flip f{.input = input, .of = std::move(of), .now = now, .at = {}, .to = {}};
    const auto at = [&](double x) {
      World w = as_it_is(c_);
      move(w, std::exp(x));
      return standing(c_, w);
    };
    if (const auto x = nearest_change([&](double v) { return at(v).lead; }, low, high)) {
      f.at = now * std::exp(*x);
      f.to = c_.options[at(0).lead >= 0 ? at(*x).best_other : c_.chosen].name;
    }
    found_.push_back(std::move(f));
  }

  std::vector<Flip> done() { return std::move(found_); }

 private:
  score::Axes axes(size_t i) const { return axes_of(score_option(c_.options[i], c_.workload, c_.intensities[i])); }
  // The weight of one axis at `at`, the other two keeping their ratio.
  score::Weights moved(score::Axis axis, double at) const {
    score::Weights w = c_.weights;
    double* all[] = {&w.cost, &w.control, &w.carbon};
    double* one = all[static_cast<size_t>(axis)];
    const double rest = 1 - *one;
    for (double* each : all)
      if (each != one) *each = rest > 0 ? *each * (1 - at) / rest : (1 - at) / 2;
    *one = at;
    return w;
  }

  const Contest& c_;
  std::vector<Flip> found_;
};

double price_of(const Option& o, const Workload& w) {
  if (o.machine && !o.token_price) return to_euros(o.machine->hardware.price.per_hour);
  Scored s = score_option(o, w, {});
  return s.cost.value;
}

}  // namespace

const char* name(Input input) {
  switch (input) {
    case Input::weight_cost:
      return "weight of cost";
    case Input::weight_control:
      return "weight of control";
    case Input::weight_carbon:
      return "weight of carbon";
    case Input::price:
      return "price";
    case Input::intensity:
      return "intensity";
    case Input::joules_per_token:
      return "J/token";
    case Input::utilisation:
      break;
  }
  return "utilisation";
}

double lead(const Contest& c) {
  return standing(c, as_it_is(c)).lead;
}

double lead_sigma(const Contest& c) {
  const size_t other = standing(c, as_it_is(c)).best_other;
  double variance = 0;
  for (const size_t i : {c.chosen, other}) {
    const Scored s = score_option(c.options[i], c.workload, c.intensities[i]);
    variance += std::pow(c.weights.cost * s.cost.sigma, 2) + std::pow(c.weights.carbon * s.carbon.sigma, 2);
  }
  return std::sqrt(variance);
}

std::vector<Flip> flips(const Contest& c) {
  Finder find(c);
  find.weight(Input::weight_cost, score::Axis::cost, c.weights.cost);
  find.weight(Input::weight_control, score::Axis::control, c.weights.control);
  find.weight(Input::weight_carbon, score::Axis::carbon, c.weights.carbon);
  std::vector<size_t> all = {c.chosen};
  all.insert(all.end(), c.over.begin(), c.over.end());
  bool machines = false;
  for (const size_t i : all) {
    const Option& o = c.options[i];
    machines = machines || o.machine.has_value();
    find.input(Input::price, o.name, price_of(o, c.workload), [i](World& w, double f) { w.tweaks[i].price = f; });
  }
  std::set<std::string> zones;
  for (const size_t i : all) {
    const std::string& zone = c.options[i].zone;
    if (!zones.insert(zone).second) continue;
    find.input(Input::intensity, zone, c.intensities[i].value.g_per_kwh, [&c, &all, &zone](World& w, double f) {
      for (const size_t k : all)
        if (c.options[k].zone == zone) w.tweaks[k].intensity = f;
    });
  }
  for (const size_t i : all)
    find.input(Input::joules_per_token, c.options[i].name,
               score_option(c.options[i], c.workload, c.intensities[i]).joules_per_token.value,
               [i](World& w, double f) { w.tweaks[i].joules = f; });
  const double u = c.workload.utilisation;
  if (machines)
    find.input(
        Input::utilisation, {}, u, [u](World& w, double f) { w.utilisation = u * f; }, std::log(0.01 / u),
        std::log(1 / u));
  return find.done();
}

}  // namespace trine::fleet
