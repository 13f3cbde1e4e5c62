#include "split/replay.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <unordered_map>

#include "energy/window.h"

namespace trine::split {
namespace {

using energy::Attributor;

CallId id(size_t call) {
  return {{call + 1, 0}, 0};
}

class Player {
 public:
  Player(size_t calls, const Truth& truth, const Meter& meter, const Product& product)
      : meter_(meter), product_(product), line_(truth.line), random_(meter.seed), attributor_(config(product)) {
    slots_.resize(calls);
    out_.joules.resize(calls);
    out_.settled.resize(calls);
  }

  Replayed play(const std::vector<Note>& notes, double until_s) {
    size_t next = 0;
    for (double at = 0; at < until_s; at += meter_.every_s) {
      for (; next < notes.size() && notes[next].at_s <= at; ++next) hear(notes[next]);
      read(at);
      if (product_.calibrate_after && at >= *product_.calibrate_after && !tried_) calibrate();
    }
    out_.idle_w = attributor_.idle_w();
    return std::move(out_);
  }

 private:
  static energy::DeviceConfig config(const Product& product) {
    energy::DeviceConfig c;
    c.device = c.deployment = "gpu-0";
    c.zone = "FR";
    c.models = {product.weights};
    c.site = {.gpus = 1, .host_w_per_gpu = 0, .pue = 1, .pue_sigma = 0.03};
    c.idle_w = product.idle_w;
    return c;
  }

  void hear(const Note& n) {
    switch (n.kind) {
      case Note::Kind::opened:
        slots_[n.call] = attributor_.open(id(n.call), wall(n.at_s));
        told_[n.call] = wall(n.at_s);
        break;
      case Note::Kind::worked:
        attributor_.work(slots_[n.call], n.slice);
        told_[n.call] = std::max(told_[n.call], n.slice.end);
        break;
      case Note::Kind::closed:
        attributor_.close(slots_[n.call], wall(n.at_s));
        told_.erase(n.call);
    }
  }

  void read(double at) {
    const double joules = line_.at(std::floor(at / meter_.refresh_s) * meter_.refresh_s);
    std::uniform_real_distribution<double> off(-meter_.noise, meter_.noise);
    shown_ = std::max(shown_, joules + off(random_) * (joules - before_));  // a counter does not fall
    before_ = joules;
    cut_.clear();
    cutter_.add({.at = wall(at), .counter_uj = std::llround(shown_ * 1e6), .power_w = {}, .mono = {}}, cut_);
    windows_.insert(windows_.end(), cut_.begin(), cut_.end());
    Wall known = Wall::max();
    for (const auto& [call, until] : told_) known = std::min(known, until);
    const Wall due = std::min(wall(at - product_.lateness_s), std::max(known, wall(at - product_.untold_s)));
    for (; !windows_.empty() && windows_.front().end <= due; windows_.pop_front()) share(windows_.front());
  }

  void share(const energy::MeterWindow& window) {
    settled_.clear();
    energy::Conditions conditions;
    conditions.grid = {50, 0.08, true};
    const auto* closed = attributor_.window(window, conditions, settled_);
    out_.metered += window.gpu;
    out_.shared += closed->requests.gpu_energy + closed->foreign.gpu_energy + closed->unattributed.gpu_energy;
    const double active = window.gpu > Energy() ? to_joules(attributor_.detail().active) / to_joules(window.gpu) : 0;
    for (const auto& s : attributor_.shares()) out_.joules[s.call.request.hi - 1] += to_joules(s.gpu) * active;
    for (const auto& s : settled_) out_.settled[s.call.request.hi - 1] = true;
  }

  void calibrate() {
    tried_ = true;
    out_.fit = attributor_.calibrated();
    if (out_.fit) attributor_.set_weights(0, out_.fit->weights);
  }

  const Meter& meter_;
  const Product& product_;
  EnergyLine line_;
  std::mt19937_64 random_;
  Attributor attributor_;
  energy::WindowCutter cutter_{energy::WindowCutter::Options{}};
  std::vector<Attributor::Slot> slots_;
  std::unordered_map<size_t, Wall> told_;  // open calls: until when their work is known
  std::deque<energy::MeterWindow> windows_;
  std::vector<energy::MeterWindow> cut_;
  std::vector<energy::Settlement> settled_;
  double before_ = 0, shown_ = 0;
  bool tried_ = false;
  Replayed out_;
};

double at_share(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

Deviation error_of(const std::vector<double>& given, const std::vector<double>& truth) {
  std::vector<double> relative, ln;
  for (size_t i = 0; i < given.size(); ++i) {
    relative.push_back(std::abs(given[i] / truth[i] - 1));
    ln.push_back(std::abs(std::log(std::max(given[i], 1e-9) / truth[i])));
  }
  return {at_share(relative, 0.5), at_share(relative, 0.9), std::exp(at_share(ln, 0.5))};
}

}  // namespace

Replayed replay(const std::vector<Arrival>& arrivals, const Truth& truth, const std::vector<Note>& notes,
                const Meter& meter, const Product& product) {
  const double until_s = truth.end_s + 3 * meter.every_s + product.lateness_s + product.untold_s;
  return Player(arrivals.size(), truth, meter, product).play(notes, until_s);
}

Deviations judge(const std::vector<Arrival>& arrivals, const Truth& truth, const Replayed& replayed, double from_s) {
  std::vector<double> real, product, by_output, by_total;
  double joules = 0, output = 0, total = 0;
  for (size_t i = 0; i < arrivals.size(); ++i) {
    const Arrival& a = arrivals[i];
    if (a.at_s < from_s || !replayed.settled[i]) continue;
    real.push_back(truth.served[i].joules);
    product.push_back(replayed.joules[i]);
    by_output.push_back(static_cast<double>(a.output));
    by_total.push_back(static_cast<double>(a.prompt + a.output));
    joules += real.back();
    output += by_output.back();
    total += by_total.back();
  }
  for (double& x : by_output) x *= joules / output;
  for (double& x : by_total) x *= joules / total;
  return {error_of(product, real), error_of(by_output, real), error_of(by_total, real), real.size()};
}

}  // namespace trine::split
