#include "protect/identity_store.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "base/text.h"

namespace trine::protect {
namespace {

namespace fs = std::filesystem;
using sqlite::Database;
using sqlite::Statement;

constexpr int kVersion = 1;
constexpr std::string_view kSchema = R"(
CREATE TABLE groups (
  path TEXT PRIMARY KEY, workload TEXT NOT NULL, routes TEXT NOT NULL, endpoints TEXT NOT NULL, created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE keys (
  id INTEGER PRIMARY KEY, hash BLOB NOT NULL, grp TEXT NOT NULL, label TEXT NOT NULL, workload TEXT NOT NULL,
  routes TEXT NOT NULL, endpoints TEXT NOT NULL, role INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER,
  revoked INTEGER, replaced_by INTEGER, last_used INTEGER
) STRICT;
CREATE INDEX keys_by_group ON keys (grp);
CREATE TABLE watched (
  key TEXT PRIMARY KEY, level INTEGER NOT NULL, sum REAL NOT NULL, since INTEGER NOT NULL, until INTEGER, counts TEXT NOT NULL,
  reasons TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE watch_orders (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, level INTEGER NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL
) STRICT;
)";
constexpr const char* kColumns =
    "id, grp, label, workload, routes, endpoints, role, created, expires, revoked, replaced_by, last_used";

// Names hold no comma (split_group, and the configuration's rule for models), so lists are joined by it.
std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ","));
}
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

Result<void> check_names(const std::vector<std::string>& names, const char* what) {
  for (const std::string& n : names)
    if (n.empty() || n.find(',') != std::string::npos)
      return fail(Code::invalid_argument, "a name among {} is empty or holds a comma", what);
  return {};
}

std::optional<int64_t> ns(const std::optional<Wall>& t) {
  return t ? std::optional(unix_ns(*t)) : std::nullopt;
}
std::optional<Wall> time_at(const Statement& s, int column) {
  return s.is_null(column) ? std::nullopt : std::optional(from_unix_ns(s.integer(column)));
}

Result<Pepper> read_or_make_pepper(const fs::path& path, bool may_make) {
  Pepper pepper{};
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    const ssize_t n = ::read(fd, pepper.data(), pepper.size());
    ::close(fd);
    if (n == static_cast<ssize_t>(pepper.size())) return pepper;
    return fail(Code::data_loss, "{} is not the 32 bytes that keys are hashed with; restore it from a backup.",
                path.string());
  }
  if (!may_make)
    return fail(Code::data_loss, "{} is missing: without it no key can be checked; restore it from a backup.",
                path.string());
  if (auto r = random_bytes(pepper); !r) return tl::unexpected(r.error());
  // Under another name first: two programs that start at once agree on whichever comes to stand there.
  const fs::path draft = path.string() + fmt::format(".{}", ::getpid());
  const int out = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool good = out >= 0 && ::write(out, pepper.data(), pepper.size()) == static_cast<ssize_t>(pepper.size()) &&
                    ::fsync(out) == 0;
  const int error = errno;
  if (out >= 0) ::close(out);
  if (!good) return fail(Code::unavailable, "cannot write {}: {}", draft.string(), std::strerror(error));
  const bool mine = ::link(draft.c_str(), path.c_str()) == 0;
  ::unlink(draft.c_str());
  return mine ? Result<Pepper>(pepper) : read_or_make_pepper(path, false);
}

// Who has keys is not for everybody on the machine. SQLite gives its other files the database's mode.
Result<Database> open_database(const fs::path& file) {
  // Only a new file: to close one that is open elsewhere in the process would end its locks.
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (fd >= 0) ::close(fd);
  return Database::open(file, Database::Mode::read_write);
}

KeyInfo info_of(const Statement& s) {
  KeyInfo k;
  k.id = static_cast<KeyId>(s.integer(0));
  k.group = s.text(1);
  k.label = s.text(2);
  k.workload = s.text(3);
  k.routes = split(s.text(4));
  k.endpoints = split(s.text(5));
  k.role = static_cast<Role>(s.integer(6));
  k.created = from_unix_ns(s.integer(7));
  k.expires = time_at(s, 8);
  k.revoked = time_at(s, 9);
  if (!s.is_null(10)) k.replaced_by = static_cast<KeyId>(s.integer(10));
  k.last_used = time_at(s, 11);
  return k;
}

// What the groups above say, from the top; the key goes before all of them.
Grant grant_of(const std::map<std::string, Group>& groups, const std::string& path, const std::string& workload,
               const std::vector<std::string>& routes, const std::vector<std::string>& endpoints, Role role) {
  Grant g;
  const auto parts = split_group(path);
  if (!parts) return g;
  std::string above;
  const auto take = [&g](const std::string& w, const std::vector<std::string>& r, const std::vector<std::string>& e) {
    if (!w.empty()) g.workload = w;
    if (!r.empty()) g.routes = r;
    if (!e.empty()) g.endpoints = e;
  };
  for (size_t i = 0; i < parts->size(); ++i) {
    above += (i ? "/" : "") + (*parts)[i];
    (i == 0 ? g.org : i == 1 ? g.team : g.project) = (*parts)[i];
    if (const auto it = groups.find(above); it != groups.end())
      take(it->second.workload, it->second.routes, it->second.endpoints);
  }
  take(workload, routes, endpoints);
  g.role = role;
  return g;
}

}  // namespace

Result<std::vector<std::string>> split_group(std::string_view path) {
  constexpr size_t kMost = 64, kLevels = 3;
  std::vector<std::string> out;
  for (std::string_view rest = path;;) {
    const size_t slash = rest.find('/');
    const std::string_view name = rest.substr(0, slash);
    const bool good = !name.empty() && name.size() <= kMost && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
             c == '.';
    });
    if (!good || out.size() == kLevels)
      return fail(
          Code::invalid_argument,
          "\"{:.200}\" is no group: write organisation, organisation/team or organisation/team/project, in letters, "
          "digits, '-', '_' and '.'.",
          path);
    out.emplace_back(name);
    if (slash == std::string_view::npos) return out;
    rest.remove_prefix(slash + 1);
  }
}

Result<std::unique_ptr<IdentityStore>> IdentityStore::open(const fs::path& dir, Missing missing) {
  const fs::path file = dir / "identity.db";
  std::error_code ec;
  const bool is_new = !fs::exists(file, ec);
  if (is_new && missing == Missing::fail)
    return fail(
        Code::not_found,
        "there are no teams and keys in {}; is it the gateway's identity folder? `trine teams create` makes one.",
        dir.string());
  using fs::perms;
  if (fs::create_directories(dir, ec))
    fs::permissions(dir, perms::group_write | perms::others_all, fs::perm_options::remove, ec);
  if (ec) return fail(Code::unavailable, "cannot create {}: {}", dir.string(), ec.message());
  const auto pepper = read_or_make_pepper(dir / "identity.pepper", is_new);
  if (!pepper) return tl::unexpected(pepper.error());
  auto db = open_database(file);
  if (!db) return tl::unexpected(db.error());
  if (auto r = db->exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"); !r)
    return tl::unexpected(r.error());
  if (auto r = db->exec("BEGIN IMMEDIATE"); !r) return tl::unexpected(r.error());
  int64_t version = 0;
  {
    auto s = db->prepare("PRAGMA user_version");
    if (!s) return tl::unexpected(s.error());
    if (auto row = s->step(); row && *row) version = s->integer(0);
  }
  if (version > kVersion)
    return fail(Code::failed_precondition, "{} was made by a newer program (schema {}, this one knows {}).",
                file.string(), version, kVersion);
  if (version == 0) {
    if (auto r = db->exec(std::string(kSchema) + fmt::format("PRAGMA user_version={};", kVersion)); !r)
      return tl::unexpected(r.error());
  }
  if (auto r = db->exec("COMMIT"); !r) return tl::unexpected(r.error());
  return std::unique_ptr<IdentityStore>(new IdentityStore(std::move(*db), *pepper));
}

Result<void> IdentityStore::put_group(const Group& group, Wall now) {
  const auto parts = split_group(group.path);
  if (!parts) return tl::unexpected(parts.error());
  if (auto r = check_names(group.routes, "routes"); !r) return r;
  if (auto r = check_names(group.endpoints, "endpoints"); !r) return r;
  std::string path;
  for (size_t i = 0; i < parts->size(); ++i) {
    path += (i ? "/" : "") + (*parts)[i];
    auto s = db_.prepare("INSERT OR IGNORE INTO groups VALUES (?, '', '', '', ?)");
    if (!s) return tl::unexpected(s.error());
    if (auto r = s->bind(path).bind(unix_ns(now)).run(); !r) return r;
  }
  auto s = db_.prepare("UPDATE groups SET workload=?, routes=?, endpoints=? WHERE path=?");
  if (!s) return tl::unexpected(s.error());
  const std::string routes = joined(group.routes), endpoints = joined(group.endpoints);
  return s->bind(group.workload).bind(routes).bind(endpoints).bind(path).run();
}

Result<std::vector<Group>> IdentityStore::groups() {
  auto s = db_.prepare("SELECT path, workload, routes, endpoints, created FROM groups ORDER BY path");
  if (!s) return tl::unexpected(s.error());
  std::vector<Group> out;
  for (;;) {
    const auto row = s->step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return out;
    out.push_back({s->text(0), s->text(1), split(s->text(2)), split(s->text(3)), from_unix_ns(s->integer(4))});
  }
}

Result<void> IdentityStore::remove_group(const std::string& path) {
  auto used = keys(path);
  if (!used) return tl::unexpected(used.error());
  for (const KeyInfo& k : *used)
    if (!k.revoked)
      return fail(Code::failed_precondition, "{} is a key of {}; revoke it first.", key_name(k.id), k.group);
  // Between "path/" and "path0", the character after '/', is what lies below.
  auto s = db_.prepare("DELETE FROM groups WHERE path = ?1 OR (path > ?1 || '/' AND path < ?1 || '0')");
  if (!s) return tl::unexpected(s.error());
  if (auto r = s->bind(path).run(); !r) return r;
  if (db_.changes() == 0) return fail(Code::not_found, "there is no group \"{:.200}\".", path);
  return {};
}

Result<void> IdentityStore::together(FunctionRef<Result<void>()> work) {
  if (auto r = db_.exec("BEGIN IMMEDIATE"); !r) return r;
  if (auto r = work(); !r) {
    if (auto back = db_.exec("ROLLBACK"); !back) return back;
    return r;
  }
  auto ended = db_.exec("COMMIT");
  if (!ended) {
    if (auto back = db_.exec("ROLLBACK"); !back) return back;
  }
  return ended;
}

Result<NewKey> IdentityStore::insert(const KeyWish& wish, Wall now) {
  auto key = new_key();
  if (!key) return key;
  const Digest hash = hash_key_text(pepper_, key->text);
  const std::string routes = joined(wish.routes), endpoints = joined(wish.endpoints);
  auto s = db_.prepare(
      "INSERT INTO keys (id, hash, grp, label, workload, routes, endpoints, role, created, expires) VALUES "
      "(?,?,?,?,?,?,?,?,?,?)");
  if (!s) return tl::unexpected(s.error());
  s->bind(static_cast<int64_t>(key->id)).blob(hash).bind(wish.group).bind(wish.label).bind(wish.workload);
  s->bind(routes).bind(endpoints).bind(static_cast<int64_t>(wish.role)).bind(unix_ns(now)).bind(ns(wish.expires));
  if (auto r = s->run(); !r) return tl::unexpected(r.error());
  return key;
}

Result<NewKey> IdentityStore::create(const KeyWish& wish, Wall now) {
  if (auto parts = split_group(wish.group); !parts) return tl::unexpected(parts.error());
  if (auto r = check_names(wish.routes, "routes"); !r) return tl::unexpected(r.error());
  if (auto r = check_names(wish.endpoints, "endpoints"); !r) return tl::unexpected(r.error());
  if (wish.expires && *wish.expires <= now) return fail(Code::invalid_argument, "it would be expired already.");
  auto s = db_.prepare("SELECT 1 FROM groups WHERE path = ?");
  if (!s) return tl::unexpected(s.error());
  const auto row = s->bind(wish.group).step();
  if (!row) return tl::unexpected(row.error());
  if (!*row)
    return fail(Code::not_found, "there is no group \"{:.200}\"; make it with `trine teams create`.", wish.group);
  return insert(wish, now);
}

Result<NewKey> IdentityStore::rotate(KeyId id, Nanos overlap, Wall now) {
  const auto old = key(id);
  if (!old) return tl::unexpected(old.error());
  if (!*old) return fail(Code::not_found, "there is no key {}.", key_name(id));
  const KeyInfo& k = **old;
  if (k.revoked) return fail(Code::failed_precondition, "{} is revoked; create another key instead.", key_name(id));
  if (k.replaced_by)
    return fail(Code::failed_precondition, "{} was rotated already, to {}.", key_name(id), key_name(*k.replaced_by));
  // The new one would end when the old one did.
  if (k.expires && *k.expires <= now)
    return fail(Code::failed_precondition, "{} expired on {}; create another key instead.", key_name(id),
                iso8601(*k.expires));
  if (overlap > kLongestWait)
    return fail(Code::invalid_argument, "an overlap is at most 100 years (36525d); revoke the old key when it may go.");
  // A savepoint, since it may stand inside together().
  if (auto r = db_.exec("SAVEPOINT rotate"); !r) return tl::unexpected(r.error());
  const auto changed = [&]() -> Result<NewKey> {
    auto fresh = insert({k.group, k.label, k.workload, k.routes, k.endpoints, k.role, k.expires}, now);
    if (!fresh) return fresh;
    const Wall end = k.expires ? std::min(*k.expires, now + overlap) : now + overlap;
    auto s = db_.prepare("UPDATE keys SET expires=?, replaced_by=? WHERE id=?");
    if (!s) return tl::unexpected(s.error());
    auto r = s->bind(unix_ns(end)).bind(static_cast<int64_t>(fresh->id)).bind(static_cast<int64_t>(id)).run();
    if (!r) return tl::unexpected(r.error());
    return fresh;
  }();
  const auto ended = db_.exec(changed ? "RELEASE rotate" : "ROLLBACK TO rotate; RELEASE rotate");
  if (changed && !ended) return tl::unexpected(ended.error());
  return changed;
}

Result<void> IdentityStore::revoke(KeyId id, Wall now) {
  auto s = db_.prepare("UPDATE keys SET revoked = coalesce(revoked, ?) WHERE id = ?");
  if (!s) return tl::unexpected(s.error());
  if (auto r = s->bind(unix_ns(now)).bind(static_cast<int64_t>(id)).run(); !r) return r;
  if (db_.changes() == 0) return fail(Code::not_found, "there is no key {}.", key_name(id));
  return {};
}

Result<std::optional<KeyInfo>> IdentityStore::key(KeyId id) {
  auto s = db_.prepare(fmt::format("SELECT {} FROM keys WHERE id = ?", kColumns));
  if (!s) return tl::unexpected(s.error());
  const auto row = s->bind(static_cast<int64_t>(id)).step();
  if (!row) return tl::unexpected(row.error());
  if (!*row) return std::nullopt;
  return info_of(*s);
}

Result<std::vector<KeyInfo>> IdentityStore::keys(const std::string& group) {
  auto s =
      db_.prepare(fmt::format("SELECT {} FROM keys WHERE ?1 = '' OR grp = ?1 OR (grp > ?1 || '/' AND grp < ?1 || '0') "
                              "ORDER BY created DESC, id",
                              kColumns));
  if (!s) return tl::unexpected(s.error());
  s->bind(group);
  std::vector<KeyInfo> out;
  for (;;) {
    const auto row = s->step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return out;
    out.push_back(info_of(*s));
  }
}

Result<bool> IdentityStore::changed() {
  auto s = db_.prepare("PRAGMA data_version");
  if (!s) return tl::unexpected(s.error());
  const auto row = s->step();
  if (!row) return tl::unexpected(row.error());
  const int64_t version = *row ? s->integer(0) : 0;
  const bool other = version != seen_;
  seen_ = version;
  return other;
}

Result<std::shared_ptr<const KeyTable>> IdentityStore::table(Wall now) {
  if (auto r = changed(); !r) return tl::unexpected(r.error());  // before reading: what comes after is seen next time
  auto all = groups();
  if (!all) return tl::unexpected(all.error());
  std::map<std::string, Group> by_path;
  for (Group& g : *all) {
    std::string path = g.path;
    by_path.emplace(std::move(path), std::move(g));
  }
  auto s = db_.prepare(
      "SELECT id, hash, grp, workload, routes, endpoints, role, expires FROM keys WHERE revoked IS NULL AND (expires "
      "IS NULL OR "
      "expires > ?)");
  if (!s) return tl::unexpected(s.error());
  s->bind(unix_ns(now));
  std::vector<Grant> grants;
  std::map<std::string, uint32_t> known;  // what a grant is made of → its place
  std::vector<KeyTable::Row> rows;
  for (;;) {
    const auto row = s->step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) break;
    KeyTable::Row r;
    r.id = static_cast<KeyId>(s->integer(0));
    const auto hash = s->bytes(1);
    if (hash.size() != r.hash.size())
      return fail(Code::data_loss, "the hash of {} has another length than any that is written.", key_name(r.id));
    std::copy(hash.begin(), hash.end(), r.hash.begin());
    const std::string made_of =
        fmt::format("{}\n{}\n{}\n{}\n{}", s->text(2), s->text(3), s->text(4), s->text(5), s->integer(6));
    const auto [it, fresh] = known.try_emplace(made_of, static_cast<uint32_t>(grants.size()));
    if (fresh)
      grants.push_back(grant_of(by_path, s->text(2), s->text(3), split(s->text(4)), split(s->text(5)),
                                static_cast<Role>(s->integer(6))));
    r.grant = it->second;
    if (!s->is_null(7)) r.expires_s = s->integer(7) / 1'000'000'000;
    rows.push_back(r);
  }
  return std::make_shared<const KeyTable>(pepper_, std::move(grants), rows);
}

Result<void> IdentityStore::keep_watched(const std::vector<WatchView>& watched) {
  return together([&]() -> Result<void> {
    if (auto r = db_.exec("DELETE FROM watched"); !r) return r;
    auto s = db_.prepare("INSERT INTO watched VALUES (?,?,?,?,?,?,?)");
    if (!s) return tl::unexpected(s.error());
    for (const WatchView& v : watched) {
      const std::string counts = fmt::format("{}", fmt::join(v.counts, ",")),
                        reasons = fmt::format("{}", fmt::join(v.reasons, "\n"));
      s->reset();
      s->bind(v.key).bind(static_cast<int64_t>(v.level)).bind(v.sum).bind(unix_ns(v.since)).bind(ns(v.until));
      if (auto r = s->bind(counts).bind(reasons).run(); !r) return r;
    }
    return {};
  });
}

Result<std::vector<WatchView>> IdentityStore::watched() {
  auto s = db_.prepare("SELECT key, level, sum, since, until, counts, reasons FROM watched ORDER BY sum DESC, key");
  if (!s) return tl::unexpected(s.error());
  std::vector<WatchView> out;
  for (;;) {
    const auto row = s->step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return out;
    WatchView v;
    v.key = s->text(0);
    v.level = static_cast<WatchLevel>(std::clamp<int64_t>(s->integer(1), 0, 3));
    v.sum = s->real(2);
    v.since = from_unix_ns(s->integer(3));
    v.until = time_at(*s, 4);
    const auto counts = split(s->text(5));
    for (size_t i = 0; i < std::min(counts.size(), v.counts.size()); ++i)
      v.counts[i] = static_cast<uint32_t>(parse_int(counts[i]).value_or(0));
    const std::string reasons = s->text(6);
    for (size_t at = 0; at < reasons.size();) {
      const size_t end = std::min(reasons.find('\n', at), reasons.size());
      v.reasons.push_back(reasons.substr(at, end - at));
      at = end + 1;
    }
    out.push_back(std::move(v));
  }
}

Result<void> IdentityStore::order(const WatchOrder& order) {
  auto s = db_.prepare("INSERT INTO watch_orders (key, level, reason, actor) VALUES (?,?,?,?)");
  if (!s) return tl::unexpected(s.error());
  return s->bind(order.key).bind(static_cast<int64_t>(order.level)).bind(order.reason).bind(order.actor).run();
}

Result<std::vector<WatchOrder>> IdentityStore::take_orders() {
  auto s = db_.prepare("DELETE FROM watch_orders RETURNING id, key, level, reason, actor");
  if (!s) return tl::unexpected(s.error());
  std::map<int64_t, WatchOrder> by_id;
  for (;;) {
    const auto row = s->step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) break;
    by_id[s->integer(0)] = {s->text(1), static_cast<WatchLevel>(std::clamp<int64_t>(s->integer(2), 0, 3)), s->text(3),
                            s->text(4)};
  }
  std::vector<WatchOrder> out;
  out.reserve(by_id.size());
  for (auto& [id, o] : by_id) out.push_back(std::move(o));
  return out;
}

Result<void> IdentityStore::note_used(const std::vector<std::pair<KeyId, int64_t>>& used) {
  if (used.empty()) return {};
  return together([&]() -> Result<void> {
    auto s = db_.prepare("UPDATE keys SET last_used = max(coalesce(last_used, 0), ?) WHERE id = ?");
    if (!s) return tl::unexpected(s.error());
    for (const auto& [id, at_s] : used) {
      s->reset();
      if (auto r = s->bind(at_s * 1'000'000'000).bind(static_cast<int64_t>(id)).run(); !r) return r;
    }
    return {};
  });
}

}  // namespace trine::protect
