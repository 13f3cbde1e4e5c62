// What `trine score` and `trine decide` choose among: options with their intensities, the workload, the rules and the
// weights, each with where it comes from.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "catalog/catalog.h"
#include "cli/options.h"
#include "fleet/scoring.h"
#include "gateway/snapshot.h"
#include "grid/grid.h"

namespace trine::cli {

// Where an input comes from. `age`: nullopt where the source does not say a day.
struct Provenance {
  std::string source, what;  // "fleet file", "catalog: runpod-eu-fr-1/..."; "typical day", "derived curve"
  std::string date;          // as the source says it
  std::optional<Nanos> age;
};

// What the ledger has of a deployment with the option's name, over kMixPeriod; attributed figures. Shown beside the
// curve's, which the axes are made of: it holds for the load that there was.
struct MeasuredHere {
  double joules_per_token = 0;
  int64_t calls = 0;
  energy::Letter letter = energy::Letter::D;
};

struct Choice {
  std::string from;   // "fleet file x.yaml"
  std::string model;  // of all options, else empty
  std::shared_ptr<const catalog::Catalog> catalog;
  std::shared_ptr<const grid::GridTable> grid;
  std::vector<fleet::Option> options;
  std::vector<grid::Reading> intensities;                  // one for each option
  std::vector<Provenance> prices, intensity_from, energy;  // likewise
  std::vector<std::optional<MeasuredHere>> measured;       // likewise
  fleet::Workload workload;
  std::string mix_from, utilisation_from;
  fleet::Constraints constraints;
  score::Weights weights;
  std::string weights_from;
  std::string currency = "EUR";
  Wall at{};
  Nanos span{0};                             // 0: the hour of `at`
  std::filesystem::path ledger;              // empty: none named
  std::optional<double> tokens_per_month;    // as the ledger shows
  size_t find(std::string_view name) const;  // options.size(): there is none
};

inline constexpr double kHoursPerMonth = 730;
inline constexpr Nanos kMixPeriod = std::chrono::hours(30 * 24);  // of the ledger, before now

// `running`: instead of reading source.config. Errors: sentences, or lines with their place in a file.
Result<Choice> make_choice(const ChoiceSource& source, Wall now,
                           std::shared_ptr<const gateway::Snapshot> running = nullptr);

}  // namespace trine::cli
