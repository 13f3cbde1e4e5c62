#include "score/choose.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "score/affinity.h"

namespace trine::score {
namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

// One decision. `scores_` has ln of each option's score, kNone where it may not serve.
class Decision {
 public:
  Decision(std::span<const Option> options, const Policy& policy, const Need& need, const Favour& favour,
           std::vector<double>& scores)
      : options_(options), policy_(policy), need_(need), favour_(favour), scores_(scores) {}

  std::optional<Choice> make() {
    weigh();
    if (choice_.candidates == 0) return late();
    reward_caches();
    if (seated(favour_.pinned)) return chosen(favour_.pinned, Decider::sticky);
    if (incumbent_stays()) {
      const double seat = scores_[favour_.incumbent];
      return chosen(favour_.incumbent, seat < top_ - policy_.tie ? Decider::hysteresis : why(favour_.incumbent));
    }
    if (favour_.prefix != 0 && runner_up_ >= top_ - policy_.standing) return home();
    if (runner_up_ >= top_ - policy_.tie) return tie();
    return chosen(first_, why(first_));
  }

 private:
  void weigh() {
    for (size_t i = 0; i < options_.size(); ++i) {
      const Option& o = options_[i];
      scores_[i] = kNone;
      if (unfit(o, need_) != Unfit::no) continue;
      ++choice_.candidates;
      best_.eur_per_mtok = std::min(best_.eur_per_mtok, o.axes().eur_per_mtok);
      best_.g_per_mtok = std::min(best_.g_per_mtok, o.axes().g_per_mtok);
      best_.control = std::max(best_.control, o.axes().control);
      const double plain = log_score(o.figures, policy_.weights);
      if (plain > plain_top_) plain_top_ = plain, plain_first_ = i;
      scores_[i] = o.slo_miss > 0 ? plain + ln_in_time(o.slo_miss) : plain;
      if (o.ln_cached > 0) {
        if (holders_ < holder_.size()) holder_[holders_] = i;
        ++holders_;
      }
      rise(i);
    }
  }

  void rise(size_t i) {
    const double score = scores_[i];
    if (score > top_) {
      runner_up_ = top_;
      top_ = score;
      first_ = i;
    } else {
      runner_up_ = std::max(runner_up_, score);
    }
  }

  // How many may run on one of those that are as good as the best one. First asked before caches count.
  uint32_t bound() {
    if (bound_) return *bound_;
    const double least = top_ - std::log1p(policy_.hysteresis);
    uint64_t running = 0;
    size_t n = 0;
    for (size_t i = 0; i < options_.size(); ++i) {
      if (scores_[i] < least) continue;
      running += options_[i].running;
      ++n;
    }
    bound_ = load_bound(running, n);
    return *bound_;
  }
  bool crowded(size_t i) { return options_[i].running + 1 > bound(); }
  // Its cached part counts: it has one, and is not over the bound.
  bool cached(size_t i) const { return options_[i].ln_cached > 0 && options_[i].running + 1 <= bound_.value_or(0); }

  // What is cached is cheaper, as long as its holder is not crowded.
  void reward_caches() {
    bare_first_ = first_;
    if (holders_ == 0) return;
    (void)bound();
    rewarded_ = true;
    if (holders_ <= holder_.size()) {
      for (size_t k = 0; k < holders_; ++k) reward(holder_[k]);
    } else {
      for (size_t i = 0; i < options_.size(); ++i)
        if (scores_[i] != kNone) reward(i);
    }
  }
  void reward(size_t i) {
    if (!cached(i)) return;
    scores_[i] += options_[i].ln_cached;
    if (i == first_)
      top_ = scores_[i];
    else
      rise(i);
  }

  bool seated(size_t i) const { return i < options_.size() && scores_[i] != kNone; }
  // A crowded incumbent that is not the best has no seat: else a route's traffic would stay with whoever had it first,
  // while its twins idle.
  bool incumbent_stays() {
    const size_t i = favour_.incumbent;
    if (!seated(i) || top_ - scores_[i] > std::log1p(policy_.hysteresis)) return false;
    return i == first_ ? runner_up_ < top_ - policy_.standing || !crowded(i) : !crowded(i);
  }

  // Equals: the prefix has a place among them.
  std::optional<Choice> home() {
    size_t found = kNobody, any = kNobody;
    uint64_t pull = 0, any_pull = 0;
    for (size_t i = 0; i < options_.size(); ++i) {
      if (scores_[i] < top_ - policy_.standing) continue;
      const uint64_t a = affinity(favour_.prefix, options_[i].place);
      if (any == kNobody || a > any_pull) any = i, any_pull = a;
      if (!crowded(i) && (found == kNobody || a > pull)) found = i, pull = a;
    }
    return chosen(found == kNobody ? any : found, Decider::affinity);
  }

  // Those that are not crowded, then fewer marginal joules, then fewer requests.
  std::optional<Choice> tie() {
    size_t best = first_;
    Decider by = why(first_);
    for (size_t i = 0; i < options_.size(); ++i) {
      if (i == best || scores_[i] < top_ - policy_.tie) continue;
      const Option &o = options_[i], &now = options_[best];
      if (o.marginal_joules != now.marginal_joules) by = Decider::marginal;
      const auto order = [&](size_t k) {
        const Option& x = options_[k];
        return std::tuple(crowded(k), x.marginal_joules, x.running, x.id);
      };
      if (order(i) < order(best)) best = i;
    }
    return chosen(best, by);
  }

  // None is in time for sure. Somebody still serves: the one that is the least over.
  std::optional<Choice> late() {
    if (policy_.strict_slo) return std::nullopt;
    size_t least = kNobody;
    for (size_t i = 0; i < options_.size(); ++i) {
      if (options_[i].slo_miss < kSurelyMisses) continue;
      Option o = options_[i];
      o.slo_miss = 0;
      if (unfit(o, need_) != Unfit::no) continue;
      ++choice_.candidates;
      if (least == kNobody || o.slo_over < options_[least].slo_over) least = i;
    }
    if (least == kNobody) return std::nullopt;
    choice_.index = least;
    choice_.score = 1;
    choice_.by = Decider::late;
    return choice_;
  }

  // What put the first one there.
  Decider why(size_t i) const {
    if (rewarded_ && cached(i) && i != bare_first_) return Decider::affinity;
    return i != plain_first_ && options_[plain_first_].slo_miss > options_[i].slo_miss ? Decider::slo : Decider::score;
  }

  std::optional<Choice> chosen(size_t i, Decider by) {
    choice_.index = i;
    choice_.by = by;
    choice_.cached = rewarded_ && cached(i);
    choice_.score = std::min(1.0, std::exp(scores_[i] - log_score(best_, policy_.weights)));
    return choice_;
  }

  const std::span<const Option> options_;
  const Policy& policy_;
  const Need& need_;
  const Favour& favour_;
  std::vector<double>& scores_;
  Choice choice_;
  Axes best_{std::numeric_limits<double>::max(), std::numeric_limits<double>::max(), 0};
  double top_ = kNone, runner_up_ = kNone, plain_top_ = kNone;
  size_t first_ = kNobody, bare_first_ = kNobody, plain_first_ = kNobody;
  std::optional<uint32_t> bound_;
  std::array<size_t, 8> holder_{};  // the first that have something cached
  size_t holders_ = 0;              // of all
  bool rewarded_ = false;
};

}  // namespace

const char* name(Decider by) {
  switch (by) {
    case Decider::score:
      return "score";
    case Decider::marginal:
      return "marginal";
    case Decider::affinity:
      return "affinity";
    case Decider::hysteresis:
      return "hysteresis";
    case Decider::sticky:
      return "sticky";
    case Decider::slo:
      return "slo";
    case Decider::late:
      return "late";
  }
  return "";
}

double ln_in_time(double miss) {
  constexpr double kAllowed = 0.05;
  return miss <= kAllowed ? 0 : std::log((1 - std::min(miss, 1 - 1e-9)) / (1 - kAllowed));
}

std::optional<Choice> choose(std::span<const Option> options, const Policy& policy, const Need& need,
                             const Favour& favour) {
  thread_local std::vector<double> scores;
  if (scores.size() < options.size()) scores.resize(options.size());
  return Decision(options, policy, need, favour, scores).make();
}

}  // namespace trine::score
