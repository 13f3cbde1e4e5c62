// trine engine-sim: an engine without a GPU.
#include "catalog/load.h"
#include "cli/commands.h"
#include "cli/engine_spec.h"
#include "cli/say.h"
#include "net/tcp.h"
#include "sim/server.h"

namespace trine::cli {

int run_engine_sim(const EngineSimOptions& o) {
  const auto at = net::parse_host_port(o.listen);
  if (!at) return complain(fmt::format("--listen: {}", at.error().message), kUsage);
  const auto catalog = catalog::load();
  if (!catalog) return complain(catalog.error());
  auto spec = engine_spec(**catalog, o.model, o.gpu, o.gpus);
  if (!spec) return complain(spec.error());

  sim::SimOptions options;
  options.spec = std::move(*spec);
  options.seed = o.seed;
  options.time_scale = o.time_scale;
  options.device.hostname = o.name;
  // Two engines of one kind are two devices: their names tell them apart.
  if (!o.name.empty()) options.device.uuid = fmt::format("GPU-sim-{}", o.name);
  options.fault.after = std::max<int64_t>(0, o.fail_after);
  options.fault.die_after_tokens = o.die_after_tokens;
  options.fault.delay = std::chrono::milliseconds(o.delay_ms);
  if (o.fail_after >= 0 && o.die_after_tokens < 0 && o.delay_ms == 0) options.fault.status = 500;

  const std::string what = fmt::format("engine-sim (simulated) {} on {}", options.spec.model, options.spec.gpu);
  const std::string host = at->host.find(':') == std::string::npos ? at->host : fmt::format("[{}]", at->host);
  const auto served = sim::run_engine_sim(std::move(options), *at, [&](uint16_t port) {
    say(fmt::format("{} listens on http://{}:{}", what, host, port));
    std::fflush(stdout);
  });
  return served ? kOk : complain(served.error());
}

}  // namespace trine::cli
