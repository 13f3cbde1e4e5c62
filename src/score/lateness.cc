#include "score/lateness.h"

#include <algorithm>
#include <cmath>

namespace trine::score {
namespace {

constexpr double kRemembered = 64;     // calls: the effective number that a mean is over
constexpr double kHalfLife_s = 60;     // of what was seen
constexpr double kPriorCalls = 4;      // so many calls weigh as much as the prior
constexpr double kPriorSpread = 0.35;  // of ln: the speed model is right within about a third
constexpr double kWorstRatio = 1000;   // a clock's jump teaches no more than this

}  // namespace

double Lateness::Stat::left(Mono now) const {
  return n <= 0 ? 0 : n * std::exp2(-std::max(0.0, seconds(now - last)) / kHalfLife_s);
}

void Lateness::Stat::add(double x, Mono now) {
  n = std::min(left(now) + 1, kRemembered);
  last = now;
  const double d = x - mean;
  mean += d / n;
  square += (d * (x - mean) - square) / n;
}

// The posterior of mean and spread: both samples together.
Lateness::Guess Lateness::Stat::with(const Guess& prior, Mono now) const {
  const double seen = left(now), all = seen + kPriorCalls;
  Guess g;
  g.mean = (seen * mean + kPriorCalls * prior.mean) / all;
  const double between = seen * kPriorCalls / (all * all) * (mean - prior.mean) * (mean - prior.mean);
  g.sd = std::sqrt((seen * square + kPriorCalls * prior.sd * prior.sd) / all + between);
  return g;
}

size_t Lateness::octave(double batch) {
  return static_cast<size_t>(std::clamp(std::log2(std::max(1.0, batch)), 0.0, kOctaves - 1.0));
}

void Lateness::Stats::add(double x, size_t octave, Mono now) {
  all.add(x, now);
  by_batch[octave].add(x, now);
}

Lateness::Guess Lateness::Stats::guess(size_t octave, Mono now) const {
  Guess g = by_batch[octave].with(all.with({.mean = 0, .sd = kPriorSpread}, now), now);
  g.factor = std::exp(g.mean);
  g.worst = std::exp(g.mean + 4 * g.sd);
  return g;
}

void Lateness::saw(const Pace& model, std::optional<double> ttft_s, std::optional<double> tpot_s, double batch,
                   Mono now) {
  const auto learn = [&](Stats& stats, std::optional<double> seen, double said) {
    if (!seen || !(*seen > 0) || !(said > 0)) return;
    stats.add(std::log(std::clamp(*seen / said, 1 / kWorstRatio, kWorstRatio)), octave(batch), now);
  };
  learn(ttft_, ttft_s, model.ttft_s);
  learn(tpot_, tpot_s, model.tpot_s);
}

Lateness::Outlook Lateness::outlook(double batch, Mono now) const {
  const size_t o = octave(batch);
  return {ttft_.guess(o, now), tpot_.guess(o, now)};
}

double Lateness::Guess::tail(double model_s, double limit_s) const {
  const double z = (std::log(limit_s / model_s) - mean) / std::max(sd, 1e-3);
  return 0.5 * std::erfc(z * M_SQRT1_2);
}

}  // namespace trine::score
