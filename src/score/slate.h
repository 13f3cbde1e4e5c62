// The deployments of a route as one worker sees them, kept from request to request: what changes is taken from the
// market, what does not is not computed again. At most 2 us for 100 deployments (bench/score_bench.cc).
//
// Up to kFullScan deployments all are looked at. Of more, kSample: the prompt's neighbours on a ring of places, so that
// a prefix keeps meeting the same ones, or random ones where there is no prefix; with them whoever holds the prompt,
// the session's and the incumbent. The best of 64 random ones is among the best 5 % of all in 96 of 100 draws. Where
// none of them may serve, all are looked at. One thread.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "score/choose.h"
#include "score/lateness.h"
#include "score/quote.h"

namespace trine::score {

struct Slo {
  double ttft_s = 0, tpot_s = 0;  // 0: none
  bool any() const { return ttft_s > 0 || tpot_s > 0; }
};

// Where a slate learns what changes. Indices as in the slate.
class Market {
 public:
  struct Now {
    uint32_t running = 0;
    bool healthy = true;
    bool tried = false;      // this request has been there in vain
    double g_per_kwh = 0;    // when it, the next or `running` changes, the tariff is asked for again
    double eur_per_kwh = 0;  // of electricity by the time of use
  };
  virtual ~Market() = default;
  virtual Now now(size_t index) = 0;
  virtual Tariff tariff(size_t index, uint32_t running) = 0;
  virtual Lateness::Outlook outlook(size_t index, double batch) = 0;
};

// Part of the prompt that lies in a deployment's cache, as far as one knows.
struct Cached {
  uint64_t place = 0;
  Tokens tokens = 0;
};

struct Ask {
  Shape shape;  // cached: 0
  Policy policy;
  const Need& need;
  std::span<const Cached> cached;
  uint64_t prefix = 0;                 // as in Favour
  uint64_t pinned = 0, incumbent = 0;  // places; 0: none
  Mono now{};
};

class Slate {
 public:
  static constexpr size_t kFullScan = 128, kSample = 64;
  static constexpr Nanos kOutlookAge = std::chrono::seconds(1);

  struct Entry {
    Option option;  // what never changes: id, place, zone, limits, control
    Speed speed;
  };
  Slate(std::span<const Entry> entries, const Slo& slo, uint64_t seed);

  // nullopt: none may serve; then options() are as of now, for explain(). The choice's index is the slate's.
  std::optional<Choice> choose(const Ask& ask, Market& market);
  std::span<const Option> options() const { return options_; }
  // What the chosen one would bill, with its cached part if that counted.
  Quote bill(const Choice& choice, const Ask& ask) const;
  size_t size() const { return options_.size(); }

 private:
  struct State {
    Tariff tariff;
    double g_per_kwh = 0, eur_per_kwh = 0;
    uint32_t running = 0;
    bool known = false;
  };
  // Of those with an SLO: apart, since the others need not carry it through the processor's cache.
  struct Timing {
    Lateness::Outlook outlook;
    double tpot_miss = 0, tpot_over = 0;  // no request changes them
    Mono at{};
  };
  size_t find(uint64_t place) const;  // kNobody: not here
  void refresh(size_t i, const Ask& ask, const Tariff::Amounts& amounts, Market& market);
  void promise(size_t i, const Shape& shape);
  void reward(const Cached& cached, const Ask& ask);
  void sample(const Ask& ask);
  std::optional<Choice> choose_sampled(const Ask& ask, Market& market);
  static Tokens cached_of(uint64_t place, const Ask& ask);

  const Slo slo_;
  std::vector<Option> options_;
  std::vector<State> states_;
  std::vector<Speed> speeds_;
  std::vector<Timing> timings_;
  std::vector<std::pair<uint64_t, uint32_t>> ring_;  // places in order
  uint64_t random_;
  std::vector<uint32_t> sample_;
  std::vector<Option> sampled_;
  std::vector<uint32_t> drawn_;  // by index: the draw that it was last in
  uint32_t draw_ = 0;
};

}  // namespace trine::score
