// What must hold of instances whatever happens to them.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "fleet/instance_json.h"
#include "unit/fleet/fleet_fixture.h"

namespace trine::fleet::instance_property_test {
namespace {

using namespace testing;

// What a fleet took, in order, and how it was after each.
struct History {
  std::vector<InstanceEvent> taken;
  std::vector<std::map<std::string, Instance>> after;
  Instances fleet;
};

// Evenly, whatever the size of the case (inRange alone begins with the low ones).
template <class T>
T pick(T low, T high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(low, high));
}

// Random events, two of three such that they can follow. Those that can are taken.
History random_history() {
  History h;
  Story story(h.fleet);
  for (int steps = pick(1, 120); steps > 0; --steps) {
    const auto id = id_number(pick<uint64_t>(1, 5));
    story.now += s(pick(-30, 900));
    std::vector<InstanceEvent> all, good;
    for (int k = 0; k <= static_cast<int>(InstanceEvent::Kind::forget); ++k) {
      all.push_back(story.event(id, static_cast<InstanceEvent::Kind>(k)));
      if (h.fleet.check(all.back()).value_or(false)) good.push_back(all.back());
    }
    const auto& from = good.empty() || pick(0, 3) == 0 ? all : good;
    const auto event = from[pick<size_t>(0, from.size())];
    const auto before = h.fleet.all();
    const auto taken = h.fleet.apply(event);
    if (taken && *taken) {
      h.taken.push_back(event);
      h.after.push_back(h.fleet.all());
    } else {
      RC_ASSERT(h.fleet.all() == before);
    }
  }
  return h;
}

Instances folded(std::span<const InstanceEvent> events) {
  Instances fleet;
  for (const auto& e : events) {
    const auto taken = fleet.apply(e);
    RC_ASSERT(taken.has_value() && *taken);
  }
  return fleet;
}

RC_GTEST_PROP(Instances, a_prefix_of_events_gives_the_fleet_at_that_time, ()) {
  const auto h = random_history();
  const auto n = pick<size_t>(0, h.taken.size() + 1);
  const auto fleet = folded(std::span(h.taken).first(n));
  const auto expected = n == 0 ? std::map<std::string, Instance>() : h.after[n - 1];
  RC_ASSERT(fleet.all() == expected);
}

RC_GTEST_PROP(Instances, duplicates_change_nothing, ()) {
  const auto h = random_history();
  Instances fleet;
  for (size_t n = 0; n < h.taken.size(); ++n) {
    RC_ASSERT(fleet.apply(h.taken[n]).value_or(false));
    const auto again = pick<size_t>(0, n + 1);
    const auto taken = fleet.apply(h.taken[again]);
    RC_ASSERT(taken.has_value() && !*taken);
    RC_ASSERT(fleet.all() == h.after[n]);
    RC_ASSERT(fleet.last_id() >= h.taken[n].instance);
  }
}

RC_GTEST_PROP(Instances, numbers_rise_by_one_and_nothing_rises_from_the_dead, ()) {
  const auto h = random_history();
  std::map<std::string, uint32_t> numbers;
  std::set<std::string> requested, over;
  for (size_t n = 0; n < h.taken.size(); ++n) {
    const auto& e = h.taken[n];
    RC_ASSERT(e.sequence == ++numbers[e.instance]);
    if (e.kind == InstanceEvent::Kind::request) RC_ASSERT(requested.insert(e.instance).second);
    const auto it = h.after[n].find(e.instance);
    const bool serves = it != h.after[n].end() && it->second.serves();
    if (it == h.after[n].end() || !it->second.exists()) over.insert(e.instance);
    RC_ASSERT(!(serves && over.contains(e.instance)));
    // A machine is only told to be stopped after it stopped to serve, and is only gone after that.
    if (e.kind == InstanceEvent::Kind::stopped)
      RC_ASSERT(n > 0 && h.after[n - 1].contains(e.instance) && h.after[n - 1].at(e.instance).stopping);
    if (it != h.after[n].end() && it->second.stopping) RC_ASSERT(!it->second.serves());
  }
}

RC_GTEST_PROP(Instances, records_read_back, ()) {
  for (const auto& e : random_history().taken) {
    const auto back = from_record(to_record(e));
    RC_ASSERT(back.has_value() && *back == e);
  }
}

}  // namespace
}  // namespace trine::fleet::instance_property_test
