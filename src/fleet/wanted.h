// How many machines of each option are wanted, as a plan's JSON says. Pure. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace trine::fleet {

struct Wanted {
  std::string option;
  int machines = 0;
  std::optional<double> eur_per_hour;  // of one machine; which are drained first
  std::string spec;                    // a JSON object for the actuator, as it stands in the plan; empty: none
  bool operator==(const Wanted&) const = default;
};

// Either {"wanted": [{"option", "machines", "eur_per_hour"?, "spec"?}]}, or what `trine plan --json` prints: the first
// of its "hours", whose "machines" is such a list or an object of counts by option. Other members are left alone.
// `file` is how errors name the text: "file:line:column: sentence". At most 16 MiB, 10,000 options; each option once.
Result<std::vector<Wanted>> read_wanted(std::string_view text, std::string_view file);
// The same of a file.
Result<std::vector<Wanted>> read_wanted_file(const std::string& path);

constexpr int kMostMachines = 100'000;
constexpr size_t kMostOptions = 10'000;

}  // namespace trine::fleet
