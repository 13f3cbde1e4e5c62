// Exporters that meter a server's CPUs and memory (and, in Kepler, repeat its GPUs' meters).
// Errors of both: invalid_argument (not Prometheus text), not_found (no energy on the page).
#pragma once

#include "meter/scrape.h"

namespace trine::meter {

// Kepler, names of 0.10 and later and those before. One reading per node, from zones without overlap (zones.h); one per
// GPU where idle energy is included; one per container, Kepler's own split, marked modelled and never added to the
// node. Metrics of processes, VMs and pods split the same joules again: they are not read.
Result<Readings> read_kepler(const Scrape& scrape);

// Scaphandre: the whole host, in microjoules and microwatts. Its processes are a split of the same joules: not read.
Result<Readings> read_scaphandre(const Scrape& scrape);

}  // namespace trine::meter
