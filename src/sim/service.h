// The engine's API without sockets and without waiting: requests in, answers out through sinks, time from a clock.
// One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/time.h"
#include "sim/api.h"
#include "sim/engine.h"
#include "sim/fault.h"
#include "sim/http.h"
#include "sim/metrics.h"

namespace trine::sim {

struct SimOptions {
  EngineSpec spec;
  uint64_t seed = 1;
  double time_scale = 1;  // engine seconds per second, for tests: energy counts engine seconds
  DeviceLabels device;    // an empty uuid is made from model, GPU and seed
  Fault fault;
};

// Where an answer goes: either reply(), or open(), data()…, end(); or drop() at any point. Called from start() and
// advance() only; must not call back into the service.
struct Sink {
  virtual ~Sink() = default;
  virtual void reply(Reply whole) = 0;
  virtual void open(Reply head) = 0;  // body empty: an event stream follows
  virtual void data(std::string bytes) = 0;
  virtual void end() = 0;
  virtual void drop() = 0;  // the connection dies here
};

using ExchangeId = uint64_t;

class Service {
 public:
  // invalid_argument where the spec or the scale is out of range.
  static Result<std::unique_ptr<Service>> create(SimOptions options, const Clock& clock);
  ~Service();

  // Paths: /v1/{chat/completions,completions,responses,embeddings,models}, /health, /ping, /metrics, /version,
  // /sim/fault. Returns 0 where the sink has its whole answer already; else the sink must stay until it has its end or
  // cancel() was called.
  ExchangeId start(const HttpRequest& request, Sink& sink);
  // The client has left: no further call to its sink.
  void cancel(ExchangeId id);
  // Brings the engine to the clock's now.
  void advance();
  // How long until advance() has something to do; nothing: only start() brings work.
  std::optional<Nanos> until_next() const;

  const Engine& engine() const { return *engine_; }

 private:
  struct Exchange;

  Service(SimOptions options, const Clock& clock);
  Mono engine_time() const;
  ExchangeId call_model(Endpoint endpoint, const HttpRequest& request, Sink& sink);
  void begin(Exchange& x);
  void on_token(const TokenEvent& e);
  void end(ExchangeId id);
  Reply page(const HttpRequest& request, std::string_view path);
  Reply fault_page(const HttpRequest& request);
  std::string make_id(Endpoint endpoint);

  SimOptions options_;
  const Clock& clock_;
  Mono origin_;
  int64_t created_;
  std::unique_ptr<Engine> engine_;
  FaultPlan faults_;
  ExchangeId last_ = 0;
  std::unordered_map<ExchangeId, std::unique_ptr<Exchange>> exchanges_;
  std::unordered_map<SequenceId, Exchange*> by_sequence_;
  std::multimap<Mono, ExchangeId> delayed_;  // by the clock's time
};

}  // namespace trine::sim
