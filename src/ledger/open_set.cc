#include "ledger/open_set.h"

#include <algorithm>

namespace trine::ledger {
namespace {

auto find(std::vector<OpenSet::Call>& calls, uint16_t attempt) {
  return std::find_if(calls.begin(), calls.end(), [&](const OpenSet::Call& c) { return c.attempt == attempt; });
}

}  // namespace

void OpenSet::begin(const CallId& id, const Place& place, Mono now) {
  auto [it, added] = requests_.try_emplace(id.request);
  auto& request = it->second;
  if (added) {
    request.place = place;
    request.since = now;
  }
  if (find(request.calls, id.attempt) == request.calls.end()) request.calls.push_back({id.attempt, false, place});
}

void OpenSet::stored_request(const RequestId& id, Mono now) {
  auto& request = requests_[id];
  request.open = request.stored = true;
  request.since = now;
}

void OpenSet::stored_call(const CallId& id, const Place& place, Mono now) {
  auto [it, added] = requests_.try_emplace(id.request);
  if (added) {
    it->second.open = false;  // its row would have come first
    it->second.since = now;
  }
  it->second.calls.push_back({id.attempt, true, place});
}

bool OpenSet::close(const CallId& id) {
  const auto it = requests_.find(id.request);
  if (it == requests_.end()) return false;
  auto& request = it->second;
  const auto call = find(request.calls, id.attempt);
  if (call == request.calls.end()) return false;
  const bool stored = call->stored;
  *call = request.calls.back();
  request.calls.pop_back();
  if (!request.open && request.calls.empty()) requests_.erase(it);
  return stored;
}

bool OpenSet::close(const RequestId& id) {
  const auto it = requests_.find(id);
  if (it == requests_.end()) return false;
  auto& request = it->second;
  const bool stored = request.stored;
  request.open = request.stored = false;
  if (request.calls.empty()) requests_.erase(it);
  return stored;
}

std::set<std::pair<uint32_t, uint64_t>> OpenSet::segments() const {
  std::set<std::pair<uint32_t, uint64_t>> needed;
  for (const auto& [id, request] : requests_) {
    if (request.open && !request.stored) needed.emplace(request.place.worker, request.place.segment);
    for (const auto& call : request.calls) needed.emplace(call.place.worker, call.place.segment);
  }
  return needed;
}

}  // namespace trine::ledger
