// links: gateway_config
// Any bytes as a configuration file: an answer in bounded time and memory. Nothing outside is read: variables and
// secret files are played.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using trine::Result;
  static const trine::yaml::Sources sources{
      [](const std::string& name) { return name == "SET" ? std::optional<std::string>("value") : std::nullopt; },
      [](const std::string& path) -> Result<std::string> {
        if (path == "/secret") return "text\n";
        return trine::fail(trine::Code::not_found, "{}: cannot be opened.", path);
      }};
  const auto config = trine::gateway::load_config_text("fuzz", {reinterpret_cast<const char*>(data), size}, sources);
  if (!config && config.error().message.empty()) std::abort();  // a refusal without a reason
  if (!config) return 0;
  // What was accepted holds together.
  for (const auto& route : (*config)->routes)
    for (const size_t i : route.candidates)
      if (i >= (*config)->deployments.size()) std::abort();
  return 0;
}
