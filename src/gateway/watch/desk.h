// The back office's end of the watch over keys: weighs what workers noted, keeps who is under watch across restarts,
// writes each change of level to the audit log, and does what an operator says (`trine abuse`).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "gateway/identify/directory.h"
#include "gateway/watch/refusals.h"
#include "gateway/watch/watch.h"
#include "net/loop.h"

namespace trine::gateway {

// On the back office's loop.
class WatchDesk final : net::Timer {
 public:
  using Tell = std::function<void(std::shared_ptr<const WatchLevels>)>;
  static constexpr Nanos kPass = std::chrono::milliseconds(500);
  static constexpr size_t kMostSources = 10'000;

  // The directory must outlive the desk and its work.
  // `told`: who else hears of changes; may be empty.
  WatchDesk(net::Loop& loop, Directory& directory, Tell tell,
            std::function<void(const protect::LevelChange&)> told = {});

  // Takes over who was under watch when the last run ended. Before the workers start.
  void start(const std::vector<protect::WatchView>& kept);
  void take(const std::vector<protect::Observation>& notes);
  // By address: keys that are none, models that are none under whichever key. Such a source is flagged for the operator
  // and no more: behind one address there may be many honest people.
  void take(const std::vector<Refusals>& notes);
  protect::WatchLevel level(const std::string& key) const { return watch_.level(key); }

 private:
  void expired() override;
  void changed(const std::vector<protect::LevelChange>& changes, const std::string& actor);
  void publish();

  net::Loop& loop_;
  Directory& directory_;
  Tell tell_;
  std::function<void(const protect::LevelChange&)> told_;
  protect::AbuseWatch watch_;
  protect::AbuseWatch sources_;  // by "address ...", of no key
  bool asking_ = false;
};

}  // namespace trine::gateway
