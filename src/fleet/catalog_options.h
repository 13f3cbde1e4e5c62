// Options from the catalog: what it knows of a machine with a model on it, and its instances as options. Functions
// without state; any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "fleet/option.h"

namespace trine::fleet {

// Fills in what the catalog says of option.gpus such GPUs that serve the model: machine (without a price), memory,
// weights, context, the batch that its energy curve holds to. Errors: those of machine_of().
Result<void> describe_machine(Option& option, const catalog::Catalog& catalog, const catalog::Model& model,
                              const catalog::Gpu& gpu, const catalog::Catalog::PueFigure& pue);

// Every instance of the catalog, one copy of the model on as many of its GPUs as it needs: the price is their part of
// the machine's. Control has only the facts that the catalog supports: a rented machine, open weights, ECC and the
// licence of the card; all others count at their lowest. `regions`, `zones`: only these; empty: all.
// Errors: not_found for a name that the catalog does not know, or where nothing is left.
Result<std::vector<Option>> catalog_options(const catalog::Catalog& catalog, const catalog::Model& model,
                                            std::span<const std::string> regions, std::span<const std::string> zones,
                                            const std::string& currency);

}  // namespace trine::fleet
