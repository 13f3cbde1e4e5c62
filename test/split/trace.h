// Arrivals for the split's truth: the public Azure LLM inference traces, or a synthetic mix of the same kind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "split/engine.h"

namespace trine::split {

// Reads TIMESTAMP,ContextTokens,GeneratedTokens; times from the first row on. Empty where there is no such file.
std::vector<Arrival> azure_trace(const std::filesystem::path& file);

// Both by time.
std::vector<Arrival> merged(const std::vector<Arrival>& a, const std::vector<Arrival>& b);

// Conversations (mean 1155 tokens in, 211 out) and code completions (2048, 28) as in the traces' means, log-normal,
// Poisson arrivals at one request a second.
std::vector<Arrival> synthetic(size_t requests, uint64_t seed);

// The same requests so that they come at `per_s` requests a second on average, the first at `from_s`.
std::vector<Arrival> at_rate(std::vector<Arrival> arrivals, double per_s, double from_s);

}  // namespace trine::split
