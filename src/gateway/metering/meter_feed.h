// One meter or engine that is read again and again, for all who want its readings.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "meter/source.h"
#include "net/loop.h"
#include "net/task.h"

namespace trine::gateway {

using OpenSource = std::function<Result<std::unique_ptr<meter::Source>>()>;

// The source that a configured meter is. Errors when it is opened: those of its kind, with what to do.
OpenSource source_of(net::Loop& loop, const MeterConfig& config);

// One thread.
class MeterFeed final : public std::enable_shared_from_this<MeterFeed>, net::Timer {
 public:
  // Called after each reading; null: it failed.
  using Listener = std::function<void(const meter::Readings*)>;

  // A source that cannot be opened is a reading that failed, and is tried again: a driver may be loaded later.
  MeterFeed(net::Loop& loop, OpenSource open, std::string name, Nanos every);

  void listen(std::vector<Listener> listeners) { listeners_ = std::move(listeners); }
  // Reads now and then `every` after the reading before, until stop().
  void start();
  void stop();
  // One more reading, after one that is under way. REQUIRES: stop().
  net::Task<void> finish();

  const std::string& name() const { return name_; }
  const std::string& trouble() const { return trouble_; }  // of the last reading; empty: none

 private:
  void expired() override { start(); }
  net::Task<void> step();
  net::Task<void> read();
  net::Task<Result<meter::Readings>> ask();

  net::Loop& loop_;
  OpenSource open_;
  std::unique_ptr<meter::Source> source_;  // null: not opened yet
  std::string name_;                       // "meter gpu-1", "engine of fr-4090": for the log
  Nanos every_;
  std::vector<Listener> listeners_;
  std::string trouble_;
  std::vector<std::string> notes_;  // said already
  bool reading_ = false;
  bool stopped_ = false;
};

}  // namespace trine::gateway
