// What of jobs is kept in the vault, so that they go on after a restart: the order, each piece's answer, each file's
// end. Written before it counts; read back, it leads to the same state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "gateway/config/config.h"
#include "gateway/jobs/job.h"
#include "vault/vault.h"

namespace trine::gateway {

// The answer to one piece, and which text it is of: a piece that is cut otherwise is asked for again.
struct PieceEnd {
  std::string text_hash, json;
  std::vector<std::string> requests;
  CallSum sum;
};

// Any thread; every call blocks on the disk. A job that is not there (it was erased) has no pieces, files or end put:
// not_found.
class JobLog {
 public:
  explicit JobLog(vault::Vault& vault) : vault_(vault) {}

  Result<void> put(const JobRecord& job, Wall now, Nanos ttl);
  Result<std::optional<JobRecord>> get(const std::string& id, Wall now);
  // Those that a process left running; what cannot be read is logged and left out.
  Result<std::vector<JobRecord>> running(Wall now);

  Result<void> put_piece(const JobRecord& job, size_t file, size_t piece, const PieceEnd& end, Wall now);
  Result<std::optional<PieceEnd>> get_piece(const JobRecord& job, size_t file, size_t piece, Wall now);
  Result<void> put_file(const JobRecord& job, size_t file, const FileEnd& end, Wall now);
  Result<std::optional<FileEnd>> get_file(const JobRecord& job, size_t file, Wall now);

  // The job itself.
  Result<bool> drop(const std::string& id);
  // What its pieces and files left; they go once the job's end is kept.
  void drop_pieces(const JobRecord& job, size_t file, size_t pieces);
  void drop_files(const JobRecord& job);

 private:
  vault::Vault& vault_;
};

}  // namespace trine::gateway
