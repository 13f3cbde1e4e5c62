// A running gateway at one moment, for those who watch it.
#pragma once

#include <vector>

#include "gateway/documents/reader.h"
#include "gateway/metering/metering.h"
#include "gateway/notify/notice.h"
#include "gateway/probe.h"
#include "gateway/snapshot.h"
#include "gateway/traces/exporter.h"
#include "grid/poller.h"
#include "ledger/ledger.h"

namespace trine::gateway {

enum class MetricsForm : uint8_t { prometheus, openmetrics };

// What can be watched at one moment.
struct GatewayView {
  const Snapshot& snapshot;
  const std::vector<WorkerCounters>& workers;
  ledger::LedgerState ledger;
  const Metering& metering;
  Mono started{};
  Mono now{};
  std::vector<grid::SourceStatus> sources = {};  // of the grid's intensities
  energy::GatewayUse own_use = {};               // of this process, as booked
  const TraceExporter* traces = nullptr;
  std::vector<NoticeStats> notices = {};
  AbuseCounts abuse{};
  DocumentReader::State documents = {};  // all zeros where no route wants any
};

}  // namespace trine::gateway
