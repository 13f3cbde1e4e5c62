#include "meter/reading.h"

#include <algorithm>

namespace trine::meter {

std::optional<Tokens> EngineReading::computed_prompt_tokens() const {
  if (!prompt_tokens || !prompt_includes_cached) return prompt_tokens;
  return std::max<Tokens>(0, *prompt_tokens - cached_tokens.value_or(0));
}

const DeviceReading* Readings::find(std::string_view device) const {
  const auto it = std::find_if(devices.begin(), devices.end(), [&](const auto& d) { return d.device == device; });
  return it == devices.end() ? nullptr : &*it;
}

std::optional<EngineReading> combined(const std::vector<EngineReading>& engines) {
  if (engines.empty()) return std::nullopt;
  EngineReading all = engines.front();
  for (size_t i = 1; i < engines.size(); ++i) {
    const EngineReading& e = engines[i];
    const auto add = [](auto& sum, const auto& value) {
      if (sum && value)
        *sum += *value;
      else
        sum.reset();
    };
    add(all.running, e.running);
    add(all.waiting, e.waiting);
    add(all.prompt_tokens, e.prompt_tokens);
    add(all.cached_tokens, e.cached_tokens);
    add(all.generated_tokens, e.generated_tokens);
    add(all.kv_usage, e.kv_usage);
    all.simulated = all.simulated || e.simulated;
    if (all.model != e.model) all.model.clear();
  }
  if (engines.size() > 1) all.engine.clear();
  if (all.kv_usage) *all.kv_usage /= static_cast<double>(engines.size());
  return all;
}

}  // namespace trine::meter
