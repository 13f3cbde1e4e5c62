#include "cli/commands.h"
#include "cli/pages.h"
#include "cli/say.h"
#include "gateway/gateway.h"
#include "observe/prometheus.h"

namespace trine::cli {

int run_serve(const ServeOptions& o) {
  const auto served =
      gateway::serve({.config_file = o.config, .metrics = observe::prometheus_page, .pages = make_pages});
  return served ? kOk : complain(served.error());
}

}  // namespace trine::cli
