// Asks the sources of the configuration by itself and publishes what they say.
//
// Each zone of a source is asked at the source's own step (or the configuration's), a little after the slot begins, at
// a random moment of the first tenth of it. What fails is tried again after 30 s, then twice as long each time up to an
// hour, half of it random; a source that says Retry-After or that its budget is used up is left alone until then.
// What is known is on disk after each answer and is read at start, so that a gateway without a network goes on from it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "grid/live.h"
#include "grid/source.h"
#include "net/loop.h"

namespace trine::grid {

inline constexpr const char* kImported = "import";  // the source of feeds that `trine grid import` wrote
inline constexpr size_t kMostKept = 1500;           // points of a feed that is polled: two months of hours

// One zone of one source.
struct SourceStatus {
  std::string source, zone;
  bool up = false;    // it answered when it was last asked
  Wall fetched{};     // its last answer, also by an earlier process; the epoch: none yet
  Wall newest_end{};  // the end of the newest slot that it gave a value for; the epoch: none
  Wall next{};        // when it is asked next
  int64_t errors = 0;
  size_t holes = 0, absurd = 0;  // of the last answer
  std::string trouble;           // of the last one; empty: none
};

// The feeds of `cached` that the configuration still wants, in the order in which they count: imports, then the zones
// of these sources.
Feeds wanted(const Feeds& cached, const std::vector<SourceSpec>& specs);

// One thread: its loop's.
class Poller {
 public:
  struct Parts {
    net::Loop& loop;
    uint64_t seed = 1;
    net::Dialer* dialer = nullptr;  // null: TCP
  };
  explicit Poller(const Parts& parts);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // From now on these, published to `live`, which has what was known before (make_snapshot() sees to it). A source that
  // cannot be asked at all is said in the log and left out.
  void use(const std::vector<SourceSpec>& specs, std::filesystem::path cache, std::shared_ptr<Live> live);
  // Asks no more. Answers under way are dropped.
  void stop();
  // No answer is under way: the loop may end.
  bool idle() const;

  std::vector<SourceStatus> status() const;

 private:
  class Origin;
  class Job;
  void publish();

  Parts parts_;
  std::mt19937_64 random_;
  std::filesystem::path cache_;
  std::shared_ptr<Live> live_;
  Feeds imported_;
  std::vector<std::shared_ptr<Job>> jobs_;
  std::vector<std::weak_ptr<Job>> stopped_;  // with an answer under way
};

}  // namespace trine::grid
