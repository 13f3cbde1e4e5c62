// trine catalog check: the built-in catalog, with the files of a folder in their place.
#include "catalog/load.h"
#include "cli/commands.h"
#include "cli/say.h"

namespace trine::cli {

int run_catalog_check(const CatalogCheckOptions& o) {
  const auto catalog = catalog::load({.folder = o.dir, .euro_rates = {}});
  if (!catalog) return complain(catalog.error());
  const auto& t = (*catalog)->tables();
  say(
      fmt::format("ok: {} sources, {} countries, {} zones, {} regions, {} GPUs, {} models, {} curves, {} instances, "
                  "{} vendors, {} prices",
                  t.sources.size(), t.countries.size(), t.zones.size(), t.regions.size(), t.gpus.size(),
                  t.models.size(), t.curves.size(), t.instances.size(), t.vendors.size(), t.prices.size()));
  return kOk;
}

}  // namespace trine::cli
