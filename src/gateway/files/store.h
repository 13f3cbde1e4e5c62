// The files that clients have handed in: sealed in the vault, of one project each, for a time.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "energy/facts.h"
#include "gateway/config/config.h"
#include "gateway/documents/stored_files.h"
#include "gateway/executor.h"
#include "net/loop.h"
#include "net/task.h"
#include "vault/vault.h"

namespace trine::gateway {

struct FileAbout {
  std::string id;  // "file-" and 32 random digits
  std::string name, purpose;
  uint64_t bytes = 0;
  Wall created{}, expires{};
};

struct NewFile {
  std::string name, purpose, bytes, user;
  Nanos ttl{};  // zero: the configuration's
};

// Any thread. A file of another project is one that is not there. Two blobs for each, "file" and "file.about": a list
// opens no contents.
class FileStore {
 public:
  static constexpr int kUploads = 4;  // at once: each holds a file's bytes a few times over

  // `executor`: whose thread waits for the disk.
  FileStore(vault::Vault& vault, Executor& executor) : vault_(vault), executor_(executor) {}

  // These block. Errors: resource_exhausted: the project has as much as it may, or the disk is full; unavailable.
  Result<FileAbout> put(const energy::Tenant& tenant, const FilesConfig& limits, NewFile file, Wall now);
  Result<std::optional<FileAbout>> about(const energy::Tenant& tenant, const std::string& id, Wall now);
  Result<StoredFile> read(const energy::Tenant& tenant, const std::string& id, Wall now);  // also not_found
  Result<bool> drop(const energy::Tenant& tenant, const std::string& id, Wall now);        // true: there was one
  Result<std::vector<FileAbout>> list(const energy::Tenant& tenant, Wall now);             // newest first

  // co_await store.run(loop, [&] { return store.read(...); }): elsewhere. Errors: unavailable: too much is waiting.
  template <class Work>
  net::Task<std::invoke_result_t<Work>> run(net::Loop& loop, Work work) {
    auto done = co_await executor_.run(loop, std::move(work));
    if (!done) co_return fail(Code::unavailable, "too many files are waiting for the disk: send it again");
    co_return std::move(*done);
  }

  // The same, for who can wait: while too much else does, it looks again.
  template <class Work>
  net::Task<std::invoke_result_t<Work>> run_when_it_can(net::Loop& loop, Work work) {
    for (;;) {
      auto done = co_await executor_.run(loop, work);
      if (done) co_return std::move(*done);
      co_await loop.sleep(std::chrono::milliseconds(10));
    }
  }

  // A place among the uploads; empty: all are taken.
  class Place {
   public:
    explicit Place(std::atomic<int>& taken) : taken_(taken), has_(taken.fetch_add(1) < kUploads) {}
    ~Place() { taken_.fetch_sub(1); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    explicit operator bool() const { return has_; }

   private:
    std::atomic<int>& taken_;
    const bool has_;
  };
  Place upload() { return Place(uploads_); }

  vault::Vault& vault() { return vault_; }

 private:
  vault::Vault& vault_;
  Executor& executor_;
  std::atomic<int> uploads_{0};
};

// Of a tenant's project, in the vault's terms. Naming a key too would hide a file from the project's other keys.
vault::Owner project_owner(const energy::Tenant& tenant);
vault::Owner owner_of(const energy::Tenant& tenant, std::string_view user);

// Random, in lower-case hexadecimal: 32 digits.
std::string random_digits();

// What the document stage asks for. One per worker.
class WorkerFiles final : public StoredFiles {
 public:
  explicit WorkerFiles(FileStore& store) : store_(store) {}
  net::Task<Result<StoredFile>> read(Exchange& x, std::string id) override;

 private:
  FileStore& store_;
};

}  // namespace trine::gateway
