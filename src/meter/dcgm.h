// NVIDIA's dcgm-exporter: one reading per GPU, and one without energy per MIG slice.
#pragma once

#include "meter/scrape.h"

namespace trine::meter {

// DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION (mJ since the driver was loaded), DCGM_FI_DEV_POWER_USAGE (W),
// DCGM_FI_DEV_GPU_UTIL (%), DCGM_FI_PROF_SM_ACTIVE (ratio; DCGM_FI_PROF_GR_ENGINE_ACTIVE where there is none),
// DCGM_FI_DEV_FB_USED and _FREE (MiB). With MIG, exporters repeat the whole GPU's energy on each slice's series: it is
// the GPU's, once, and never a slice's. Pods that share a GPU repeat its series too: once.
// Errors: invalid_argument (not Prometheus text), not_found (no energy and no power of any GPU).
Result<Readings> read_dcgm(const Scrape& scrape);

}  // namespace trine::meter
