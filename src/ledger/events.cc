#include "ledger/events.h"

#include "ledger/report_database.h"

namespace trine::ledger {

Result<void> each_event(const std::filesystem::path& dir, std::string_view kind,
                        FunctionRef<Result<void>(const Event& event)> visit) {
  auto db = open_report_database(dir);
  if (!db) return tl::unexpected(db.error());
  auto rows = db->prepare(
      "SELECT at_ns, coalesce((SELECT name FROM identities WHERE id=key),''),"
      " coalesce((SELECT name FROM identities WHERE id=user),''), json FROM events WHERE kind=? ORDER BY id");
  if (!rows) return tl::unexpected(rows.error());
  rows->bind(kind);
  Event event{.kind = std::string(kind), .at = {}, .key = {}, .user = {}, .json = {}};
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    event.at = from_unix_ns(rows->integer(0));
    event.key = rows->text(1);
    event.user = rows->text(2);
    event.json = rows->text(3);
    if (auto taken = visit(event); !taken) return taken;
  }
  if (!row) return tl::unexpected(row.error());
  return {};
}

}  // namespace trine::ledger
