#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "meter/dcgm.h"
#include "meter/zones.h"

namespace trine::meter::devices_property_test {
namespace {

// Whatever an exporter repeats on slices and pods, the energy of whole GPUs adds up to the GPUs' counters.
RC_GTEST_PROP(DcgmProperty, SlicesAndPodsNeverAddEnergy, ()) {
  int64_t truth_mj = 0;
  std::vector<std::string> lines;
  const int gpus = *rc::gen::inRange(1, 5);
  for (int g = 0; g < gpus; ++g) {
    const int64_t mj = *rc::gen::inRange<int64_t>(0, 1'000'000'000'000);
    truth_mj += mj;
    const int slices = *rc::gen::inRange(0, 8);
    const int pods = *rc::gen::inRange(slices == 0 ? 1 : 0, 4);  // 0: only the slices' series tell
    for (int p = 0; p < pods; ++p)
      lines.push_back(
          fmt::format("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{{UUID=\"GPU-{}\",pod=\"p{}\"}} {}\n", g, p, mj));
    for (int s = 0; s < slices; ++s) {
      lines.push_back(fmt::format("DCGM_FI_PROF_SM_ACTIVE{{UUID=\"GPU-{}\",GPU_I_ID=\"{}\"}} 0.5\n", g, s));
      lines.push_back(
          fmt::format("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{{UUID=\"GPU-{}\",GPU_I_ID=\"{}\"}} {}\n", g, s, mj));
    }
  }
  const auto order = *rc::gen::container<std::vector<uint32_t>>(lines.size(), rc::gen::arbitrary<uint32_t>());
  std::vector<size_t> index(lines.size());
  for (size_t i = 0; i < index.size(); ++i) index[i] = i;
  std::stable_sort(index.begin(), index.end(), [&](size_t a, size_t b) { return order[a] < order[b]; });
  std::string page;
  for (const size_t i : index) page += lines[i];

  Scrape scrape;
  scrape.text = page;
  const auto r = read_dcgm(scrape);
  RC_ASSERT(r.has_value());
  int64_t whole = 0, all = 0;
  for (const DeviceReading& d : r->devices) {
    all += d.counter_uj.value_or(0);
    if (d.whole_device) whole += d.counter_uj.value_or(0);
  }
  RC_ASSERT(whole == truth_mj * 1000);
  RC_ASSERT(all == whole);
}

RC_GTEST_PROP(ZonesProperty, NoJouleIsPickedTwice, ()) {
  const auto kinds = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6));
  std::vector<Zone> zones;
  for (const int k : kinds) zones.push_back(static_cast<Zone>(k));
  const auto picked = without_overlap(zones);
  const auto holds = [&](Zone z) {
    return std::any_of(picked.begin(), picked.end(), [&](size_t i) { return zones[i] == z; });
  };
  const auto there = [&](Zone z) { return std::find(zones.begin(), zones.end(), z) != zones.end(); };
  if (holds(Zone::psys)) RC_ASSERT(picked.size() == 1u);
  RC_ASSERT(!(holds(Zone::package) && holds(Zone::core)));
  RC_ASSERT(!holds(Zone::uncore) && !holds(Zone::other));
  RC_ASSERT(std::adjacent_find(picked.begin(), picked.end(), std::greater_equal<>()) == picked.end());
  if (there(Zone::package) || there(Zone::core) || there(Zone::dram)) RC_ASSERT(!picked.empty());
}

}  // namespace
}  // namespace trine::meter::devices_property_test
