// Random numbers that are the same everywhere for a seed: splitmix64 (Steele, Lea, Flood 2014). One thread.
#pragma once

#include <cmath>
#include <cstdint>

namespace trine::replay {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>((next() >> 11) + 1) * 0x1p-53; }  // (0, 1]
  double exponential() { return -std::log(uniform()); }                           // mean 1

 private:
  uint64_t state_;
};

}  // namespace trine::replay
