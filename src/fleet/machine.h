// What a machine or a vendor's API is to accounting and score, from the catalog: energy by batch, speed, host, embodied
// carbon, price. One place for the deployments of a configuration (gateway) and for machines that nobody rents yet.
// Functions without state; any thread.
#pragma once

#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "energy/provisional.h"
#include "score/quote.h"

namespace trine::fleet {

// Hardware of one's own: what a token costs comes from its energy curve and its price by the hour.
struct Machine {
  energy::OwnHardware hardware;
  score::Speed speed;
  bool curve_measured = false;  // for this very model and GPU
  double idle_w = 0;            // of all its GPUs with the model loaded, by the catalog: until a meter has shown it
};

// A vendor's API.
struct VendorService {
  energy::VendorModel model;
  energy::VendorPrice price;
};

// Everything but the price by the hour, which stays 0. Energy and speed by the nearest case that was measured: this
// model on this GPU; on another, scaled; the form for unknown models, scaled (docs/accounting.md §4).
// Errors: of the estimate, for a model or GPU whose figures no formula accepts.
Result<Machine> machine_of(const catalog::Catalog& catalog, const catalog::Model& model, const catalog::Gpu& gpu,
                           int gpus, const catalog::Catalog::PueFigure& pue);

// Of the cheapest instance of the catalog with these GPUs, in `region` where there is one (empty: anywhere), by the
// number of GPUs; null where it has none with a price in `currency`.
std::optional<Money> cheapest_hour(const catalog::Catalog& catalog, const catalog::Gpu& gpu, int gpus,
                                   std::string_view region, const std::string& currency);

// A vendor's model; `price` goes before the catalog's. Errors: not_found, with what the catalog does not know.
Result<VendorService> vendor_of(const catalog::Catalog& catalog, const std::string& vendor, const std::string& model,
                                const std::optional<energy::VendorPrice>& price, const std::string& currency);

}  // namespace trine::fleet
