#include "ledger/series_groups.h"

#include <algorithm>

namespace trine::ledger {

void SeriesGroups::choose() {
  using Weighed = std::pair<const std::string, int64_t>;
  std::vector<const Weighed*> order;
  order.reserve(weights_.size());
  for (const Weighed& group : weights_) order.push_back(&group);
  const bool fold = order.size() > kMostGroups;
  const size_t own = fold ? kMostGroups - 1 : order.size();
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(own), order.end(),
                    [](const Weighed* a, const Weighed* b) {
                      return a->second != b->second ? a->second > b->second : a->first < b->first;
                    });
  for (size_t i = 0; i < own; ++i) {
    places_.emplace(order[i]->first, i);
    groups_.push_back({order[i]->first, std::vector<SeriesPoint>(steps_)});
  }
  if (fold) groups_.push_back({"(others)", std::vector<SeriesPoint>(steps_)});
  weights_ = {};
}

SeriesPoint& SeriesGroups::at(const std::string& name, size_t step) {
  const auto place = places_.find(name);
  return (place == places_.end() ? groups_.back() : groups_[place->second]).points[step];
}

}  // namespace trine::ledger
