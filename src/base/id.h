// Request ids: sortable by time, unique across workers and restarts, opaque to clients.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace trine {

// 128 bits: 48 of Unix milliseconds, 80 random (the ULID layout). Text: "req_" + 26 characters of Crockford base32.
struct RequestId {
  uint64_t hi = 0;
  uint64_t lo = 0;
  auto operator<=>(const RequestId&) const = default;

  std::string text() const;
  void write(char out[30]) const;  // the same 30 characters, no terminator
  static std::optional<RequestId> parse(std::string_view text);
};

// One upstream call of a request; `attempt` counts from 0 (retries, hedges, judges and map-reduce are calls too).
struct CallId {
  RequestId request;
  uint16_t attempt = 0;
  auto operator<=>(const CallId&) const = default;
};

// Hands out ids. One thread (one generator per worker). The seed must differ between generators.
class IdGenerator {
 public:
  explicit IdGenerator(uint64_t seed) : state_(seed) {}
  RequestId next(Wall now);

 private:
  uint64_t random();
  uint64_t state_;
};

// A seed from the operating system's random source. Any thread.
uint64_t random_seed();

}  // namespace trine

template <>
struct std::hash<trine::RequestId> {
  size_t operator()(const trine::RequestId& id) const noexcept { return id.lo ^ (id.hi * 0x9E3779B97F4A7C15ull); }
};
