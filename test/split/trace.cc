#include "split/trace.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>

namespace trine::split {

std::vector<Arrival> azure_trace(const std::filesystem::path& file) {
  std::vector<Arrival> arrivals;
  std::ifstream in(file);
  double first = -1;
  for (std::string line; std::getline(in, line);) {
    int day = 0, hour = 0, minute = 0;
    double second = 0;
    long long prompt = 0, output = 0;
    if (std::sscanf(line.c_str(), "%*d-%*d-%d %d:%d:%lf,%lld,%lld", &day, &hour, &minute, &second, &prompt, &output) !=
        6)
      continue;  // the head line
    const double at = ((day * 24.0 + hour) * 60 + minute) * 60 + second;
    if (first < 0) first = at;
    arrivals.push_back({at - first, std::max<int64_t>(1, prompt), 0, std::max<int64_t>(1, output)});
  }
  return arrivals;
}

std::vector<Arrival> merged(const std::vector<Arrival>& a, const std::vector<Arrival>& b) {
  std::vector<Arrival> both;
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both),
             [](const Arrival& x, const Arrival& y) { return x.at_s < y.at_s; });
  return both;
}

std::vector<Arrival> synthetic(size_t requests, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> gap(1);
  std::bernoulli_distribution is_code(0.31);
  // A log-normal of mean m and sigma s has its median at m * exp(-s^2 / 2).
  const auto tokens = [&](double mean, double sigma, double most) {
    std::normal_distribution<double> ln(std::log(mean) - sigma * sigma / 2, sigma);
    return static_cast<int64_t>(std::clamp(std::exp(ln(random)), 1.0, most));
  };
  std::vector<Arrival> arrivals;
  double at = 0;
  for (size_t i = 0; i < requests; ++i) {
    at += gap(random);
    Arrival a;
    a.at_s = at;
    const bool code = is_code(random);
    a.prompt = code ? tokens(2048, 0.9, 8000) : tokens(1155, 0.9, 8000);
    a.output = code ? tokens(28, 1.0, 2000) : tokens(211, 0.8, 1500);
    arrivals.push_back(a);
  }
  return arrivals;
}

std::vector<Arrival> at_rate(std::vector<Arrival> arrivals, double per_s, double from_s) {
  if (arrivals.empty()) return arrivals;
  const double first = arrivals.front().at_s, last = arrivals.back().at_s;
  const double is = static_cast<double>(arrivals.size()) / std::max(1e-9, last - first);
  for (Arrival& a : arrivals) a.at_s = from_s + (a.at_s - first) * is / per_s;
  return arrivals;
}

}  // namespace trine::split
