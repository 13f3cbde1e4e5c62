// What the product makes of a simulated engine: its meter is read at intervals, with noise, its requests are told as
// the gateway tells them (feed.h), windows are cut and shared by src/energy. Beside it the two naive splits, by tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "energy/attribution.h"
#include "split/engine.h"
#include "split/feed.h"

namespace trine::split {

struct Meter {
  double every_s = 1;
  // A reading is off by up to this share of the interval that it ends; so an interval is by the errors of both its
  // ends, at most twice as much. The next reading takes the error back: a counter's noise does not add up.
  double noise = 0.03;
  double refresh_s = 0.1;  // the counter moves in steps of this, as NVML's does: a reading is as old as that at most
  uint64_t seed = 7;
};

struct Product {
  energy::TokenWeights weights;           // the catalog's
  double idle_w = 70;                     // the catalog's
  double lateness_s = 2;                  // windows are closed so long after their end, as in the gateway
  double untold_s = 30;                   // and so much later while a call runs of which nothing was told since
  std::optional<double> calibrate_after;  // weights are fitted once, to the windows before this second
};

struct Replayed {
  std::vector<double> joules;  // above idle, by request
  std::vector<bool> settled;
  std::optional<energy::Calibration> fit;
  double idle_w = 0;
  Energy metered, shared;  // of all windows: what the meter showed; what requests, foreign and nobody were given
};

Replayed replay(const std::vector<Arrival>& arrivals, const Truth& truth, const std::vector<Note>& notes,
                const Meter& meter, const Product& product);

// Of the requests that are settled and came at or after `from_s`.
struct Deviation {
  double median = 0, p90 = 0;  // |given / true - 1|
  double factor = 1;           // exp of the median |ln(given / true)|: "off 1.3x"
};
struct Deviations {
  Deviation product, by_output, by_total;
  uint64_t requests = 0;
};
// The naive splits share the same requests' true energy above idle by output tokens, and by prompt and output tokens.
Deviations judge(const std::vector<Arrival>& arrivals, const Truth& truth, const Replayed& replayed, double from_s);

}  // namespace trine::split
