// What the journal holds, and how it is packed into bytes (docs/formats/journal.md). Pure. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "energy/facts.h"

namespace trine::ledger {

using energy::Avoided;
using energy::CallFacts;
using energy::DeviceWindow;
using energy::GatewayUse;
using energy::RequestFacts;
using energy::Settlement;
using energy::Tenant;

// Written before an upstream call, so that a crash in the middle of it can be closed with what was relayed.
// The CallFacts that close it must go to the same journal.
struct CallIntent {
  CallId id;
  Tenant tenant;
  std::string user;
  std::string workload;
  std::string route;
  std::string endpoint;
  std::string deployment;
  std::string zone;
  std::string model;
  Wall start{};
  Tokens in_estimate = 0;  // prompt tokens as we count them; used only if the call is interrupted
  bool streamed = false;
  bool simulated = false;
  bool beside = false;  // CallFacts::beside
  bool operator==(const CallIntent&) const = default;
};

// Decisions, audit, operations: anything that is not one of the others. `json` is one JSON value, at most
// kMaxEventJson bytes. `key` and `user` name whom it is about, so that erasure finds it; empty if nobody.
struct Event {
  std::string kind;
  Wall at{};
  std::string key;
  std::string user;
  std::string json;
  bool operator==(const Event&) const = default;
};

// How far a call had come; beside the intent, updated in place, outside its checksum.
struct ProgressValues {
  uint64_t tokens = 0;  // output tokens relayed
  uint64_t bytes = 0;   // bytes relayed
  Wall first{};         // first token; the epoch if none yet
  Wall last{};          // latest update
  bool operator==(const ProgressValues&) const = default;
};

using Record = std::variant<CallIntent, CallFacts, RequestFacts, Settlement, DeviceWindow, Event, GatewayUse, Avoided>;

// The numbers are part of the format: never reuse one.
enum class RecordType : uint16_t {
  call_intent = 1,
  call_facts = 2,
  request_facts = 3,
  settlement = 4,
  device_window = 5,
  event = 6,
  gateway_use = 7,
  avoided = 8,
  erased = 0xFFFF,  // was one of the above; its payload is wiped
};

RecordType type_of(const Record& record);

// Longer texts are cut at a character's boundary: a record has a known greatest size (space is reserved by it).
constexpr size_t kMaxName = 128;
constexpr size_t kMaxSentence = 256;  // RequestFacts::error and ::reason
constexpr size_t kMaxEventJson = 64 * 1024;

size_t encoded_size(const CallIntent&);
size_t encoded_size(const CallFacts&);
size_t encoded_size(const RequestFacts&);
size_t encoded_size(const Settlement&);
size_t encoded_size(const DeviceWindow&);
size_t encoded_size(const Event&);
size_t encoded_size(const GatewayUse&);
size_t encoded_size(const Avoided&);

// REQUIRES: `out` has at least encoded_size() bytes.
void encode(const CallIntent&, std::byte* out);
void encode(const CallFacts&, std::byte* out);
void encode(const RequestFacts&, std::byte* out);
void encode(const Settlement&, std::byte* out);
void encode(const DeviceWindow&, std::byte* out);
void encode(const Event&, std::byte* out);
void encode(const GatewayUse&, std::byte* out);
void encode(const Avoided&, std::byte* out);

constexpr uint16_t kPayloadVersion = 1;

// data_loss for anything that is not exactly one record (up to 7 zero bytes of padding are allowed after it).
Result<Record> decode(RecordType type, uint16_t version, std::span<const std::byte> payload);

// Records as folding reads them: most names repeat from record to record, so they stay together as the bytes they are
// in the payload (one key for all), and nothing is allocated. Views live as long as the payload.
struct CallRow {
  CallId id;
  std::string_view target;  // deployment, zone, model: split_names()
  Wall start{}, first_token{}, end{};
  Tokens in = 0, cached = 0, out = 0;
  energy::TokenSource source = energy::TokenSource::reported;
  bool streamed = false, beside = false, simulated = false;
  energy::Outcome outcome = energy::Outcome::ok;
  int http_status = 0;
  double mean_batch = 1;
};
struct RequestRow {
  RequestId id;
  std::string_view origin;  // org, team, project, key, workload, route, endpoint: split_names()
  Wall start{}, end{};
  bool streamed = false;
  energy::Outcome outcome = energy::Outcome::ok;
  int http_status = 0;
  std::string_view error, reason;
  uint16_t calls = 0;
  std::string_view user;
};

// As decode(), of the one type.
Result<void> decode(uint16_t version, std::span<const std::byte> payload, CallRow& out);
Result<void> decode(uint16_t version, std::span<const std::byte> payload, RequestRow& out);
Result<void> decode(uint16_t version, std::span<const std::byte> payload, Settlement& out);
// Whose call it is; the rest of the intent is not looked at.
Result<CallId> decode_intent_id(uint16_t version, std::span<const std::byte> payload);

// The texts of CallRow::target (3) and RequestRow::origin (7); as many empty ones where the bytes are not such texts.
template <size_t N>
std::array<std::string_view, N> split_names(std::string_view packed) {
  std::array<std::string_view, N> names;
  for (auto& name : names) {
    uint32_t n = 0;
    if (packed.size() < sizeof n) return {};
    std::memcpy(&n, packed.data(), sizeof n);
    packed.remove_prefix(sizeof n);
    if (packed.size() < n) return {};
    name = packed.substr(0, n);
    packed.remove_prefix(n);
  }
  return names;
}

// At most `max` bytes of `text`, not ending inside a UTF-8 character.
std::string_view clip(std::string_view text, size_t max);

}  // namespace trine::ledger
