// A fleet file: a workload and the options that could serve it (docs/fleet-file.md; examples/fleet-eu.yaml).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "fleet/option.h"
#include "yaml/fields.h"

namespace trine::fleet {

struct Fleet {
  std::string currency = "EUR";
  std::string model;               // of options that name none
  double peak_tokens_per_min = 0;  // input + output
  Mix tokens;                      // of a request, where the trace has only counts
  Slo slo;
  double utilisation = 0.8;                // of a machine's capacity that an hour's mean may use
  std::string baseline;                    // the option that the static fleet is made of; empty: the first
  std::vector<std::string> zones;          // residency: where requests may be served; empty: anywhere
  std::vector<std::string> jurisdictions;  // whose law may rule the operator; empty: anybody's
  std::map<std::string, int> zone_caps;    // machines in a zone at most
  double deferrable = 0;                   // share of the requests that may wait
  int defer_hours = 0;                     // and for how long
  double min_control = 0;                  // options under it are refused
  std::vector<Option> options;

  const Option* find(std::string_view name) const;
};

// Prices in the file are in its currency. Names are looked up in the catalog; what the file does not say (price, PUE)
// is the catalog's. Errors: file:line:column for each problem, with what to do.
Result<Fleet> read_fleet_file(const std::string& path, const catalog::Catalog& catalog);
Result<Fleet> read_fleet_text(const std::string& name, std::string_view text, const catalog::Catalog& catalog);

// The declaration, for the reference in docs/fleet-file.md.
void declare(yaml::Fields& fields, Fleet& fleet, const catalog::Catalog& catalog);

}  // namespace trine::fleet
