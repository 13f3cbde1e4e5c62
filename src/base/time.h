// Time as std::chrono points, and a clock that tests can hold.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace trine {

using Wall = std::chrono::sys_time<std::chrono::nanoseconds>;  // UTC
using Mono = std::chrono::steady_clock::time_point;            // never steps
using Nanos = std::chrono::nanoseconds;
using Seconds = std::chrono::duration<double>;

inline double seconds(Nanos d) {
  return std::chrono::duration<double>(d).count();
}
inline Nanos from_seconds(double s) {
  return Nanos(static_cast<int64_t>(s * 1e9));
}
constexpr Wall from_unix_ns(int64_t ns) {
  return Wall(Nanos(ns));
}
constexpr int64_t unix_ns(Wall t) {
  return t.time_since_epoch().count();
}
constexpr int64_t unix_s(Wall t) {
  return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
}
constexpr int64_t microseconds(Nanos d) {
  return std::chrono::floor<std::chrono::microseconds>(d).count();
}

// "2026-11-23T09:30:00Z", or with milliseconds "…:00.123Z" where they are not zero.
std::string iso8601(Wall t);
// The same form back, also with an offset ("+02:00") or a date alone; nullopt for anything else, and
// outside the years 1970 to 2261.
std::optional<Wall> parse_iso8601(std::string_view text);

// "15m", "1h", "7d", "500ms", "30s" → duration; nullopt for anything else, negatives and overflow.
std::optional<Nanos> parse_duration(std::string_view text);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Wall wall() const = 0;
  virtual Mono mono() const = 0;
};

// The machine's clocks. Any thread.
const Clock& system_clock();

// A clock that moves only when told. One thread.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Wall start = from_unix_ns(1'700'000'000'000'000'000)) : wall_(start), mono_(Nanos(1)) {}
  Wall wall() const override { return wall_; }
  Mono mono() const override { return mono_; }
  void advance(Nanos d) { wall_ += d, mono_ += d; }
  void step_wall(Nanos d) { wall_ += d; }  // an NTP step: wall only

 private:
  Wall wall_;
  Mono mono_;
};

}  // namespace trine
