// Any series that a Prometheus server has, by PromQL: for meters that this program has no adapter for.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "meter/http_source.h"

namespace trine::meter {

// What a query's value is. Energies are counters since some start: no rate() and no increase() around them.
enum class Quantity : uint8_t {
  joules,
  millijoules,
  microjoules,
  kilowatt_hours,
  watts,
  milliwatts,
  microwatts,
  utilisation_ratio,
  utilisation_percent,
};

std::string_view name(Quantity quantity);  // "joules", …
std::optional<Quantity> quantity(std::string_view name);
std::span<const std::string_view> quantity_names();

struct PromQuery {
  std::string promql;  // an instant vector or a scalar
  Quantity quantity = Quantity::joules;
  std::string device_label;  // whose value names the device, as in "UUID"; empty: `device` is the only one
  std::string device;
  Boundary boundary = Boundary::gpu;
};

// One answer of /api/v1/query into `out`: the query's quantity of each device, beside what is there of it already.
// Dated by the server's time of evaluation (the sample behind it may be as old as its scrape interval). Pure.
// Errors: data_loss (not that API), invalid_argument (the server's own sentence; several series for one device: they
// are refused, not added, because series that repeat a device are the rule), unavailable (no series).
Result<void> read_prometheus_query(std::string_view body, const PromQuery& query, std::string_view host, Readings& out);

// All queries, one after the other, as one source. `access.url` is the server's ("https://prometheus:9090"); a path in
// it is kept before /api/v1/query. Errors: invalid_argument.
Result<std::unique_ptr<Source>> prometheus_query_source(net::Loop& loop, const HttpAccess& access,
                                                        std::vector<PromQuery> queries, std::string host);

}  // namespace trine::meter
