#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "meter/rapl.h"

namespace trine::meter::rapl_property_test {
namespace {

// Zones that wrap each at their own time, read at random moments: the sum is the energy that flowed, to the microjoule.
RC_GTEST_PROP(RaplProperty, TheSumIsWhatFlowedThroughEveryWrap, ()) {
  constexpr int64_t kRange = 5'000'000'000;  // 5 kJ: 5 s at the zones' most, so wraps come often
  std::string pattern = (std::filesystem::temp_directory_path() / "trine-rapl-XXXXXX").string();
  const std::string root = ::mkdtemp(pattern.data());
  const int packages = *rc::gen::inRange(1, 4);
  std::map<std::string, int64_t> counters;  // by path
  VirtualClock clock;
  RaplOptions options;
  options.root = root;
  options.clock = &clock;
  options.max_power_w = 1000;
  options.read_file = [&](const std::string& path) -> Result<std::string> {
    const auto it = counters.find(path);
    return it == counters.end() ? read_small_file(path) : std::to_string(it->second) + "\n";
  };
  for (int p = 0; p < packages; ++p) {
    const std::string folder = fmt::format("{}/intel-rapl:{}", root, p);
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/name") << "package-" << p << "\n";
    std::ofstream(folder + "/max_energy_range_uj") << kRange << "\n";
    counters[folder + "/energy_uj"] = *rc::gen::inRange<int64_t>(0, kRange);
  }
  auto rapl = Rapl::open(options);
  std::filesystem::remove_all(root);
  RC_ASSERT(rapl.has_value());

  int64_t truth = 0;
  const int steps = *rc::gen::inRange(1, 40);
  for (int i = 0; i < steps; ++i) {
    const int64_t ms = *rc::gen::inRange<int64_t>(1, 3000);
    clock.advance(std::chrono::milliseconds(ms));
    for (auto& [path, counter] : counters) {
      const int64_t flowed = *rc::gen::inRange<int64_t>(0, ms * 1'000'000);  // up to 1000 W
      truth += flowed;
      counter = counter + flowed;
      if (counter >= kRange) counter -= kRange;
    }
    const auto r = (*rapl)->read();
    RC_ASSERT(r.has_value());
    RC_ASSERT(r->notes.empty());
    RC_ASSERT(r->devices.front().counter_uj == truth);
  }
}

}  // namespace
}  // namespace trine::meter::rapl_property_test
