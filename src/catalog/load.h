// From data/*.yaml to a checked Catalog.
//
// Checked with positions, all problems at once ("zones.yaml:12:34: ..."): types and ranges, unknown and double keys,
// names that occur twice, references to sources, zones, regions, GPUs, models and vendors that do not exist (with the
// nearest name), no zero or absurd intensity, prices > 0 and at most 200 per million tokens.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/error.h"
#include "catalog/catalog.h"

namespace trine::catalog {

struct LoadOptions {
  std::string folder;                        // files in it replace the built-in ones of the same name; empty: none
  std::map<std::string, double> euro_rates;  // currency -> its value in EUR, replaces the catalog's; finite, > 0
};

Result<std::shared_ptr<const Catalog>> load(const LoadOptions& options = {});

// For tests: file name -> text; absent names are built in.
Result<std::shared_ptr<const Catalog>> load_texts(const std::map<std::string, std::string>& files,
                                                  const LoadOptions& options = {});

}  // namespace trine::catalog
