#include "meter/engines.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>
#include <string>

namespace trine::meter {
namespace {

enum class Field : uint8_t { running, waiting, prompt, cached, generated, kv };
constexpr size_t kFields = 6;

// Where an engine has had several names for a thing, the first that is there counts.
struct Name {
  std::string_view series;
  Field field;
  int rank = 0;
};

struct Dialect {
  std::string_view engine;  // for sentences
  std::string_view prefix;
  std::span<const Name> names;
  std::string_view engine_label;                 // tells engines apart; empty: all are one
  std::span<const std::string_view> same_value;  // labels of ranks that repeat each other's figures
  bool prompt_includes_cached = true;
};

constexpr Name kVllm[] = {
    {"vllm:num_requests_running", Field::running},
    {"vllm:num_requests_waiting", Field::waiting},
    {"vllm:prompt_tokens_total", Field::prompt},
    {"vllm:generation_tokens_total", Field::generated},
    {"vllm:prompt_tokens_cached_total", Field::cached, 0},
    {"vllm:prefix_cache_hits_total", Field::cached, 1},  // tokens, not requests
    {"vllm:gpu_prefix_cache_hits_total", Field::cached, 2},
    {"vllm:kv_cache_usage_perc", Field::kv, 0},
    {"vllm:gpu_cache_usage_perc", Field::kv, 1},
};
constexpr Name kSglang[] = {
    {"sglang:num_running_reqs", Field::running},   {"sglang:num_queue_reqs", Field::waiting},
    {"sglang:prompt_tokens_total", Field::prompt}, {"sglang:generation_tokens_total", Field::generated},
    {"sglang:cached_tokens_total", Field::cached}, {"sglang:token_usage", Field::kv},
};
constexpr std::string_view kSglangRanks[] = {"tp_rank", "pp_rank", "moe_ep_rank", "pid"};
constexpr Name kLlamaCpp[] = {
    {"llamacpp:requests_processing", Field::running},       {"llamacpp:requests_deferred", Field::waiting},
    {"llamacpp:prompt_tokens_total", Field::prompt},        {"llamacpp:tokens_predicted_total", Field::generated},
    {"llamacpp:prompt_tokens_cached_total", Field::cached}, {"llamacpp:kv_cache_usage_ratio", Field::kv},
};

// The figures of one field of one engine: one entry per set of labels that count apart.
struct Column {
  int rank = 1000;
  std::map<std::string, double> parts;

  void take(int from, std::string part, double value) {
    if (from > rank) return;
    if (from < rank) parts.clear();
    rank = from;
    const auto [it, inserted] = parts.try_emplace(std::move(part), value);
    if (!inserted) it->second = std::max(it->second, value);
  }
  std::optional<double> sum() const {
    if (parts.empty()) return std::nullopt;
    double total = 0;
    for (const auto& [part, value] : parts) total += value;
    return total;
  }
  std::optional<double> mean() const {
    const auto total = sum();
    return total ? std::optional(*total / static_cast<double>(parts.size())) : total;
  }
  std::optional<Tokens> tokens() const {
    constexpr double kExact = 9007199254740992;  // 2^53: beyond, no engine has counted yet
    const auto total = sum();
    return total && *total <= kExact ? std::optional(Tokens{std::llround(*total)}) : std::nullopt;
  }
};

struct Engine {
  EngineReading reading;
  std::array<Column, kFields> columns;
};

std::string part_key(const Series& s, const Dialect& d) {
  std::string key;
  for (const Label& l : s.labels) {
    if (std::find(d.same_value.begin(), d.same_value.end(), l.name) != d.same_value.end()) continue;
    key.append(l.name).append("=").append(l.value).append("\n");
  }
  return key;
}

Result<Readings> read_engine(const Scrape& scrape, const Dialect& d) {
  Readings out;
  std::map<std::pair<std::string, std::string>, Engine> engines;
  const auto visit = [&](const Series& s) {
    if (!s.name.starts_with(d.prefix)) return;
    const auto name = std::find_if(d.names.begin(), d.names.end(), [&](const Name& n) { return n.series == s.name; });
    if (name == d.names.end()) return;
    const auto value = name->field == Field::kv ? share(s, 1.0, out) : sane(s, out);
    if (!value) return;
    const std::string number = d.engine_label.empty() ? std::string() : s.label(d.engine_label);
    const std::string model = s.label("model_name");
    Engine& e = engines[{number, model}];
    e.reading.engine = number;
    e.reading.model = model;
    e.reading.simulated = e.reading.simulated || s.label("simulated") == "true";
    e.reading.prompt_includes_cached = d.prompt_includes_cached;
    stamp(e.reading, s, scrape);
    e.columns[static_cast<size_t>(name->field)].take(name->rank, part_key(s, d), *value);
  };
  if (auto parsed = parse_text(scrape.text, scrape.format, visit); !parsed) return tl::unexpected(parsed.error());
  if (engines.empty()) return fail(Code::not_found, "no series of {} ('{}...') is on this page", d.engine, d.prefix);
  for (auto& [key, e] : engines) {
    const auto column = [&columns = e.columns](Field f) -> const Column& { return columns[static_cast<size_t>(f)]; };
    e.reading.running = column(Field::running).sum();
    e.reading.waiting = column(Field::waiting).sum();
    e.reading.prompt_tokens = column(Field::prompt).tokens();
    e.reading.cached_tokens = column(Field::cached).tokens();
    e.reading.generated_tokens = column(Field::generated).tokens();
    e.reading.kv_usage = column(Field::kv).mean();
    out.engines.push_back(std::move(e.reading));
  }
  return out;
}

}  // namespace

Result<Readings> read_vllm(const Scrape& scrape) {
  return read_engine(scrape, {"vLLM", "vllm:", kVllm, "engine", {}, true});
}

Result<Readings> read_sglang(const Scrape& scrape) {
  return read_engine(scrape, {"SGLang", "sglang:", kSglang, "", kSglangRanks, true});
}

Result<Readings> read_llama_cpp(const Scrape& scrape) {
  return read_engine(scrape, {"llama.cpp", "llamacpp:", kLlamaCpp, "", {}, false});
}

}  // namespace trine::meter
