// What is kept sealed on the disk, and the APIs that need it: files, and jobs over many documents.
#include "gateway/config/draft.h"
#include "gateway/config/forms.h"

namespace trine::gateway {
namespace {

using namespace std::chrono_literals;
using yaml::Fields;

constexpr size_t kLeastSecret = 32;  // characters, as the vault wants it

void declare_vault(Fields& v, VaultConfig& vault) {
  v.text({"dir", "Folder of vault.db and, where no secret is given, of vault.key."}, vault.dir);
  v.secret({"secret", "At least 32 characters; without it vault.key holds one that is made at first start."},
           vault.secret);
  v.size({"max_bytes", "On the disk; beyond it the oldest answers go, and no more files or jobs are taken."},
         vault.max_bytes, kMiB, 1024 * kGiB);
  v.check([&v, &vault] {
    if (!vault.secret.empty() && vault.secret.size() < kLeastSecret)
      v.complain("secret", "is shorter than 32 characters; make one with 'openssl rand -hex 32'.");
  });
}

void declare_jobs(Fields& f, JobsConfig& j) {
  f.integer({"running", "Jobs of one project at once."}, j.running, 1, 1000);
  f.integer({"files", "Files of one job."}, j.files, 1, 10'000);
  f.size({"bytes", "Of all files of one job together."}, j.bytes, kKiB, 64 * kGiB);
  f.integer({"pieces", "Pieces that one job's files are split into: so many calls, at least."}, j.pieces, 1, 100'000);
  f.integer({"parallel", "Calls of one job at once; a job may ask for fewer."}, j.parallel, 1, 256);
  f.integer({"window", "Tokens of a piece, where the job does not say."}, j.window, 64, 1'000'000);
  f.duration({"deadline", "From a job's arrival, restarts included; then it ends with what it has."}, j.deadline, 1s,
             24h * 7);
  f.duration({"ttl", "How long a job's result is kept."}, j.ttl, 1min, 24h * 365);
}

}  // namespace

void declare_files(Fields& f, Config& config) {
  f.object({"vault", "Where files, jobs and answers are kept sealed across restarts; nowhere if absent."}, config.vault,
           declare_vault);
  f.object({"files", "What POST /v1/files keeps, of one project; it needs a vault. See docs/documents-api.md."},
           config.files, [](Fields& c, FilesConfig& files) {
             c.size({"file", "Of one file."}, files.file, kKiB, kGiB);
             c.size({"total", "Of all files together."}, files.total, kKiB, 1024 * kGiB);
             c.integer({"count", "Files."}, files.count, 1, 100'000);
             c.duration({"ttl", "How long a file is kept, at most."}, files.ttl, 1min, 24h * 3650);
           });
  f.object({"document_jobs", "Limits of POST /v1/documents; it needs a vault. See docs/documents-api.md."}, config.jobs,
           declare_jobs);
}

}  // namespace trine::gateway
