#include "sim/metrics.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace trine::sim {
namespace {

std::string escaped(std::string_view label) {
  std::string out;
  for (const char c : label) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

class Page {
 public:
  explicit Page(std::string labels) : labels_(std::move(labels)) {}

  void family(std::string_view name, std::string_view type, std::string_view help) {
    put("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  template <class V>
  void sample(std::string_view name, V value, std::string_view more = {}) {
    put("{}{{{}{}}} {}\n", name, labels_, more, value);
  }
  template <class V>
  void one(std::string_view name, std::string_view type, std::string_view help, V value) {
    family(name, type, help);
    sample(name, value);
  }
  void histogram(std::string_view name, std::string_view help, const Histogram& h) {
    family(name, "histogram", help);
    uint64_t below = 0;
    for (size_t i = 0; i < h.bounds().size(); ++i) {
      below += h.in_bucket(i);
      sample(fmt::format("{}_bucket", name), below, fmt::format(",le=\"{}\"", h.bounds()[i]));
    }
    sample(fmt::format("{}_bucket", name), h.count(), ",le=\"+Inf\"");
    sample(fmt::format("{}_sum", name), h.sum());
    sample(fmt::format("{}_count", name), h.count());
  }
  void labels(std::string l) { labels_ = std::move(l); }
  std::string take() { return std::move(out_); }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> f, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), f, std::forward<Args>(args)...);
  }
  std::string labels_;
  std::string out_;
};

void vllm(Page& page, const Engine& e) {
  const EngineStats& s = e.stats();
  page.labels(fmt::format("engine=\"0\",model_name=\"{}\",simulated=\"true\"", escaped(e.spec().model)));
  page.one("vllm:num_requests_running", "gauge", "Number of requests in model execution batches.", e.running());
  page.one("vllm:num_requests_waiting", "gauge", "Number of requests waiting to be processed.", e.waiting());
  page.one("vllm:kv_cache_usage_perc", "gauge", "KV-cache usage. 1 means 100 percent usage.", e.kv_usage());
  page.one("vllm:prompt_tokens_total", "counter", "Number of prefill tokens processed.", s.prompt_tokens);
  page.one("vllm:generation_tokens_total", "counter", "Number of generation tokens processed.", s.generation_tokens);
  page.one("vllm:num_preemptions_total", "counter", "Cumulative number of preemption from the engine.", 0);
  page.one("vllm:prefix_cache_queries_total", "counter", "Prefix cache queries, in terms of number of queried tokens.",
           s.cache_queries);
  page.one("vllm:prefix_cache_hits_total", "counter", "Prefix cache hits, in terms of number of cached tokens.",
           s.cache_hits);
  page.family("vllm:request_success_total", "counter", "Count of successfully processed requests.");
  page.sample("vllm:request_success_total", s.finished_stop, ",finished_reason=\"stop\"");
  page.sample("vllm:request_success_total", s.finished_length, ",finished_reason=\"length\"");
  page.sample("vllm:request_success_total", s.finished_cancelled, ",finished_reason=\"abort\"");
  page.histogram("vllm:time_to_first_token_seconds", "Histogram of time to first token in seconds.",
                 s.time_to_first_token);
  page.histogram("vllm:inter_token_latency_seconds", "Histogram of inter-token latency in seconds.", s.inter_token);
  page.histogram("vllm:time_per_output_token_seconds", "Histogram of time per output token in seconds.", s.inter_token);
  page.histogram("vllm:e2e_request_latency_seconds", "Histogram of end to end request latency in seconds.", s.e2e);
  page.histogram("vllm:request_queue_time_seconds", "Histogram of time spent in WAITING phase for request.", s.queue);
  page.histogram("vllm:request_prefill_time_seconds", "Histogram of time spent in PREFILL phase for request.",
                 s.prefill);
  page.histogram("vllm:request_decode_time_seconds", "Histogram of time spent in DECODE phase for request.", s.decode);
  page.histogram("vllm:iteration_tokens_total", "Histogram of number of tokens per engine_step.", s.step_tokens);
  page.family("vllm:cache_config_info", "gauge", "Information of the LLMEngine CacheConfig");
  page.sample("vllm:cache_config_info", 1,
              fmt::format(",block_size=\"16\",num_gpu_blocks=\"{}\"", e.spec().kv_tokens / 16));
}

void dcgm(Page& page, const Engine& e, const DeviceLabels& d) {
  page.labels(
      fmt::format("gpu=\"{0}\",UUID=\"{1}\",device=\"nvidia{0}\",modelName=\"{2} (simulated)\",Hostname=\"{3}\"", d.gpu,
                  escaped(d.uuid), escaped(e.spec().gpu), escaped(d.hostname)));
  page.one("DCGM_FI_DEV_POWER_USAGE", "gauge", "Power draw (in W).", fmt::format("{:.6f}", e.power().w));
  page.one("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", "Total energy consumption since boot (in mJ).",
           e.total_energy().raw() / 1000);
  page.one("DCGM_FI_DEV_GPU_UTIL", "gauge", "GPU utilization (in %).", std::lround(e.utilisation() * 100));
  page.one("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gauge", "Ratio of time the graphics engine is active.",
           fmt::format("{:.6f}", e.utilisation()));
}

void exact(Page& page, const Engine& e, const DeviceLabels& d) {
  page.labels(
      fmt::format("UUID=\"{}\",model_name=\"{}\",simulated=\"true\"", escaped(d.uuid), escaped(e.spec().model)));
  page.one("trine_sim_energy_microjoules_total", "counter", "Simulated GPU energy, exact: idle + active.",
           e.total_energy().raw());
  page.one("trine_sim_idle_energy_microjoules_total", "counter", "Simulated idle draw over time.",
           e.idle_energy().raw());
  page.one("trine_sim_active_energy_microjoules_total", "counter", "Simulated energy charged to requests.",
           e.active_energy().raw());
  page.one("trine_sim_prefill_tokens_total", "counter", "Prompt tokens computed.", e.stats().prefill_computed);
  page.one("trine_sim_cached_tokens_total", "counter", "Prompt tokens served from the prefix cache.",
           e.stats().prefill_cached);
  page.one("trine_sim_decode_steps_total", "counter", "Engine steps that emitted a token.", e.stats().emitting_steps);
}

}  // namespace

std::string render_metrics(const Engine& engine, const DeviceLabels& device) {
  Page page("");
  vllm(page, engine);
  dcgm(page, engine, device);
  exact(page, engine, device);
  return page.take();
}

}  // namespace trine::sim
