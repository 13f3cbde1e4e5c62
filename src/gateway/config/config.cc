#include "gateway/config/config.h"

#include "gateway/config/draft.h"
#include "yaml/schema.h"

namespace trine::gateway {

const char* name(EngineKind kind) {
  switch (kind) {
    case EngineKind::sim:
      return "sim";
    case EngineKind::vllm:
      return "vllm";
    case EngineKind::llama_cpp:
      return "llama.cpp";
    case EngineKind::ollama:
      return "ollama";
    case EngineKind::tgi:
      return "tgi";
    case EngineKind::sglang:
      return "sglang";
    case EngineKind::openai:
      return "openai";
    case EngineKind::mistral:
      return "mistral";
    case EngineKind::other:
      return "other";
  }
  return "other";
}

const char* name(CatalogKind kind) {
  switch (kind) {
    case CatalogKind::gpu:
      return "GPU";
    case CatalogKind::vendor:
      return "vendor";
    case CatalogKind::model:
      return "model";
    case CatalogKind::region:
      return "region";
    case CatalogKind::zone:
      return "zone";
  }
  return "";
}

const char* name(MeterKind kind) {
  switch (kind) {
    case MeterKind::nvml:
      return "nvml";
    case MeterKind::rapl:
      return "rapl";
    case MeterKind::dcgm:
      return "dcgm";
    case MeterKind::kepler:
      return "kepler";
    case MeterKind::scaphandre:
      return "scaphandre";
    case MeterKind::prometheus:
      return "prometheus";
    case MeterKind::trine_meter:
      return "trine-meter";
    case MeterKind::engine_sim:
      return "engine-sim";
  }
  return "";
}

const DeploymentConfig* Config::find_deployment(std::string_view wanted) const {
  for (const auto& d : deployments)
    if (d.name == wanted) return &d;
  return nullptr;
}

const MeterConfig* Config::find_meter(std::string_view wanted) const {
  for (const auto& m : meters)
    if (m.name == wanted) return &m;
  return nullptr;
}

bool Config::trusts(std::string_view ip) const {
  for (const auto& block : trusted_proxies)
    if (block.contains(ip)) return true;
  return false;
}

namespace {

bool has_health_page(EngineKind engine) {
  switch (engine) {
    case EngineKind::sim:
    case EngineKind::vllm:
    case EngineKind::llama_cpp:
    case EngineKind::sglang:
    case EngineKind::tgi:
      return true;
    case EngineKind::ollama:
    case EngineKind::openai:
    case EngineKind::mistral:
    case EngineKind::other:
      return false;
  }
  return false;
}

}  // namespace

void finish(Draft& draft) {
  Config& c = draft.config;
  for (auto& d : c.deployments) {
    if (d.catalog_model.empty()) d.catalog_model = d.model;
    if (!d.metrics_url && (d.engine == EngineKind::sim || d.engine == EngineKind::vllm)) {
      d.metrics_url = d.url;
      d.metrics_url->path = "/metrics";
    }
    if (!d.health_url && has_health_page(d.engine)) {
      d.health_url = d.url;
      d.health_url->path = "/health";
    }
  }
  const auto index = [&c](const std::string& name) {
    return static_cast<size_t>(c.find_deployment(name) - c.deployments.data());
  };
  for (auto& route : c.routes) {
    for (const auto& wanted : route.deployments) route.candidates.push_back(index(wanted));
    for (const auto& wanted : route.fallbacks) route.fallback_candidates.push_back(index(wanted));
  }
  inherit(c);
  note_doubts(c);
}

Result<std::shared_ptr<const Config>> load_config_text(const std::string& name, std::string_view text,
                                                       const yaml::Sources& sources) {
  Draft draft;
  draft.config.file = name;
  const auto read = yaml::read_text(
      name, text, [&](yaml::Fields& f) { declare(f, draft); }, sources);
  if (!read) return tl::unexpected<Error>(read.error());
  finish(draft);
  return std::make_shared<const Config>(std::move(draft.config));
}

Result<std::shared_ptr<const Config>> load_config(const std::string& path, const yaml::Sources& sources) {
  auto text = yaml::file_contents(path, yaml::kMaxFileBytes);
  if (!text) return tl::unexpected<Error>(text.error());
  auto config = load_config_text(path, *text, sources);
  wipe(*text);
  return config;
}

std::string config_schema_json() {
  Draft draft;
  return yaml::json_schema("Trine configuration", [&](yaml::Fields& f) { declare(f, draft); });
}

std::vector<std::string> config_secrets() {
  Draft draft;
  return yaml::secret_paths([&](yaml::Fields& f) { declare(f, draft); });
}

std::string config_reference_markdown() {
  Draft draft;
  return "# Configuration\n\n"
         "One YAML file, given with `-c FILE`. `trine check -c FILE` reads it and says what is wrong, with line and "
         "column.\nUnknown keys are refused. In every value `${NAME}` is the environment variable NAME (`$${` for a "
         "literal `${`); secrets may also\nbe `file:PATH`. Relative paths start at the working directory. Durations: "
         "`500ms`, `30s`, `15m`, `1h`, `7d`. Sizes: `16KiB`, `32MiB`.\n"
         "This page and `config.schema.json` are generated from the declaration that reads the file.\n\n" +
         yaml::markdown_reference([&](yaml::Fields& f) { declare(f, draft); });
}

}  // namespace trine::gateway
