// How much later than its speed model a deployment answers, learned from its calls, and what that means for an SLO.
// One thread.
//
// ln(seen / model) of the time to first token and of the time per token, each as a mean and a spread, decayed by count
// and by time, by octaves of the batch. What little is known of an octave is drawn to what is known of all, and that to
// "as the model says, give or take a third": a deployment that nobody calls for minutes is thought of as new again.
#pragma once

#include <array>
#include <optional>

#include "base/time.h"
#include "score/quote.h"

namespace trine::score {

class Lateness {
 public:
  // A call that ran in a mean batch of `batch`, for which the model had said `model`. Absent times were not seen.
  void saw(const Pace& model, std::optional<double> ttft_s, std::optional<double> tpot_s, double batch, Mono now);

  // ln(real / model), as a normal distribution.
  struct Guess {
    double mean = 0, sd = 0;
    double factor = 1;  // exp(mean): how many times longer than the model says
    double worst = 1;   // exp(mean + 4 sd): nothing takes longer
    // The share of requests that take longer than `limit` where the model says `model_s`. Cheap where it is 0.
    double beyond(double model_s, double limit_s) const {
      return limit_s <= 0 || model_s * worst <= limit_s ? 0 : tail(model_s, limit_s);
    }

   private:
    double tail(double model_s, double limit_s) const;
  };
  struct Outlook {
    Guess ttft, tpot;
  };
  // Dear (powers and roots): take it when the batch changes or time has passed, not per request.
  Outlook outlook(double batch, Mono now) const;

 private:
  struct Stat {
    double n = 0, mean = 0, square = 0;  // square: mean squared distance from the mean
    Mono last{};
    double left(Mono now) const;  // of n
    void add(double x, Mono now);
    Guess with(const Guess& prior, Mono now) const;
  };
  static constexpr size_t kOctaves = 10;
  static size_t octave(double batch);
  struct Stats {
    Stat all;
    std::array<Stat, kOctaves> by_batch;
    void add(double x, size_t octave, Mono now);
    Guess guess(size_t octave, Mono now) const;
  };
  Stats ttft_, tpot_;
};

}  // namespace trine::score
