// trine baseline create, show: what savings are measured against, frozen into a file (docs/baseline.md).
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "catalog/catalog.h"
#include "cli/options.h"
#include "gateway/baseline_file.h"
#include "gateway/savings_baseline.h"

namespace trine::cli {

struct MadeBaseline {
  gateway::FrozenBaseline baseline;  // without control facts; hash not set yet
  std::vector<std::string> notes;    // what to doubt, sentences
  std::vector<std::string> refused;  // rows left out, "file:line: sentence"
  int64_t refused_rows = 0;
};

// Reads the log or invoice that `o` names. `now` is the baseline's date.
// Errors: not_found for names that the catalog does not know, invalid_argument for a file that cannot be read as one,
// each a sentence, or lines with places.
Result<MadeBaseline> make_baseline(const catalog::Catalog& catalog, const BaselineCreateOptions& o, Wall now);

// For people and as JSON: what it holds, and what a request, a million tokens and their energy come to.
std::string baseline_text(const gateway::FrozenBaseline& b, const catalog::Catalog& catalog);
std::string baseline_json(const gateway::FrozenBaseline& b, const catalog::Catalog& catalog);

}  // namespace trine::cli
