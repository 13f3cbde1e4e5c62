// Who may sign in to the pages with a password: a small file beside the identity store, one line each,
// "admins.txt": NAME ROLE ARGON2ID-HASH. Made by the first-run token, or by hand. Passwords are hashed with Argon2id
// (RFC 9106: 64 MiB, three passes), which takes a tenth of a second: never on a worker.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "protect/role.h"

namespace trine::protect {

// Any thread.
class LocalAdmins {
 public:
  static constexpr size_t kLeastPassword = 12, kMostPassword = 256, kMostName = 64;
  static constexpr size_t kMost = 100;

  // Errors: data_loss where a line is none; unavailable.
  static Result<std::unique_ptr<LocalAdmins>> open(const std::filesystem::path& dir);

  bool empty() const;
  // The role of who has this password. A name that is not there takes as long as a wrong password.
  std::optional<Role> check(std::string_view name, std::string_view password) const;
  // Writes the file anew; it is on disk when this returns. `only_first`: fails with failed_precondition where there is
  // one already. Errors: invalid_argument with what to do.
  Result<void> add(const std::string& name, std::string_view password, Role role, bool only_first);

 private:
  struct Admin {
    Role role = Role::none;
    std::string hash;
  };
  explicit LocalAdmins(std::filesystem::path file) : file_(std::move(file)) {}
  Result<void> load();
  Result<void> save(const std::map<std::string, Admin>& admins) const;

  std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::map<std::string, Admin> admins_;
};

// Argon2id in the encoded form ("$argon2id$v=19$m=65536,t=3,p=1$..."). Both take a tenth of a second.
Result<std::string> hash_password(std::string_view password);
bool is_password(const std::string& hash, std::string_view password);

}  // namespace trine::protect
