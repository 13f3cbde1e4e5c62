// RAPL: the CPU's own energy counters, through Linux's powercap files (Intel, and AMD from Zen on).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "meter/local_source.h"
#include "meter/zones.h"

namespace trine::meter {

// A file's text. Errors: not_found, permission_denied, unavailable. Played in tests, which run as root too.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;
Result<std::string> read_small_file(const std::string& path);

struct RaplOptions {
  std::string root = "/sys/class/powercap";
  std::string host;  // names the reading: "host:<host>"
  const Clock* clock = &system_clock();
  ReadFile read_file = read_small_file;
  double max_power_w = 1000;  // of one zone: beyond, a counter may have wrapped unseen
};

// One reading: zones without overlap (zones.h), their wraps undone, added up. After a pause in which a counter may have
// wrapped more than once the sum starts again, which windows take for a reset.
class Rapl final : public LocalMeter {
 public:
  // Errors: not_found (no zones: a virtual machine, or the kernel's module is missing), permission_denied, with the
  // rule that helps.
  static Result<std::unique_ptr<Rapl>> open(const RaplOptions& options);

  Result<Readings> read() override;
  std::string_view name() const override { return name_; }

 private:
  struct Counter {
    std::string path;   // of energy_uj
    int64_t range = 0;  // max_energy_range_uj; 0: unknown
    int64_t last = 0;
  };

  explicit Rapl(const RaplOptions& options) : options_(options), name_("rapl " + options.root) {}
  Result<int64_t> number(const std::string& path) const;
  // What a counter gained since it was read last, or nothing where that cannot be known.
  static std::optional<int64_t> gained(const Counter& c, int64_t now, double most_uj);

  RaplOptions options_;
  std::string name_;
  std::vector<Counter> counters_;
  std::string zones_;
  std::optional<Mono> read_at_;
  int64_t sum_uj_ = 0;
};

}  // namespace trine::meter
