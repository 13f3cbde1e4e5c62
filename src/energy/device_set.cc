#include "energy/device_set.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace trine::energy {

SetCutter::SetCutter(const Options& options) : options_(options) {
  options_.gpus = std::max<size_t>(1, options_.gpus);
  if (!(options_.host_part > 0 && options_.host_part <= 1)) options_.host_part = 1;
  for (size_t i = 0; i < options_.gpus; ++i) lanes_.emplace_back(options_.gpu);
  if (options_.host) lanes_.emplace_back(options_.server);
}

void SetCutter::add(size_t meter, const Sample& sample) {
  Lane& lane = lanes_.at(meter);
  cut_.clear();
  lane.cutter.add(sample, cut_);
  lane.windows.insert(lane.windows.end(), cut_.begin(), cut_.end());
  if (!frontier_ && meter < options_.gpus) frontier_ = lane.cutter.frontier();
}

void SetCutter::cut_at(Wall at) {
  for (Lane& lane : lanes_) lane.cutter.cut_at(at);
}

MeterWindow SetCutter::split(Lane& lane, Wall end) {
  if (lane.windows.front().end > end) return take_until(lane.windows.front(), end);
  MeterWindow whole = lane.windows.front();
  lane.windows.pop_front();
  return whole;
}

bool SetCutter::silent(const Lane& lane, Wall now) const {
  const auto last = lane.cutter.frontier();
  return !last || now - *last > options_.patience;
}

// The server's energy in a window of the GPUs; nothing where its meter has not all of it.
std::optional<Energy> SetCutter::host_energy(const MeterWindow& window) {
  if (!options_.host) return std::nullopt;
  Lane& lane = lanes_[host_meter()];
  Energy sum;
  Wall covered = window.begin;
  while (!lane.windows.empty() && lane.windows.front().begin < window.end) {
    if (lane.windows.front().end <= window.begin || lane.windows.front().epoch < window.epoch) {
      lane.windows.pop_front();  // its time was modelled
      continue;
    }
    if (lane.windows.front().begin < window.begin) split(lane, window.begin);
    if (lane.windows.front().begin > covered) return std::nullopt;
    covered = std::min(window.end, lane.windows.front().end);
    sum += split(lane, window.end).gpu;
  }
  if (covered < window.end) return std::nullopt;
  return Energy::raw(std::llround(static_cast<double>(sum.raw()) * options_.host_part));
}

bool SetCutter::next(Wall now, MeterWindow& out) {
  const auto gpus_end = lanes_.begin() + static_cast<std::ptrdiff_t>(options_.gpus);
  // The set's next window begins where the first of its GPUs has one.
  std::optional<std::pair<uint32_t, Wall>> begin;
  for (auto lane = lanes_.begin(); lane != gpus_end; ++lane) {
    if (lane->windows.empty()) {
      if (!silent(*lane, now)) return false;
      continue;
    }
    const std::pair place{lane->windows.front().epoch, lane->windows.front().begin};
    if (!begin || place < *begin) begin = place;
  }
  if (!begin) return false;
  Wall end = Wall::max();
  for (auto lane = lanes_.begin(); lane != gpus_end; ++lane) {
    if (lane->windows.empty() || lane->windows.front().epoch != begin->first) continue;
    const MeterWindow& front = lane->windows.front();
    end = std::min(end, front.begin > begin->second ? front.begin : front.end);
  }
  if (options_.host) {
    const Lane& host = lanes_[host_meter()];
    const bool passed = host.cutter.frontier() && *host.cutter.frontier() >= end;
    if (!passed && !silent(host, now)) return false;
  }

  out = {begin->second, end, Nanos(0), Energy(), Reading::counter, begin->first, std::nullopt};
  size_t speaking = 0;
  for (auto lane = lanes_.begin(); lane != gpus_end; ++lane) {
    if (lane->windows.empty() || lane->windows.front().epoch != begin->first ||
        lane->windows.front().begin > begin->second)
      continue;
    const MeterWindow part = split(*lane, end);
    ++speaking;
    out.gpu += part.gpu;
    out.duration = std::max(out.duration, part.duration);
    out.reading = std::max(out.reading, part.reading);
  }
  const Energy each = Energy::raw(out.gpu.raw() / static_cast<int64_t>(speaking));
  for (auto lane = lanes_.begin(); lane != gpus_end; ++lane) {
    const auto last = lane->cutter.frontier();
    if (!lane->windows.empty() || !last || *last >= end) continue;
    lane->cutter.book(end, each);
    out.gpu += each;
    out.reading = Reading::estimated;
  }
  out.host = host_energy(out);
  return true;
}

void SetCutter::take(Wall now, std::vector<MeterWindow>& out) {
  MeterWindow window;
  while (next(now, window)) {
    out.push_back(window);
    frontier_ = window.end;
  }
}

void SetCutter::book(Wall until, Energy estimate) {
  // What was cut and not given lies in the same time: it is set against the estimate like what the counters gain.
  const auto n = static_cast<int64_t>(options_.gpus);
  int64_t rest = estimate.raw();
  for (size_t i = 0; i < options_.gpus; ++i) {
    const int64_t part = rest / (n - static_cast<int64_t>(i));
    rest -= part;
    lanes_[i].cutter.book(until, Energy::raw(part));
  }
  if (!frontier_ || until > *frontier_) frontier_ = until;
}

WindowCutter::Stats SetCutter::stats() const {
  WindowCutter::Stats sum;
  for (const Lane& lane : lanes_) {
    const WindowCutter::Stats& s = lane.cutter.stats();
    sum.samples += s.samples;
    sum.rejected += s.rejected;
    sum.duplicates += s.duplicates;
    sum.late += s.late;
    sum.stale += s.stale;
    sum.wraps += s.wraps;
    sum.resets += s.resets;
    sum.implausible += s.implausible;
    sum.clock_steps += s.clock_steps;
  }
  return sum;
}

}  // namespace trine::energy
