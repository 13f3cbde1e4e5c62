// links: ledger
// A segment of any bytes: its head, then its records one after the other, each decoded.
#include <cstddef>
#include <cstdint>
#include <span>

#include "ledger/records.h"
#include "ledger/segment.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trine::ledger;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto header = parse_header(bytes);
  // Records are read whatever the head says, and their payloads also without the checksum: neither is hard to forge.
  uint64_t sequence = header && *header ? (*header)->first_sequence : 1;
  for (size_t at = size < kHeaderBytes ? 0 : kHeaderBytes; at < size;) {
    const auto rest = bytes.subspan(at);
    RecordView view;
    const auto found = parse_record(rest, sequence, view);
    if (found == Found::record) {
      if (view.length > rest.size()) __builtin_trap();
      (void)decode(view.type, view.version, view.payload);
      at += view.length;
      ++sequence;
      continue;
    }
    const auto claimed = claimed_length(rest);
    if (rest.size() > kRecordHeaderBytes) {
      const auto type = static_cast<RecordType>(static_cast<uint8_t>(rest[28]) % 9);
      (void)decode(type, kPayloadVersion, rest.subspan(kRecordHeaderBytes));
    }
    if (claimed == 0) break;
    at += claimed;
    ++sequence;
  }
  return 0;
}
