// A run as one line of JSON.
#pragma once

#include <string>

#include "load/tally.h"

namespace trine::load {

// What a run was, beside what it saw.
struct Facts {
  std::string url, model;
  std::string arrivals;  // in words: "20/s, Poisson"
  uint64_t seed = 0;
  Nanos elapsed{0};
  bool interrupted = false;
};

// Times in seconds, and integers of microjoules, nanograms and 1e-9 of the currency beside the readable ones.
std::string to_json(const Tally& tally, const Facts& facts);

}  // namespace trine::load
