// What a client asks of POST /v1/documents, and what of it must outlast a restart. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "gateway/config/config.h"
#include "llm/errors.h"

namespace trine::gateway {

struct JobFile {
  std::string id;    // of a file that is kept
  std::string name;  // as the client gave it; may be empty
  std::string data;  // contents that came with the job, until they are kept under an id of their own
  bool own = false;  // so that they go with the job
};

struct JobOrder {
  std::string model;
  std::string schema;  // JSON
  std::string instructions, user;
  std::vector<JobFile> files;
  int parallel = 0;
  Tokens window = 0, overlap = 0;
  Tokens max_tokens = 0;   // of one answer; 0: the engine's own limit
  bool merge_all = false;  // one result of all files, besides
};

// Errors: invalid_json, invalid_request (with the field), over_limit.
tl::expected<JobOrder, llm::ClientError> read_job_order(std::string_view body, const JobsConfig& limits);

// All but the contents of files.
std::string to_json(const JobOrder& order);
Result<JobOrder> job_order_of(std::string_view json);

}  // namespace trine::gateway
