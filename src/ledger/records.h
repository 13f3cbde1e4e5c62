// What the journal holds, and how it is packed into bytes (docs/formats/journal.md). Pure. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "base/error.h"
#include "energy/facts.h"

namespace trine::ledger {

using energy::CallFacts;
using energy::DeviceWindow;
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

using Record = std::variant<CallIntent, CallFacts, RequestFacts, Settlement, DeviceWindow, Event>;

// The numbers are part of the format: never reuse one.
enum class RecordType : uint16_t {
  call_intent = 1,
  call_facts = 2,
  request_facts = 3,
  settlement = 4,
  device_window = 5,
  event = 6,
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

// REQUIRES: `out` has at least encoded_size() bytes.
void encode(const CallIntent&, std::byte* out);
void encode(const CallFacts&, std::byte* out);
void encode(const RequestFacts&, std::byte* out);
void encode(const Settlement&, std::byte* out);
void encode(const DeviceWindow&, std::byte* out);
void encode(const Event&, std::byte* out);

constexpr uint16_t kPayloadVersion = 1;

// data_loss for anything that is not exactly one record (up to 7 zero bytes of padding are allowed after it).
Result<Record> decode(RecordType type, uint16_t version, std::span<const std::byte> payload);

// At most `max` bytes of `text`, not ending inside a UTF-8 character.
std::string_view clip(std::string_view text, size_t max);

}  // namespace trine::ledger
