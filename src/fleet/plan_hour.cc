#include "fleet/plan_hour.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

namespace trine::fleet {
namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();
constexpr double kWhole = 1e-7;  // machines this near to a whole number are one

struct Bounds {
  std::vector<int> lo, hi;
};

struct Segment {
  double price;
  size_t option;
  bool more;  // machines beyond lo, which are paid by the request
};

struct Relaxed {
  double value = kNone;
  std::vector<double> machines;
  int fraction = -1;  // the option whose number is none
};

struct Node {
  double bound;
  Bounds bounds;
  bool operator<(const Node& o) const { return bound > o.bound; }  // the least first
};

class Search {
 public:
  Search(const std::vector<HourOption>& options, double demand, const std::vector<int>& zone_left)
      : options_(options), demand_(demand), zone_left_(zone_left) {
    for (size_t o = 0; o < options.size(); ++o) {
      segments_.push_back({options[o].request, o, false});
      if (options[o].capacity > 0)
        segments_.push_back({options[o].request + options[o].on / options[o].capacity, o, true});
    }
    std::stable_sort(segments_.begin(), segments_.end(),
                     [](const Segment& a, const Segment& b) { return a.price < b.price; });
  }

  // With real machines. `zones`: caps are kept (greedily: an answer, no bound).
  Relaxed relax(const Bounds& b, bool zones) const {
    Relaxed r;
    r.machines.resize(options_.size());
    std::vector<double> left(zone_left_.begin(), zone_left_.end());
    double value = 0, rest = demand_;
    for (size_t o = 0; o < options_.size(); ++o) {
      r.machines[o] = b.lo[o];
      value += options_[o].on * b.lo[o];
      if (options_[o].zone >= 0) left[static_cast<size_t>(options_[o].zone)] -= b.lo[o];
    }
    for (const Segment& s : segments_) {
      const HourOption& o = options_[s.option];
      double room = o.capacity > 0 ? o.capacity * b.lo[s.option] : o.most;
      if (s.more) {
        double machines = b.hi[s.option] - b.lo[s.option];
        if (zones && o.zone >= 0) machines = std::min(machines, std::max(0.0, left[static_cast<size_t>(o.zone)]));
        room = o.capacity * machines;
      }
      const double x = std::min(rest, room);
      if (x <= 0) continue;
      rest -= x;
      value += s.price * x;
      if (!s.more) continue;
      const double n = x / o.capacity;
      r.machines[s.option] += n;
      if (o.zone >= 0) left[static_cast<size_t>(o.zone)] -= n;
      if (std::abs(n - std::round(n)) > kWhole) r.fraction = static_cast<int>(s.option);
    }
    if (rest > 1e-9 * (1 + demand_)) return r;
    r.value = value;
    return r;
  }

  HourAnswer run(double tolerance, int nodes) {
    HourAnswer best{std::vector<int>(options_.size()), kNone, kNone};
    Bounds all;
    for (const auto& o : options_) {
      all.hi.push_back(o.capacity > 0 ? o.hi : 0);
      all.lo.push_back(o.capacity > 0 ? (o.on < 0 ? o.hi : o.lo) : 0);
    }
    std::priority_queue<Node> open;
    open.push({relax(all, false).value, all});
    double closed = kNone;  // the least bound of nodes that were left without an answer as good
    for (int i = 0; !open.empty(); ++i) {
      Node node = open.top();
      if (node.bound >= best.value - tolerance * std::abs(best.value) || i >= nodes) break;
      open.pop();
      const Relaxed free = relax(node.bounds, false);
      improve(best, node.bounds);
      if (free.fraction < 0) {  // whole: its value is an answer's, unless a zone is full
        closed = std::min(closed, node.bound);
        continue;
      }
      branch(open, node.bounds, static_cast<size_t>(free.fraction), free.machines);
    }
    best.bound = std::min(best.value, closed);
    if (!open.empty()) best.bound = std::min(best.bound, open.top().bound);
    return best;
  }

 private:
  void improve(HourAnswer& best, const Bounds& b) const {
    const Relaxed r = relax(b, true);
    if (r.value == kNone) return;
    Bounds fixed{std::vector<int>(options_.size()), {}};
    for (size_t o = 0; o < options_.size(); ++o) fixed.lo[o] = static_cast<int>(std::ceil(r.machines[o] - kWhole));
    std::vector<int> zone = zone_left_;
    for (size_t o = 0; o < options_.size(); ++o)
      if (options_[o].zone >= 0 && (zone[static_cast<size_t>(options_[o].zone)] -= fixed.lo[o]) < 0) return;
    fixed.hi = fixed.lo;
    const double value = relax(fixed, false).value;
    if (value < best.value) best.value = value, best.machines = fixed.lo;
  }

  void branch(std::priority_queue<Node>& open, const Bounds& b, size_t at, const std::vector<double>& machines) const {
    const int down = static_cast<int>(std::floor(machines[at]));
    for (const bool up : {false, true}) {
      Bounds half = b;
      (up ? half.lo : half.hi)[at] = up ? down + 1 : down;
      const double bound = relax(half, false).value;
      if (bound < kNone) open.push({bound, std::move(half)});
    }
  }

  const std::vector<HourOption>& options_;
  double demand_;
  const std::vector<int>& zone_left_;
  std::vector<Segment> segments_;
};

}  // namespace

HourAnswer best_hour(const std::vector<HourOption>& options, double demand, const std::vector<int>& zone_left,
                     double tolerance, int nodes) {
  return Search(options, demand, zone_left).run(tolerance, nodes);
}

}  // namespace trine::fleet
