// What tokens will cost in energy before anything was measured here: `trine estimate` (docs/accounting.md §4). Pure.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "catalog/catalog.h"
#include "cli/options.h"
#include "energy/uncertainty.h"

namespace trine::cli {

// Own hardware. Joules are per output token, of all GPUs, unless the name says otherwise.
struct OwnEstimate {
  std::string model, gpu, method, source;  // model: of the catalog, else its size
  int gpus = 1;
  double batch = 1, prompt_per_output = 0;
  double joules = 0, sigma = 0;  // GPUs; prefill of the prompt included
  energy::Range range;
  double step_s = 0;
  double host_joules = 0;  // modelled
  double host_w = 0;       // per GPU
  double pue = 1;
  std::string pue_source;
  double facility_per_output = 0;
  double facility_per_token = 0;  // input and output tokens together
  energy::Range facility_range;   // of the last
  std::vector<std::string> notes;
};

// Errors: not_found, invalid_argument; sentences that name the option.
Result<OwnEstimate> own_estimate(const catalog::Catalog& catalog, const EstimateOptions& options);
std::string to_json(const OwnEstimate& estimate);
std::string to_text(const OwnEstimate& estimate);

// One request to an API vendor, facility.
struct VendorFigures {
  std::string vendor, model, zone, currency, source, price_source, price_date;
  Tokens in = 0, cached = 0, out = 0;
  bool prompt_term = true, released = false;
  catalog::Range active_b, total_b;
  int gpus = 0;
  double pue = 1, g_per_kwh = 0;
  int intensity_year = 0;
  Energy energy, energy_low, energy_high;
  Carbon operational, embodied, carbon_low, carbon_high;
  Money money;
  std::vector<std::string> notes;
};
Result<VendorFigures> vendor_figures(const catalog::Catalog& catalog, const EstimateOptions& options);
std::string to_json(const VendorFigures& figures);
std::string to_text(const VendorFigures& figures);

}  // namespace trine::cli
