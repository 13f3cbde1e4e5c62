// What inference engines say on /metrics: the batch, the queue, token totals. One EngineReading per engine and model.
// Errors of all: invalid_argument (not Prometheus text), not_found (no series of that engine).
#pragma once

#include "meter/scrape.h"

namespace trine::meter {

// vLLM V0 and V1, all spellings of the cache metrics; engines of a data-parallel server apart.
Result<Readings> read_vllm(const Scrape& scrape);
// SGLang: data-parallel ranks added up; tensor- and pipeline-parallel ranks, which repeat each other, counted once.
Result<Readings> read_sglang(const Scrape& scrape);
// llama-server: prompt tokens are the computed ones (cached ones are not in it).
Result<Readings> read_llama_cpp(const Scrape& scrape);

}  // namespace trine::meter
