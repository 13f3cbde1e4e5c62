#include "gateway/vault_keeper.h"

#include <filesystem>
#include <system_error>

#include "gateway/cache/answer_cache.h"
#include "vault/key_file.h"

namespace trine::gateway {

Result<std::unique_ptr<vault::Vault>> open_vault(const VaultConfig& config) {
  namespace fs = std::filesystem;
  const fs::path dir = config.dir;
  std::error_code error;
  if (!fs::is_directory(dir, error)) {
    fs::create_directories(dir, error);
    if (!error) fs::permissions(dir, fs::perms::owner_all, error);
    if (error) return fail(Code::unavailable, "cannot make the folder {}: {}", dir.string(), error.message());
  }
  std::string secret = config.secret;
  if (secret.empty()) {
    auto kept = vault::read_or_make_secret(dir / "vault.key");
    if (!kept) return tl::unexpected(kept.error());
    secret = std::move(*kept);
  }
  auto opened = vault::Vault::open(dir / "vault.db", secret,
                                   // Files are their owners', and a job's steps were paid for.
                                   {.total_bytes = static_cast<uint64_t>(config.max_bytes),
                                    .blob_bytes = uint64_t{1} << 30,
                                    .made_again = std::string(AnswerCache::kVaultKind)});
  wipe(secret);
  return opened;
}

}  // namespace trine::gateway
