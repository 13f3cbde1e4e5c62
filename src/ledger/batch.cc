#include "ledger/batch.h"

#include <algorithm>
#include <cstring>

namespace trine::ledger {
namespace {

constexpr size_t kTextChunk = 64 * 1024;
constexpr size_t kNear = 16;  // calls looked at for a settlement: its worker writes it right behind the call

}  // namespace

IdBytes::IdBytes(const RequestId& id) {
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<unsigned char>(id.hi >> (56 - 8 * i));
    bytes[8 + i] = static_cast<unsigned char>(id.lo >> (56 - 8 * i));
  }
}

RequestId request_id(std::span<const unsigned char> bytes) {
  RequestId id;
  if (bytes.size() != 16) return id;
  for (size_t i = 0; i < 8; ++i) {
    id.hi = id.hi << 8 | bytes[i];
    id.lo = id.lo << 8 | bytes[8 + i];
  }
  return id;
}

Result<void> Batch::add(const RecordView& record, const Place& place, Mono now) {
  const auto& [type, version, sequence, length, payload] = record;
  switch (type) {
    case RecordType::call_intent: {
      const auto id = decode_intent_id(version, payload);
      if (!id) return tl::unexpected(id.error());
      open_->begin(*id, place, now);
      break;
    }
    case RecordType::call_facts: {
      auto& call = calls.emplace_back();
      if (auto done = decode(version, payload, call.row); !done) {
        calls.pop_back();
        return done;
      }
      call.target = names_->target(call.row.target);
      call.row.target = {};
      if (open_->close(call.row.id)) closed_calls.push_back(call.row.id);
      break;
    }
    case RecordType::request_facts: {
      auto& request = requests.emplace_back();
      if (auto done = decode(version, payload, request.row); !done) {
        requests.pop_back();
        return done;
      }
      auto& row = request.row;
      request.origin = names_->origin(row.origin);
      request.user = names_->user(row.user);
      row.origin = row.user = {};
      row.error = keep(row.error);
      row.reason = keep(row.reason);
      if (row.calls > 0 && open_->close(row.id)) closed_requests.push_back(row.id);
      break;
    }
    case RecordType::settlement: {
      Settlement s;
      if (auto done = decode(version, payload, s); !done) return done;
      add_settlement(s);
      break;
    }
    default: {
      auto decoded = decode(type, version, payload);
      if (!decoded) return tl::unexpected(decoded.error());
      if (auto* window = std::get_if<DeviceWindow>(&*decoded)) windows.push_back(std::move(*window));
      if (auto* event = std::get_if<Event>(&*decoded)) events.push_back(std::move(*event));
      if (auto* use = std::get_if<GatewayUse>(&*decoded)) gateway_use.push_back(std::move(*use));
      if (auto* spared = std::get_if<Avoided>(&*decoded)) avoided.push_back(std::move(*spared));
    }
  }
  ++records_;
  return {};
}

void Batch::add_settlement(const Settlement& s) {
  const size_t near = std::min(kNear, calls.size());
  for (auto call = calls.rbegin(); call != calls.rbegin() + static_cast<std::ptrdiff_t>(near); ++call) {
    if (call->row.id != s.call) continue;
    if (!call->settled) {
      call->settled = true;
      call->first = s;
      return;
    }
    break;
  }
  settlements.push_back(s);
}

std::string_view Batch::keep(std::string_view text) {
  if (text.empty()) return {};
  if (text_left_ < text.size()) {
    texts_.push_back(std::make_unique<char[]>(kTextChunk));
    text_left_ = kTextChunk;
  }
  char* at = texts_.back().get() + (kTextChunk - text_left_);
  std::memcpy(at, text.data(), text.size());
  text_left_ -= text.size();
  return {at, text.size()};
}

void Batch::clear() {
  positions.clear();
  calls.clear();
  requests.clear();
  settlements.clear();
  windows.clear();
  events.clear();
  gateway_use.clear();
  avoided.clear();
  closed_calls.clear();
  closed_requests.clear();
  records_ = 0;
  texts_.clear();
  text_left_ = 0;
}

}  // namespace trine::ledger
