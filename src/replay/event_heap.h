// When each of a few numbered things happens next: a 4-ary heap whose entries can be moved. One thread.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace trine::replay {

class EventHeap {
 public:
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  // Makes room for thing number size(); it happens never.
  void grow() {
    at_.push_back(kNever);
    place_.push_back(static_cast<uint32_t>(heap_.size()));
    heap_.push_back(static_cast<uint32_t>(heap_.size()));
  }
  size_t size() const { return heap_.size(); }
  // Equal times: the lower number first. REQUIRES: size() > 0.
  uint32_t first() const { return heap_[0]; }
  double first_at() const { return heap_.empty() ? kNever : at_[heap_[0]]; }
  double at(uint32_t i) const { return at_[i]; }

  void set(uint32_t i, double at) {
    const bool sooner = at < at_[i];
    at_[i] = at;
    if (sooner)
      up(place_[i]);
    else
      down(place_[i]);
  }

 private:
  bool before(uint32_t a, uint32_t b) const { return at_[a] < at_[b] || (at_[a] == at_[b] && a < b); }
  void put(uint32_t place, uint32_t i) { heap_[place] = i, place_[i] = place; }
  void up(uint32_t place) {
    const uint32_t i = heap_[place];
    while (place > 0) {
      const uint32_t parent = (place - 1) / 4;
      if (!before(i, heap_[parent])) break;
      put(place, heap_[parent]);
      place = parent;
    }
    put(place, i);
  }
  void down(uint32_t place) {
    const uint32_t i = heap_[place];
    const auto n = static_cast<uint32_t>(heap_.size());
    while (true) {
      uint32_t best = place * 4 + 1;
      if (best >= n) break;
      for (uint32_t c = best + 1; c < n && c < place * 4 + 5; ++c)
        if (before(heap_[c], heap_[best])) best = c;
      if (!before(heap_[best], i)) break;
      put(place, heap_[best]);
      place = best;
    }
    put(place, i);
  }

  std::vector<double> at_;
  std::vector<uint32_t> heap_, place_;
};

}  // namespace trine::replay
