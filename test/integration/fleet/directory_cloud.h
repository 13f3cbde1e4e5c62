// A provider in a folder, for processes that die: machines are files named by the key of their start (another key is
// another machine), each start that made one is a line in `starts`.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "fleet/controller.h"

namespace trine::fleet::testing {

// Ends the process with SIGKILL at the n-th place that is passed; counts on otherwise.
class KillPoints {
 public:
  explicit KillPoints(int die_at = -1) : die_at_(die_at) {}
  void pass() {
    if (passed_++ == die_at_) ::raise(SIGKILL);
  }

 private:
  int die_at_;
  int passed_ = 0;
};

class DirectoryCloud final : public Actuator {
 public:
  DirectoryCloud(std::filesystem::path dir, KillPoints& points) : dir_(std::move(dir)), points_(points) {
    std::filesystem::create_directories(dir_ / "machines");
  }
  std::string_view name() const override { return "directory"; }
  void begin(const Order& order, Done done) override {
    points_.pass();  // the intent is on the disk, nothing is done
    auto report = carry_out(order);
    points_.pass();  // done, and nobody knows
    done(std::move(report));
  }

  // Lines of `starts` by key.
  static std::map<std::string, int> starts(const std::filesystem::path& dir) {
    std::map<std::string, int> all;
    std::ifstream in(dir / "starts");
    for (std::string key; std::getline(in, key);) ++all[key];
    return all;
  }
  static size_t machines(const std::filesystem::path& dir) {
    size_t n = 0;
    for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(dir / "machines")) ++n;
    return n;
  }

 private:
  MachineReport carry_out(const Order& order) {
    MachineReport report;
    report.id = "vm-" + order.instance.id;
    report.url = "http://" + report.id;
    report.state = MachineReport::State::ready;
    report.running = 0;
    const auto mine = machines_of(order.instance.id);
    if (order.kind == Order::Kind::start) {
      const int fd = ::open((dir_ / "machines" / order.key).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      if (fd >= 0) {
        ::close(fd);
        std::ofstream(dir_ / "starts", std::ios::app) << order.key << "\n";
      }
      report.state = MachineReport::State::provisioning;
    } else if (order.kind == Order::Kind::stop) {
      for (const auto& file : mine) std::filesystem::remove(file);
      report.state = MachineReport::State::gone;
    } else if (mine.empty()) {
      report.state = MachineReport::State::gone;
    }
    return report;
  }

  std::vector<std::filesystem::path> machines_of(const std::string& instance) const {
    std::vector<std::filesystem::path> all;
    for (const auto& file : std::filesystem::directory_iterator(dir_ / "machines")) {
      if (file.path().stem() == instance) all.push_back(file.path());
    }
    return all;
  }

  std::filesystem::path dir_;
  KillPoints& points_;
};

// Dies before an event is written, and after it is on the disk before anything else is done.
class MortalLog final : public EventLog {
 public:
  MortalLog(EventLog& log, KillPoints& points) : log_(log), points_(points) {}
  Result<void> append(const InstanceEvent& event) override {
    points_.pass();
    auto done = log_.append(event);
    points_.pass();
    return done;
  }
  const Instances& instances() const override { return log_.instances(); }

 private:
  EventLog& log_;
  KillPoints& points_;
};

}  // namespace trine::fleet::testing
