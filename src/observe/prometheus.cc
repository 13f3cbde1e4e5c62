#include "observe/prometheus.h"

#include "observe/families.h"

namespace trine::observe {

std::string render_page(const gateway::GatewayView& view, Wall now, const ProcessFigures& process,
                        gateway::MetricsForm form) {
  const Scene scene(view, now, process);
  Page page(form);
  for (const Family& f : families()) {
    page.family(f.name, f.kind, f.help);
    f.write(page, scene);
  }
  return page.take();
}

std::string prometheus_page(const gateway::GatewayView& view, gateway::MetricsForm form) {
  return render_page(view, system_clock().wall(), process_figures(), form);
}

}  // namespace trine::observe
