// Organisations, teams, projects and their keys, on disk (SQLite): what `trine keys`, `trine teams` and the admin API
// change, and what the gateway makes its KeyTable of. Several processes may have it open; changed() tells.
// A key's text is nowhere in it: a keyed hash is, and the pepper lies beside the database in a file of its own.
// One thread per object.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/function_ref.h"
#include "base/time.h"
#include "protect/abuse.h"
#include "protect/key_table.h"
#include "sqlite/sqlite.h"

namespace trine::protect {

// "acme", "acme/billing", "acme/billing/invoices": an organisation, a team, a project. What a group says of its keys
// holds for those below it that do not say otherwise.
struct Group {
  std::string path;
  std::string workload;
  std::vector<std::string> routes, endpoints;  // empty: as the group above; at the top: all
  Wall created{};
};

struct KeyInfo {
  KeyId id = 0;
  std::string group;  // path
  std::string label;  // for people: "invoice batch"
  std::string workload;
  std::vector<std::string> routes, endpoints;  // empty: the group's
  Role role = Role::none;
  Wall created{};
  std::optional<Wall> expires, revoked, last_used;
  std::optional<KeyId> replaced_by;  // rotated: works until `expires`
};

struct KeyWish {
  std::string group;
  std::string label, workload;
  std::vector<std::string> routes, endpoints;
  Role role = Role::none;
  std::optional<Wall> expires;
};

// A key's end lies at most so far off: a hundred years, and far from where times in nanoseconds end (2262).
inline constexpr Nanos kLongestWait = std::chrono::hours(24 * 36525);

// An operator's word on a key under watch: a level, or none to undo all.
struct WatchOrder {
  std::string key;
  WatchLevel level = WatchLevel::none;
  std::string reason, actor;
};

class IdentityStore {
 public:
  enum class Missing { make, fail };
  // Creates folder (mode 0750), database (0640) and pepper (0600) where they are missing, or does not. Errors:
  // not_found, unavailable, data_loss (a database without its pepper), failed_precondition (made by a newer program).
  static Result<std::unique_ptr<IdentityStore>> open(const std::filesystem::path& dir, Missing missing = Missing::make);

  // Makes the groups of the path that are missing; sets what is given on the last of them.
  // Errors: invalid_argument for a path that is none.
  Result<void> put_group(const Group& group, Wall now);
  Result<std::vector<Group>> groups();
  // With all below it. Errors: not_found; failed_precondition while a key of it works.
  Result<void> remove_group(const std::string& path);

  // All that `work` changes is there when it returns, or, where it fails, nothing of it. Not inside another.
  Result<void> together(FunctionRef<Result<void>()> work);

  // The text is in the answer and nowhere else. Errors: not_found (no such group), invalid_argument (expires in the
  // past).
  Result<NewKey> create(const KeyWish& wish, Wall now);
  // Another key with the same rights; the old one works for `overlap` more, or until it would have expired. Errors:
  // not_found, invalid_argument (an overlap over kLongestWait), failed_precondition (the key works no more).
  Result<NewKey> rotate(KeyId id, Nanos overlap, Wall now);
  // From now on it works no more. Again: changes nothing. Errors: not_found.
  Result<void> revoke(KeyId id, Wall now);
  Result<std::optional<KeyInfo>> key(KeyId id);
  Result<std::vector<KeyInfo>> keys(const std::string& group = {});  // of the group and below; newest first

  // Whether somebody else changed the database since the last call (or table()).
  Result<bool> changed();
  // Of all keys that work now or will.
  Result<std::shared_ptr<const KeyTable>> table(Wall now);
  // Keys under watch (abuse.h), as the gateway left them; and what operators order, which the gateway takes once.
  Result<void> keep_watched(const std::vector<WatchView>& watched);
  Result<std::vector<WatchView>> watched();
  Result<void> order(const WatchOrder& order);
  Result<std::vector<WatchOrder>> take_orders();

  Result<void> note_used(const std::vector<std::pair<KeyId, int64_t>>& used);

 private:
  IdentityStore(sqlite::Database db, const Pepper& pepper) : db_(std::move(db)), pepper_(pepper) {}
  Result<NewKey> insert(const KeyWish& wish, Wall now);

  sqlite::Database db_;
  Pepper pepper_;
  int64_t seen_ = -1;  // SQLite's data_version
};

// Errors: invalid_argument: a name of letters, digits, '-', '_' and '.', at most 64 of them, and at most three of
// these.
Result<std::vector<std::string>> split_group(std::string_view path);

}  // namespace trine::protect
