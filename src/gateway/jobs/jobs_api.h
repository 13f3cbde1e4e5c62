// /v1/documents: extraction jobs over many files (docs/documents-api.md).
#pragma once

#include "gateway/exchange.h"
#include "net/task.h"

namespace trine::gateway {

bool is_jobs_api(const Exchange& x);
// REQUIRES: identified.
net::Task<void> serve_jobs_api(Exchange& x);

}  // namespace trine::gateway
