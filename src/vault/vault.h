// Sealed blobs on the disk, each with a kind, an id, an owner and an expiry (README.md says what is kept how).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "vault/seal.h"

namespace trine::vault {

// Whose a blob is. Empty: nobody's of that sort. Kept as keyed hashes, never as names.
struct Owner {
  std::string org, team, project, key, user;
};

struct Limits {
  uint64_t total_bytes = 1 << 30;  // of all as it lies on the disk; beyond it the oldest of `made_again` go
  uint64_t blob_bytes = 64 << 20;
  std::string made_again = {};  // the kind whose blobs are made again as they are needed; empty: there is none
};

struct Entry {
  std::string kind, id;
  uint64_t bytes = 0;  // before sealing
  Wall created, expires;
};

struct Blob {
  Entry about;
  std::string bytes;
};

struct Name {
  std::string_view kind, id;
};

enum class Identity { key, user };

// Any thread, one at a time inside. Every call blocks on the disk: from a worker only through the Executor. Another
// process may have the same vault open.
class Vault {
 public:
  // Makes the file (0600) where there is none. Errors: failed_precondition: it was sealed with another secret;
  // data_loss: it is no vault, or damaged; unavailable: the disk.
  static Result<std::unique_ptr<Vault>> open(const std::filesystem::path& file, std::string_view secret,
                                             const Limits& limits = {});
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  // In place of what had the kind and id before. `kind` and `id` stand in the clear: no names, no texts. Errors:
  // resource_exhausted: longer than a blob may be, the disk is full, or there is no room: all is as it was; not_found:
  // there is no blob `only_with`, which this one goes with.
  Result<void> put(std::string_view kind, std::string_view id, const Owner& owner, Wall now, Wall expires,
                   std::string_view bytes, std::optional<Name> only_with = {});
  // Nothing where there is none, it has expired, or (with `owner`) it is not exactly that owner's. Errors: data_loss:
  // it is not as it was put; drop it.
  Result<std::optional<Blob>> get(std::string_view kind, std::string_view id, Wall now, const Owner* owner = nullptr);
  Result<bool> drop(std::string_view kind, std::string_view id);  // true: there was one
  // Those whose owner agrees in every part that `owner` names, newest first. What expired may still be among them.
  Result<std::vector<Entry>> list(std::string_view kind, const Owner& owner, size_t most);
  // All of a key or user. How many there were. Their bytes are overwritten.
  Result<uint64_t> erase(Identity kind, std::string_view name);
  // What has expired goes. How many.
  Result<uint64_t> sweep(Wall now);

  uint64_t bytes() const;  // on the disk, about
  // The secret's keyed hash of a text: for ids that say nothing of it.
  Sealer::Hash hash(std::string_view label, std::string_view text) const { return sealer_.hash(label, text); }

 private:
  struct Tables;
  Vault(std::filesystem::path file, std::string_view secret, const Limits& limits);
  Result<void> open_file();
  Result<void> prove_secret();
  Result<void> make_room();
  Result<void> count_bytes();
  Error said(Error e) const;

  const std::filesystem::path file_;
  const Sealer sealer_;
  const Limits limits_;
  mutable std::mutex mutex_;
  uint64_t bytes_ = 0;  // what another process takes away is noticed at the next sweep
  std::unique_ptr<Tables> tables_;
};

}  // namespace trine::vault
