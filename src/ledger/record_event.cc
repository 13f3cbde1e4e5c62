#include "ledger/record_event.h"

#include "ledger/lock.h"
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

Result<void> record_event(const std::filesystem::path& dir, const Event& event) {
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
  if (done) done = db->exec("COMMIT");
  if (!done) {
    (void)db->exec("ROLLBACK");
    return tl::unexpected(done.error());
  }
  return {};
}

}  // namespace trine::ledger
