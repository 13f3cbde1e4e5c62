#include "observe/prometheus.h"

#include <atomic>

#include "observe/families.h"

namespace trine::observe {

std::string render_page(const gateway::GatewayView& view, Wall now, const ProcessFigures& process,
                        gateway::MetricsForm form) {
  const Scene scene(view, now, process);
  // A large site's page has 10 MB: memory that it grew out of would be paid for twice, in new pages of the system's.
  static std::atomic<size_t> last{0};
  const size_t before = last.load(std::memory_order_relaxed);
  Page page(form, before + before / 16);
  for (const Family& f : families()) {
    page.family(f.name, f.kind, f.help);
    f.write(page, scene);
  }
  std::string text = page.take();
  last.store(text.size(), std::memory_order_relaxed);
  return text;
}

std::string prometheus_page(const gateway::GatewayView& view, gateway::MetricsForm form) {
  return render_page(view, system_clock().wall(), process_figures(), form);
}

}  // namespace trine::observe
