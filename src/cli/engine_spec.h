// A simulated engine from the catalog: the measured curve of a model on a GPU, its speed, and what fits into memory.
#pragma once

#include <string>

#include "base/error.h"
#include "catalog/catalog.h"
#include "sim/spec.h"

namespace trine::cli {

// Errors: not_found for an unknown model or GPU (with the nearest name) or where there is no curve (with the GPUs that
// have one); failed_precondition where the model does not fit.
Result<sim::EngineSpec> engine_spec(const catalog::Catalog& catalog, const std::string& model, const std::string& gpu,
                                    int gpus);

}  // namespace trine::cli
