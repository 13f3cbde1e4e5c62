#include "protect/local_admins.h"

#include <argon2.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace trine::protect {
namespace {

// RFC 9106's second choice: 64 MiB, three passes; one lane, since one sign-in is checked at a time.
constexpr uint32_t kPasses = 3, kKib = 64 << 10, kLanes = 1;
constexpr size_t kSalt = 16, kHash = 32;
constexpr size_t kMostBytes = 64 << 10;

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= LocalAdmins::kMostName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '@';
  });
}

// What a name that is not there is compared with.
const std::string& nobodys_hash() {
  static const std::string hash = hash_password("nobody has this password").value_or("");
  return hash;
}

}  // namespace

Result<std::string> hash_password(std::string_view password) {
  std::array<unsigned char, kSalt> salt{};
  if (::getrandom(salt.data(), salt.size(), 0) != static_cast<ssize_t>(salt.size()))
    return fail(Code::unavailable, "the system gives no random bytes");
  std::string out(argon2_encodedlen(kPasses, kKib, kLanes, kSalt, kHash, Argon2_id), '\0');
  const int rc = argon2id_hash_encoded(kPasses, kKib, kLanes, password.data(), password.size(), salt.data(),
                                       salt.size(), kHash, out.data(), out.size());
  if (rc != ARGON2_OK) return fail(Code::unavailable, "the password could not be hashed: {}", argon2_error_message(rc));
  out.resize(std::strlen(out.c_str()));
  return out;
}

bool is_password(const std::string& hash, std::string_view password) {
  return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

Result<std::unique_ptr<LocalAdmins>> LocalAdmins::open(const std::filesystem::path& dir) {
  std::unique_ptr<LocalAdmins> out(new LocalAdmins(dir / "admins.txt"));
  if (auto loaded = out->load(); !loaded) return tl::unexpected(loaded.error());
  return out;
}

Result<void> LocalAdmins::load() {
  std::error_code ec;
  if (!std::filesystem::exists(file_, ec)) return {};
  if (std::filesystem::file_size(file_, ec) > kMostBytes)
    return fail(Code::data_loss, "{} is too large", file_.string());
  std::ifstream in(file_);
  if (!in) return fail(Code::unavailable, "{} cannot be read: {}", file_.string(), std::strerror(errno));
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream fields(line);
    std::string name, role_text, hash, more;
    fields >> name >> role_text >> hash;
    const auto role = parse_role(role_text);
    if (!good_name(name) || !role || !hash.starts_with("$argon2id$") || fields >> more || admins_.size() >= kMost)
      return fail(Code::data_loss, "{}:{}: write NAME ROLE ARGON2ID-HASH, or take the line out", file_.string(),
                  number);
    admins_[name] = {*role, hash};
  }
  return {};
}

bool LocalAdmins::empty() const {
  const std::lock_guard lock(mutex_);
  return admins_.empty();
}

std::optional<Role> LocalAdmins::check(std::string_view name, std::string_view password) const {
  std::optional<Admin> found;
  {
    const std::lock_guard lock(mutex_);
    const auto it = admins_.find(std::string(name));
    if (it != admins_.end()) found = it->second;
  }
  if (password.size() > kMostPassword) return std::nullopt;
  const bool right = is_password(found ? found->hash : nobodys_hash(), password);
  return found && right ? std::optional(found->role) : std::nullopt;
}

Result<void> LocalAdmins::add(const std::string& name, std::string_view password, Role role, bool only_first) {
  if (!good_name(name))
    return fail(Code::invalid_argument, "a name has up to {} letters, digits, dots, dashes and @", kMostName);
  if (password.size() < kLeastPassword || password.size() > kMostPassword)
    return fail(Code::invalid_argument, "a password has {} to {} bytes; take a few words", kLeastPassword,
                kMostPassword);
  auto hash = hash_password(password);
  if (!hash) return tl::unexpected(hash.error());
  const std::lock_guard lock(mutex_);
  if (only_first && !admins_.empty()) return fail(Code::failed_precondition, "there is an administrator already");
  if (admins_.size() >= kMost) return fail(Code::failed_precondition, "there are {} accounts, the most", kMost);
  auto admins = admins_;
  admins[name] = {role, std::move(*hash)};
  if (auto saved = save(admins); !saved) return saved;
  admins_ = std::move(admins);
  return {};
}

// Whole or not at all: written beside, then moved.
Result<void> LocalAdmins::save(const std::map<std::string, Admin>& admins) const {
  std::string text = "# Who may sign in to the pages: NAME ROLE ARGON2ID-HASH.\n";
  for (const auto& [name, a] : admins) text += fmt::format("{} {} {}\n", name, protect::name(a.role), a.hash);
  const std::string beside = file_.string() + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Code::unavailable, "{} cannot be written: {}", beside, std::strerror(errno));
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!written) return fail(Code::unavailable, "{} cannot be written: {}", beside, std::strerror(error));
  if (::rename(beside.c_str(), file_.c_str()) != 0)
    return fail(Code::unavailable, "{} cannot be replaced: {}", file_.string(), std::strerror(errno));
  return {};
}

}  // namespace trine::protect
