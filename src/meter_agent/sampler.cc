#include "meter_agent/sampler.h"

#include <algorithm>

#include "base/log.h"

namespace trine::meter_agent {

Sampler::Sampler(net::Loop& loop, Store& store, std::vector<std::unique_ptr<meter::Source>> meters, Nanos every)
    : net::Timer(loop), loop_(loop), store_(store), meters_(std::move(meters)), every_(every) {
  for (const auto& m : meters_) states_.emplace_back().name = m->name();
  busy_.resize(meters_.size());
}

void Sampler::start() {
  begin_ = loop_.clock().mono();
  tick();
}

void Sampler::tick() {
  const Mono now = loop_.clock().mono();
  for (size_t i = 0; i < meters_.size(); ++i) {
    if (busy_[i])
      ++states_[i].missed;
    else
      net::spawn(read(i));
  }
  const auto moments = (now - begin_) / every_;  // those that a pause of this program passed over are gone
  arm(begin_ + (moments + 1) * every_ - now);
}

net::Task<void> Sampler::read(size_t i) {
  busy_[i] = true;
  const auto readings = co_await meters_[i]->read();
  busy_[i] = false;
  take(i, readings);
}

void Sampler::take(size_t i, const Result<meter::Readings>& readings) {
  MeterState& state = states_[i];
  ++state.reads;
  state.up = readings.has_value();
  if (!readings) {
    ++state.errors;
    if (state.trouble != readings.error().message) log::warning("{}", readings.error().message);
    state.trouble = readings.error().message;
    return;
  }
  if (!state.trouble.empty()) log::info("{} answers", state.name);
  state.trouble.clear();
  for (const std::string& n : readings->notes)
    if (std::find(state.notes.begin(), state.notes.end(), n) == state.notes.end()) log::warning("{}", n);
  state.notes = readings->notes;
  const bool room = store_.add(*readings);
  if (!room && !full_) log::warning("more than {} devices: the others are not metered", Store::kMostDevices);
  full_ = !room;
}

net::Task<void> Sampler::finish() {
  disarm();
  while (std::find(busy_.begin(), busy_.end(), true) != busy_.end()) co_await loop_.sleep(std::chrono::milliseconds(5));
}

}  // namespace trine::meter_agent
