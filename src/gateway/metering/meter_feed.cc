#include "gateway/metering/meter_feed.h"

#include <algorithm>

#include "base/log.h"
#include "meter/agent_source.h"
#include "meter/http_source.h"
#include "meter/local_source.h"
#include "meter/nvml.h"
#include "meter/prometheus_query.h"
#include "meter/rapl.h"

namespace trine::gateway {
namespace {

constexpr size_t kMostNotes = 64;  // remembered, so that each is logged once

meter::HttpAccess access_of(const MeterConfig& c) {
  meter::HttpAccess a;
  a.url = c.url->text();
  a.bearer_token = c.bearer_token;
  a.server_name = c.server_name;
  a.tls = {.ca_file = c.ca, .cert_file = c.client_cert, .key_file = c.client_key, .verify = c.tls_verify};
  return a;
}

std::vector<meter::PromQuery> queries_of(const MeterConfig& c) {
  std::vector<meter::PromQuery> out;
  for (const MeterQueryConfig& q : c.queries)
    out.push_back({.promql = q.promql,
                   .quantity = *meter::quantity(q.quantity),
                   .device_label = q.device_label,
                   .device = q.device,
                   .boundary = q.host ? meter::Boundary::host : meter::Boundary::gpu});
  return out;
}

template <class Opened>
Result<std::unique_ptr<meter::Source>> local(net::Loop& loop, Opened opened) {
  if (!opened) return tl::unexpected(opened.error());
  return meter::local_source(loop, std::move(*opened));
}

Result<std::unique_ptr<meter::Source>> open_source(net::Loop& loop, const MeterConfig& c) {
  const std::string host = !c.host.empty() ? c.host : c.url ? c.url->host : "localhost";
  switch (c.kind) {
    case MeterKind::nvml: {
      meter::NvmlOptions options;
      options.host = host;
      return local(loop, meter::Nvml::open(options));
    }
    case MeterKind::rapl: {
      meter::RaplOptions options;
      options.host = host;
      return local(loop, meter::Rapl::open(options));
    }
    case MeterKind::dcgm:
      return meter::http_source(loop, meter::HttpKind::dcgm, access_of(c), host);
    case MeterKind::kepler:
      return meter::http_source(loop, meter::HttpKind::kepler, access_of(c), host);
    case MeterKind::scaphandre:
      return meter::http_source(loop, meter::HttpKind::scaphandre, access_of(c), host);
    case MeterKind::engine_sim:
      return meter::http_source(loop, meter::HttpKind::engine_sim, access_of(c), host);
    case MeterKind::prometheus:
      return meter::prometheus_query_source(loop, access_of(c), queries_of(c), host);
    case MeterKind::trine_meter:
      return meter::trine_meter_source(loop, access_of(c));
  }
  return fail(Code::invalid_argument, "meters: \"{}\" is of no kind.", c.name);
}

}  // namespace

OpenSource source_of(net::Loop& loop, const MeterConfig& config) {
  return [&loop, config] { return open_source(loop, config); };
}

MeterFeed::MeterFeed(net::Loop& loop, OpenSource open, std::string name, Nanos every)
    : net::Timer(loop), loop_(loop), open_(std::move(open)), name_(std::move(name)), every_(every) {}

void MeterFeed::start() {
  net::spawn(step());
}

void MeterFeed::stop() {
  stopped_ = true;
  disarm();
}

net::Task<void> MeterFeed::step() {
  const auto self = shared_from_this();
  co_await read();
  if (!stopped_) arm(every_);
}

net::Task<void> MeterFeed::finish() {
  const auto self = shared_from_this();
  while (reading_) co_await loop_.sleep(std::chrono::milliseconds(5));  // a source answers one at a time
  co_await read();
}

net::Task<Result<meter::Readings>> MeterFeed::ask() {
  if (!source_) {
    auto opened = open_();
    if (!opened) co_return tl::unexpected(opened.error());
    source_ = std::move(*opened);
  }
  co_return co_await source_->read();
}

net::Task<void> MeterFeed::read() {
  reading_ = true;
  const auto readings = co_await ask();
  reading_ = false;
  if (!readings) {
    if (trouble_ != readings.error().message) {
      trouble_ = readings.error().message;
      log::warning("{}: {}", name_, trouble_);
    }
  } else {
    if (!trouble_.empty()) log::info("{}: it answers again", name_);
    trouble_.clear();
    for (const std::string& note : readings->notes) {
      if (notes_.size() >= kMostNotes || std::find(notes_.begin(), notes_.end(), note) != notes_.end()) continue;
      notes_.push_back(note);
      log::warning("{}: {}", name_, note);
    }
  }
  const auto listeners = listeners_;  // a reload may change them
  for (const Listener& l : listeners) l(readings ? &*readings : nullptr);
}

}  // namespace trine::gateway
