// The audit log: who did what to the gateway, and what it refused whom. Append-only, one JSON object per line, each
// holding the SHA-256 of the line before it (docs/formats/audit.md), so that a changed, missing or inserted line is
// found. No bodies; secrets are kept out by structure: a field whose name says secret is never written.
//
// Several processes may write one folder: the gateway and `trine keys ...` take turns by a lock on the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "protect/digest.h"

namespace trine::protect {

struct AuditEntry {
  Wall at{};
  std::string actor;             // "operator:alice", "key:trn_4fK2", "system", "local:root" (a command on this machine)
  std::string address;           // of the client; empty: none
  std::string action;            // "keys.revoke", "limits.refused", "abuse.suspend"
  std::string subject;           // what it was done to: "key trn_4fK2", "team billing"
  std::string outcome = "done";  // done, refused, failed
  std::vector<std::pair<std::string, std::string>> detail;
};

// As it stands in the file.
struct AuditLine {
  uint64_t sequence = 0;  // from 1, without gaps over all files
  AuditEntry entry;
  Digest before{}, hash{};  // of the line before, of this one
};

// A value that is written under this name is "[redacted]" instead.
bool is_secret_name(std::string_view field);

class AuditLog {
 public:
  struct Options {
    std::filesystem::path dir;
    uint64_t file_bytes = 64 << 20;  // then the next file begins; the chain goes on
  };
  // Creates the folder. A line that a crash cut is taken off, and an entry "audit.repaired" says so.
  // Errors: data_loss where the log is broken otherwise: see verify_audit().
  static Result<std::unique_ptr<AuditLog>> open(Options options);
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // One line, in order. `durable`: on disk when this returns (admin changes); else the system writes it soon
  // (verdicts). Blocks on the disk: never on a worker. Any thread.
  Result<void> append(const AuditEntry& entry, bool durable = true);

 private:
  explicit AuditLog(Options options) : options_(std::move(options)) {}
  Result<void> catch_up();
  Result<void> begin_file(uint64_t number);
  Result<void> write_line(const AuditEntry& entry, bool durable);

  Options options_;
  std::mutex mutex_;
  int fd_ = -1;
  uint64_t file_ = 0;  // its number
  uint64_t size_ = 0;  // up to which the file is known
  uint64_t sequence_ = 0;
  Digest last_{};
};

struct AuditFault {
  std::string where;  // "audit-000001.jsonl:12"
  std::string what;   // a sentence
};
struct AuditVerdict {
  uint64_t lines = 0;
  Wall first{}, last{};
  Digest head{};                   // of the last line: note it elsewhere, and a rewritten log is found too
  std::vector<AuditFault> faults;  // 20 at most; none: the chain is whole
};
// Reads everything, changes nothing. `expected_head`: that a line has this hash. Errors: not_found (no such folder),
// unavailable.
Result<AuditVerdict> verify_audit(const std::filesystem::path& dir, const Digest* expected_head = nullptr);

struct AuditQuery {
  size_t last = 0;                             // the newest of each of `actions`, this many at most
  std::vector<std::string> actions = {""};     // what a line's action begins with
  std::optional<Wall> since = {}, until = {};  // [since, until)
};
struct AuditSlice {
  std::vector<AuditLine> lines;  // oldest first
  bool more = false;             // of one of the actions there are older ones
};
// Lines stand nearly in the order of time (docs/formats/audit.md): with `since` or `until` only about that part of the
// files is read. Errors: as verify_audit.
Result<AuditSlice> find_audit(const std::filesystem::path& dir, const AuditQuery& query);

// The newest lines, `last` of them at most, oldest first, whose action begins with `action`. Errors: as verify_audit.
Result<std::vector<AuditLine>> read_audit(const std::filesystem::path& dir, size_t last, std::string_view action = {});

}  // namespace trine::protect
