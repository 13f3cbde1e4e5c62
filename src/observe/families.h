// All that /metrics shows, one row per metric: what docs/metrics.md prints is what the page is made from.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "gateway/admin/admin.h"
#include "observe/page.h"
#include "observe/process.h"

namespace trine::observe {

// What a row draws on.
struct Scene {
  Scene(const gateway::GatewayView& view, Wall now, const ProcessFigures& process);

  const gateway::GatewayView& view;
  Wall now;
  ProcessFigures process;
  std::vector<std::string> labels;        // of each deployment, by its index
  std::vector<std::string> brief_labels;  // the same without its model
  std::vector<std::string> zones;  // of the deployments and of the configuration; sorted, "" where one is not known
};

struct Family {
  const char* name;  // without the suffixes of a histogram's series
  Kind kind;
  const char* labels;                             // names, "a, b"; a histogram's `le` apart; empty: none
  const char* help;                               // one line, with the unit
  void (*write)(Page& page, const Scene& scene);  // the samples
};

// In the order of the page. Constant.
std::span<const Family> families();

}  // namespace trine::observe
