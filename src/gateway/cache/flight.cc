#include "gateway/cache/flight.h"

#include <cstring>

namespace trine::gateway {

void Flight::wake() {
  for (Follower* f : followers_) f->wake();
}

Follower::Follower(net::Loop& loop, std::shared_ptr<Flight> flight)
    : net::Timer(loop), loop_(loop), flight_(std::move(flight)) {
  flight_->followers_.insert(this);
}

Follower::~Follower() {
  flight_->followers_.erase(this);
  // A copy: what it ends takes the flight's own away.
  const auto abandon = flight_->abandon;
  if (flight_->followers_.empty() && abandon) abandon();
}

// Not at once: who wakes is in the middle of its own work.
void Follower::wake() {
  if (!waiting_) {
    woken_ = true;
    return;
  }
  loop_.post([h = std::exchange(waiting_, nullptr)] { h.resume(); });
}

void Follower::expired() {
  if (waiting_) std::exchange(waiting_, nullptr).resume();
}

size_t Flights::Hash::operator()(const cache::Key& k) const {
  size_t out = 0;
  std::memcpy(&out, k.data(), sizeof out);
  return out;
}

std::shared_ptr<Flight> Flights::find(const cache::Key& key) const {
  const auto it = all_.find(key);
  return it != all_.end() && it->second->takes_more() ? it->second : nullptr;
}

std::shared_ptr<Flight> Flights::begin(const cache::Key& key) {
  auto flight = std::make_shared<Flight>();
  // One that takes no more goes on without its name.
  all_[key] = flight;
  return flight;
}

void Flights::end(const cache::Key& key, const Flight* flight) {
  const auto it = all_.find(key);
  if (it != all_.end() && it->second.get() == flight) all_.erase(it);
}

}  // namespace trine::gateway
