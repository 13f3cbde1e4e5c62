// What the traffic port refuses for security's sake, on its way to the audit log (docs/security.md) and to the watch
// over sources. Workers count, the back office writes: one line per cause, who and source and minute, so that a flood
// of requests is no flood of lines. No lock on a request's path.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "llm/errors.h"
#include "net/loop.h"
#include "protect/audit.h"

namespace trine::gateway {

struct Exchange;

enum class Cause : uint8_t {
  invalid_key,
  invalid_token,
  suspended_key,
  url,
  budget,
  guard_block,
  guard_flag,     // let through, and noted
  unknown_model,  // weighed, not written: no verdict of security by itself
};

// Refusals of one cause, for one key or none, from one address.
struct Refusals {
  Cause cause = Cause::invalid_key;
  std::string key;      // its name; empty: none that is known
  std::string address;  // of the client; empty: several, or not known
  std::string why;      // of the first
  uint64_t count = 0;
  Wall first{}, last{};
};

// One worker's, since it last handed over. One thread.
class RefusalFeed {
 public:
  using Hand = std::function<void(std::vector<Refusals>)>;
  // Beyond it those of unknown keys go into one without address for each cause.
  static constexpr size_t kMost = 512;

  void use(Hand hand) { hand_ = std::move(hand); }  // none: nothing is noted
  bool on() const { return hand_ != nullptr; }
  void add(Cause cause, std::string_view key, std::string address, std::string_view why, Wall now);
  void flush();

 private:
  Hand hand_;
  std::vector<Refusals> notes_;
  boost::unordered_flat_map<uint64_t, size_t> places_;  // in notes_, by hash
};

// Notes the refusal, if it is one of security's. Once for each request that is refused.
void note_refusal(Exchange& x, const llm::ClientError& error);

// Notes what the guard found in a request that it let through.
void note_flagged(Exchange& x);

// The back office's: one minute of them. Pure but for the timer; on its loop.
class RefusalDesk final : net::Timer {
 public:
  using Write = std::function<void(std::vector<protect::AuditEntry>)>;
  static constexpr Nanos kMinute = std::chrono::minutes(1);
  // Lines of one cause in a minute; what is beyond goes into one more, without who and where.
  static constexpr size_t kMostOfCause = 64;

  RefusalDesk(net::Loop& loop, Write write) : net::Timer(loop), write_(std::move(write)) {}
  void take(const std::vector<Refusals>& notes);
  // Writes what there is. When the gateway ends.
  void flush();

 private:
  void expired() override { flush(); }

  Write write_;
  std::vector<Refusals> minute_;
};

// Whom an address stands for in lines and weights: an IPv6 address for its /64, which one client has whole.
std::string source_of(std::string_view address);

}  // namespace trine::gateway
