#include "ledger/events.h"

#include "ledger/lock.h"
#include "ledger/report_database.h"
#include "ledger/schema.h"
#include "ledger/tables.h"

namespace trine::ledger {
namespace {

// A ledger that this program can write to at once; false: there is none, or it is of an older schema.
Result<bool> up_to_date(const std::filesystem::path& file) {
  std::error_code ec;
  if (!std::filesystem::exists(file, ec)) return false;
  auto db = Database::open(file, Database::Mode::read_only);
  if (!db) return tl::unexpected(db.error());
  auto version = db->prepare("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  if (auto row = version->step(); !row) return tl::unexpected(row.error());
  if (version->integer(0) == schema_version()) return true;
  if (version->integer(0) == 0) return false;  // a gateway is about to make it, or was cut short
  if (auto known = check_schema(*db); !known) return tl::unexpected(known.error());
  return true;
}

Result<void> make_ledger(const std::filesystem::path& dir) {
  const auto lock = DirectoryLock::acquire(dir);  // who opens a gateway here waits for nobody: it fails, and says why
  if (!lock) return tl::unexpected(lock.error());
  auto db = Database::open(dir / "ledger.db", Database::Mode::read_write);
  if (!db) return tl::unexpected(db.error());
  return migrate(*db);
}

}  // namespace

Result<int64_t> record_event(const std::filesystem::path& dir, const Event& event) {
  if (event.kind.empty()) return fail(Code::invalid_argument, "an event needs a kind");
  if (event.json.size() > kMaxEventJson)
    return fail(Code::invalid_argument, "the {} has {} bytes, over the {} that the ledger keeps", event.kind,
                event.json.size(), kMaxEventJson);
  const auto file = dir / "ledger.db";
  const auto ready = up_to_date(file);
  if (!ready) return tl::unexpected(ready.error());
  if (!*ready) {
    if (auto made = make_ledger(dir); !made) return tl::unexpected(made.error());
  }
  auto db = Database::open(file, Database::Mode::read_write);
  if (!db) return tl::unexpected(db.error());
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kEventPatience).count();
  if (auto set =
          db->exec(fmt::format("PRAGMA busy_timeout={}; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON", patience));
      !set)
    return tl::unexpected(set.error());
  auto tables = Tables::open(*db);
  if (!tables) return tl::unexpected(tables.error());
  if (auto begun = db->exec("BEGIN IMMEDIATE"); !begun) return tl::unexpected(begun.error());
  Result<void> done = tables->add_event(event);
  const int64_t id = db->last_rowid();
  if (done) done = db->exec("COMMIT");
  if (!done) {
    (void)db->exec("ROLLBACK");
    return tl::unexpected(done.error());
  }
  return id;
}

Result<std::vector<StoredEvent>> events(const std::filesystem::path& dir, std::string_view kind) {
  auto db = open_report_database(dir);
  if (!db) return tl::unexpected(db.error());
  auto s = db->prepare(
      "SELECT e.id, e.kind, e.at_ns, coalesce(k.name, ''), coalesce(u.name, ''), e.json FROM events e"
      " LEFT JOIN identities k ON k.id=e.key LEFT JOIN identities u ON u.id=e.user"
      " WHERE ?1='' OR e.kind=?1 ORDER BY e.at_ns, e.id");
  if (!s) return tl::unexpected(s.error());
  std::vector<StoredEvent> all;
  auto row = s->bind(kind).step();
  for (; row && *row; row = s->step())
    all.push_back({s->integer(0), Event{.kind = s->text(1),
                                        .at = from_unix_ns(s->integer(2)),
                                        .key = s->text(3),
                                        .user = s->text(4),
                                        .json = s->text(5)}});
  if (!row) return tl::unexpected(row.error());
  return all;
}

}  // namespace trine::ledger
