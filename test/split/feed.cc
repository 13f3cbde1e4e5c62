#include "split/feed.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace trine::split {
namespace {

constexpr Wall kStart = from_unix_ns(1'795'395'600'000'000'000);  // 2026-11-23T01:00:00Z
constexpr double kTick = 0.25;                                    // as in the gateway
constexpr double kNever = 1e18;

struct Told {
  bool streamed = true;
  int64_t guess = 0;            // prompt tokens, from the prompt's bytes
  int64_t prompt = 0, out = 0;  // told so far
  double until_s = 0;
  double batch_s = 0;  // integral of the calls open, when it began
};

class Teller {
 public:
  Teller(const std::vector<Arrival>& arrivals, const Truth& truth, const Gateway& gateway)
      : arrivals_(arrivals), truth_(truth), gateway_(gateway), told_(arrivals.size()) {
    std::mt19937_64 random(gateway.seed);
    std::bernoulli_distribution streamed(gateway.streamed);
    std::normal_distribution<double> off(0, gateway.prompt_sigma);
    for (size_t i = 0; i < arrivals.size(); ++i) {
      told_[i].streamed = streamed(random);
      told_[i].guess = std::llround(static_cast<double>(arrivals[i].prompt) * std::exp(off(random)));
    }
  }

  std::vector<Note> tell() {
    std::vector<std::pair<double, size_t>> ends;
    for (size_t i = 0; i < truth_.served.size(); ++i) ends.emplace_back(truth_.served[i].tokens_s.back(), i);
    std::sort(ends.begin(), ends.end());
    size_t opened = 0, closed = 0;
    double tick = kTick, before = 0;
    while (closed < ends.size()) {
      const double arrival = opened < arrivals_.size() ? arrivals_[opened].at_s : kNever;
      const double now = std::min({arrival, ends[closed].first, tick});
      open_s_ += static_cast<double>(opened - closed) * (now - before);
      before = now;
      if (arrival == now) {
        open(opened++);
      } else if (ends[closed].first == now) {
        close(ends[closed++].second);
      } else {
        for (const size_t i : running_) progress(i, now);
        tick += kTick;
      }
    }
    return std::move(notes_);
  }

 private:
  void open(size_t i) {
    const double now = arrivals_[i].at_s;
    told_[i].until_s = now;
    told_[i].batch_s = open_s_;
    if (told_[i].streamed) running_.push_back(i);
    notes_.push_back({now, Note::Kind::opened, i});
  }

  energy::CallFacts facts(size_t i) const {
    const Served& served = truth_.served[i];
    energy::CallFacts f;
    f.start = wall(arrivals_[i].at_s);
    f.end = wall(served.tokens_s.back());
    f.streamed = told_[i].streamed;
    f.first_token = f.streamed ? wall(served.tokens_s.front()) : f.end;
    f.in = arrivals_[i].prompt;
    f.cached = arrivals_[i].cached;
    f.out = arrivals_[i].output;
    f.mean_batch = (open_s_ - told_[i].batch_s) / std::max(1e-9, served.tokens_s.back() - arrivals_[i].at_s);
    return f;
  }

  energy::Slices slices(const energy::CallFacts& f) const {
    return energy::slices_of(f, {.prefill_tokens_per_s = gateway_.prefill_per_s,
                                 .token_s = gateway_.step_s0 + gateway_.step_s1 * f.mean_batch});
  }

  void work(size_t i, double now, const energy::Slice& slice) { notes_.push_back({now, Note::Kind::worked, i, slice}); }

  void progress(size_t i, double now) {
    Told& t = told_[i];
    const auto& tokens = truth_.served[i].tokens_s;
    const int64_t counted = std::upper_bound(tokens.begin(), tokens.end(), now) - tokens.begin();
    if (counted <= t.out) return;
    if (t.prompt == 0 && now >= tokens.front() + gateway_.prompt_after_s) {
      energy::CallFacts so_far = facts(i);
      so_far.in = t.guess;
      so_far.cached = 0;
      work(i, now, slices(so_far).prefill);
      t.prompt = t.guess;
    }
    work(i, now,
         {wall(std::max(t.until_s, tokens.front())),
          wall(now),
          {0, 0, static_cast<double>(counted - t.out), static_cast<double>(t.guess + counted)}});
    t.out = counted;
    t.until_s = now;
  }

  void close(size_t i) {
    const Told& t = told_[i];
    const double now = truth_.served[i].tokens_s.back();
    energy::Slices s = slices(facts(i));
    s.prefill.work.fresh = std::max(0.0, s.prefill.work.fresh - static_cast<double>(t.prompt));
    s.decode.begin = std::max(s.decode.begin, wall(t.until_s));
    s.decode.work.out = std::max(0.0, s.decode.work.out - static_cast<double>(t.out));
    work(i, now, s.prefill);
    work(i, now, s.decode);
    notes_.push_back({now, Note::Kind::closed, i});
    std::erase(running_, i);
  }

  const std::vector<Arrival>& arrivals_;
  const Truth& truth_;
  const Gateway& gateway_;
  std::vector<Told> told_;
  std::vector<size_t> running_;
  std::vector<Note> notes_;
  double open_s_ = 0;
};

}  // namespace

Wall wall(double s) {
  return kStart + from_seconds(s);
}

std::vector<Note> notes_of(const std::vector<Arrival>& arrivals, const Truth& truth, const Gateway& gateway) {
  return Teller(arrivals, truth, gateway).tell();
}

}  // namespace trine::split
