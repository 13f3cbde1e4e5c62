// Recorded traffic, as published: who asked for how many tokens when. Immutable; any thread.
//
// Formats, known by their first line: Azure LLM inference (TIMESTAMP,ContextTokens,GeneratedTokens), Mooncake CSV
// (timestamp_ms,input_length,output_length,...) and JSON lines (timestamp, input_length, output_length, hash_ids),
// BurstGPT by hour (hour_index,day,hour_of_day,requests,...) and by request (Timestamp,Model,Request tokens,...).
// CRLF, a byte order mark and a last line without an end are allowed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace trine::fleet {

struct TraceRequest {
  double at_s = 0;  // since the first
  int32_t in = 0, out = 0;
  uint32_t prefix = 0;  // requests with the same one (not 0) begin alike; of formats that tell
  int32_t cached = 0;   // prompt tokens that an endless prefix cache would hold; of formats that tell
};

struct Trace {
  std::vector<TraceRequest> requests;  // by time; empty where the file has only counts
  std::vector<double> hourly;          // requests in each hour since the first request; of counts: since the first row
  double mean_in = 0, mean_out = 0;    // of requests; 0 where the file has only counts
};

inline constexpr size_t kMaxTraceBytes = size_t{1} << 30;
inline constexpr size_t kMaxTraceRequests = size_t{1} << 25;  // a gibibyte of them

// Errors: file:line, and what is wrong: an unknown header, a missing column, a count that is none, time that goes
// backwards, no request at all.
Result<Trace> read_trace_text(const std::string& name, std::string_view text, size_t most = kMaxTraceRequests);
Result<Trace> read_trace_file(const std::string& path);

}  // namespace trine::fleet
