#include "energy/window.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace trine::energy {
namespace {

constexpr Nanos kHour = std::chrono::hours(1);
// Back-dated samples in a row that make a clock step rather than late scrapes: few where their counter proves that they
// are new, many where it cannot.
constexpr int kStepEvidence = 3;
constexpr int kStepEvidenceWithoutCounter = 60;

Nanos floor_to(Nanos t, Nanos step) {
  const auto n = t.count(), s = step.count();
  auto q = n / s;
  if (n % s < 0) --q;
  return Nanos(q * s);
}

}  // namespace

WindowCutter::WindowCutter(const Options& options) : options_(options) {
  if (options_.slot <= Nanos(0)) options_.slot = kHour;
}

MeterWindow take_until(MeterWindow& window, Wall end) {
  const double part = seconds(end - window.begin) / seconds(window.end - window.begin);
  MeterWindow first = window;
  first.end = end;
  first.gpu = std::min(window.gpu, Energy::raw(std::llround(static_cast<double>(window.gpu.raw()) * part)));
  first.duration = Nanos(std::llround(static_cast<double>(window.duration.count()) * part));
  window.begin = end;
  window.gpu -= first.gpu;
  window.duration -= first.duration;
  return first;
}

void WindowCutter::cut_at(Wall at) {
  const auto it = std::lower_bound(cuts_.begin(), cuts_.end(), at);
  if (it == cuts_.end() || *it != at) cuts_.insert(it, at);
}

void WindowCutter::book(Wall until, Energy estimate) {
  if (!last_ || until <= frontier_) return;
  const bool counter = last_->counter_uj.has_value();
  if (open_) {  // the estimate covers its time too; what a counter gained in it is set against the estimate
    if (counter) {
      pending_uj_ += open_->gpu.raw();
      pending_reading_ = std::max(pending_reading_, open_->reading);
    }
    open_.reset();
  }
  frontier_ = booked_until_ = until;
  if (counter) booked_uj_ += std::max<int64_t>(0, estimate.raw());
}

bool WindowCutter::believable(const Sample& s) const {
  const bool counter = s.counter_uj && *s.counter_uj >= 0;
  const bool power = s.power_w && *s.power_w >= 0 && *s.power_w <= options_.max_power_w;
  return counter || power;
}

WindowCutter::Order WindowCutter::order(const Sample& s) {
  if (s.mono && last_->mono) {
    if (*s.mono == *last_->mono) return Order::duplicate;
    if (*s.mono > *last_->mono) return s.at > last_->at ? Order::after : Order::step_back;
    // Read before the wall clock went back: late, whatever its wall time says.
    if (stepped_at_ && *s.mono < *stepped_at_ && *stepped_at_ - *s.mono < options_.max_gap) return Order::late;
    // Else it is late, or the reader started again with a new monotonic clock.
  }
  if (s.at == last_->at) return Order::duplicate;
  if (s.at > last_->at) return Order::after;
  const bool goes_on = suspect_ && s.at > suspect_->at &&
                       (!s.counter_uj || !suspect_->counter_uj || *s.counter_uj >= *suspect_->counter_uj);
  suspects_ = goes_on ? suspects_ + 1 : 1;
  suspect_ = s;
  const bool newer = s.counter_uj && last_->counter_uj && *s.counter_uj > *last_->counter_uj && !restarted_ && !s.mono;
  return suspects_ >= (newer ? kStepEvidence : kStepEvidenceWithoutCounter) ? Order::step_back : Order::late;
}

std::optional<WindowCutter::Gain> WindowCutter::power_gain(const Sample& s, double elapsed_s) const {
  if (!s.power_w || !last_->power_w) return std::nullopt;
  const double w = (*s.power_w + *last_->power_w) / 2;
  const bool gap = elapsed_s > seconds(options_.max_gap);
  return Gain{std::llround(w * elapsed_s * 1e6), gap ? Reading::estimated : Reading::integrated_power};
}

std::optional<WindowCutter::Gain> WindowCutter::counter_gain(const Sample& s, double elapsed_s) {
  if (!s.counter_uj || !last_->counter_uj) return std::nullopt;
  const int64_t before = *last_->counter_uj, now = *s.counter_uj;
  // Counters refresh in steps (100 ms in NVML, longer in exporters): a second's worth of slack.
  const double most = options_.max_power_w * (elapsed_s + 1) * 1e6;
  const auto plausible = [&](int64_t uj) { return static_cast<double>(uj) <= most; };
  const auto instead = [&](int64_t at_least) {
    if (const auto power = power_gain(s, elapsed_s))
      return Gain{power->uj, std::max(power->reading, Reading::integrated_power)};
    const double guess = std::min(mean_w_ * elapsed_s * 1e6, most);
    return Gain{std::max(at_least, static_cast<int64_t>(std::llround(guess))), Reading::estimated};
  };
  if (now >= before) {
    if (plausible(now - before)) return Gain{now - before, Reading::counter};
    ++stats_.implausible;
    return instead(0);
  }
  if (options_.wrap_uj > 0 && before <= options_.wrap_uj) {
    const int64_t wrapped = options_.wrap_uj - before + now;
    if (plausible(wrapped)) {
      ++stats_.wraps;
      restarted_ = true;
      return Gain{wrapped, Reading::counter};
    }
  }
  ++stats_.resets;
  restarted_ = true;
  return instead(plausible(now) ? now : 0);  // what it counted since it restarted is real
}

void WindowCutter::add(const Sample& raw, std::vector<MeterWindow>& out) {
  ++stats_.samples;
  if (!believable(raw)) {
    ++stats_.rejected;
    return;
  }
  Sample s = raw;
  if (s.counter_uj && *s.counter_uj < 0) s.counter_uj.reset();
  if (s.power_w && !(*s.power_w >= 0 && *s.power_w <= options_.max_power_w)) s.power_w.reset();
  if (!last_) {
    last_ = s;
    frontier_ = s.at;
    return;
  }
  // A meter that has a counter is not read by power in between: the next counter value covers it.
  if (last_->counter_uj && !s.counter_uj) {
    ++stats_.rejected;
    return;
  }
  const Order when = order(s);
  if (when == Order::duplicate || when == Order::late) {
    ++(when == Order::late ? stats_.late : stats_.duplicates);
    return;
  }
  const bool same_boot = s.mono && last_->mono && *s.mono > *last_->mono;
  if (when == Order::step_back) {
    // The wall clock went back. What the counter gained waits for the next window on the new time line; without a
    // monotonic clock a reset seen before makes the difference meaningless, and it is dropped rather than doubled.
    ++stats_.clock_steps;
    stepped_at_ = s.mono;
    const bool trust = s.counter_uj && last_->counter_uj && *s.counter_uj >= *last_->counter_uj;
    if (trust && (same_boot || !restarted_)) pending_uj_ += *s.counter_uj - *last_->counter_uj;
    if (same_boot) {
      const Nanos passed = *s.mono - *last_->mono;
      pending_time_ += passed;
      if (!s.counter_uj) {
        if (const auto power = power_gain(s, seconds(passed))) {
          pending_uj_ += power->uj;
          pending_reading_ = std::max(pending_reading_, power->reading);
        }
      }
    }
    if (frontier_ - s.at > options_.max_gap) {  // too far to wait for: a new time line
      if (open_) out.push_back(*std::exchange(open_, std::nullopt));
      frontier_ = s.at;
      ++epoch_;
    }
    last_ = s;
    suspects_ = 0;
    suspect_.reset();
    return;
  }
  suspects_ = 0;
  suspect_.reset();

  Nanos elapsed = same_boot ? *s.mono - *last_->mono : s.at - last_->at;
  if (same_boot && s.at - last_->at - elapsed > options_.max_gap) ++stats_.clock_steps;
  if (s.counter_uj && last_->counter_uj && *s.counter_uj == *last_->counter_uj) {
    ++stats_.stale;  // exporters refresh slower than they are scraped; no GPU uses nothing
    return;
  }
  auto gain = counter_gain(s, seconds(elapsed));
  if (!gain) gain = power_gain(s, seconds(elapsed));
  if (!gain) {  // power first, counter from now on: nothing to compare yet
    last_ = s;
    frontier_ = std::max(frontier_, s.at);
    return;
  }
  if (gain->reading != Reading::estimated && elapsed > Nanos(0))
    mean_w_ = static_cast<double>(gain->uj) * 1e-6 / seconds(elapsed);

  const Wall begin = frontier_;
  const bool ahead = begin > last_->at;  // over an estimate or a small step back: time up to `begin` is in a window
  if (ahead && begin == booked_until_) {
    const Nanos rest = std::max(Nanos(0), s.at - begin);
    if (!s.counter_uj)
      gain->uj = std::llround(static_cast<double>(gain->uj) * seconds(rest) / seconds(s.at - last_->at));
    elapsed = std::min(elapsed, rest);
  }
  gain->uj += std::exchange(pending_uj_, 0);
  gain->reading = std::max(gain->reading, std::exchange(pending_reading_, Reading::counter));
  elapsed += std::exchange(pending_time_, Nanos(0));
  const int64_t paid = std::min(booked_uj_, gain->uj);
  booked_uj_ -= paid;
  gain->uj -= paid;
  last_ = s;
  if (s.at <= begin) {
    pending_uj_ = gain->uj;
    pending_time_ = elapsed;
    pending_reading_ = gain->reading;
    return;
  }
  frontier_ = s.at;
  emit(begin, s.at, elapsed, *gain, out);
}

Wall WindowCutter::next_cut(Wall after, Wall limit) const {
  const Nanos t = after.time_since_epoch();
  Wall cut = std::min(limit, Wall(floor_to(t, options_.slot) + options_.slot));
  cut = std::min(cut, Wall(floor_to(t, kHour) + kHour));
  if (options_.step > Nanos(0)) cut = std::min(cut, Wall(floor_to(t, options_.step) + options_.step));
  const auto it = std::upper_bound(cuts_.begin(), cuts_.end(), after);
  if (it != cuts_.end()) cut = std::min(cut, *it);
  return cut;
}

void WindowCutter::emit(Wall begin, Wall end, Nanos duration, Gain gain, std::vector<MeterWindow>& out) {
  if (end - begin > kLongest) {
    ++stats_.clock_steps;
    begin = end - kHour;
    duration = std::min(duration, kHour);
  }
  // Energy and time are spread evenly over the interval; cumulative rounding keeps both sums exact.
  const double whole = seconds(end - begin);
  int64_t given_uj = 0;
  Nanos given_time{};
  for (Wall at = begin; at < end;) {
    const Wall cut = next_cut(at, end);
    MeterWindow piece{at,           cut,    duration - given_time, Energy::raw(gain.uj - given_uj),
                      gain.reading, epoch_, std::nullopt};
    if (cut < end) {
      const double part = seconds(cut - begin) / whole;
      const auto uj = std::clamp(std::llround(static_cast<double>(gain.uj) * part), static_cast<long long>(given_uj),
                                 static_cast<long long>(gain.uj));
      const Nanos time =
          std::clamp(Nanos(std::llround(static_cast<double>(duration.count()) * part)), given_time, duration);
      piece.gpu = Energy::raw(uj - given_uj);
      piece.duration = time - given_time;
      given_uj = uj;
      given_time = time;
    }
    close(piece, out);
    at = cut;
  }
  const auto passed = std::lower_bound(cuts_.begin(), cuts_.end(), end);
  cuts_.erase(cuts_.begin(), passed);
}

void WindowCutter::close(const MeterWindow& piece, std::vector<MeterWindow>& out) {
  if (options_.step <= Nanos(0)) {
    out.push_back(piece);
    return;
  }
  if (!open_) {
    open_ = piece;
  } else {
    open_->end = piece.end;
    open_->duration += piece.duration;
    open_->gpu += piece.gpu;
    open_->reading = std::max(open_->reading, piece.reading);
  }
  // Ends at a cut of its own, not merely at the last sample?
  const bool at_cut = next_cut(open_->begin, open_->end + Nanos(1)) == open_->end;
  if (at_cut) {
    out.push_back(*open_);
    open_.reset();
  }
}

}  // namespace trine::energy
