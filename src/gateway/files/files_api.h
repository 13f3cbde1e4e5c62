// /v1/files, as OpenAI has it (docs/documents-api.md): what clients hand in, for requests and jobs to name.
#pragma once

#include <string>

#include "gateway/exchange.h"
#include "gateway/files/store.h"
#include "net/task.h"

namespace trine::gateway {

// Where there is a vault; elsewhere such a request goes on to a deployment, which may keep files.
bool is_files_api(const Exchange& x);
// REQUIRES: identified.
net::Task<void> serve_files_api(Exchange& x);

// The body of an upload, as multipart/form-data. Pure. Errors: invalid_argument, out_of_range: a file or a field is
// longer than it may be.
Result<NewFile> read_upload(std::string_view content_type, std::string_view body, size_t most_bytes);

}  // namespace trine::gateway
