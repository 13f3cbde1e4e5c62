// What ran on a device in a time, for `trine explain`.
#include "ledger/report.h"
#include "ledger/report_database.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

constexpr Nanos kLongestWindow = std::chrono::hours(1);  // windows are cut at full hours

energy::DeviceWindow::Share read_share(const Statement& s, int column) {
  return {Energy::raw(s.integer(column)), Energy::raw(s.integer(column + 1)), Carbon::raw(s.integer(column + 2)),
          Carbon::raw(s.integer(column + 3)), Money::raw(s.integer(column + 4))};
}

}  // namespace

Result<std::vector<energy::DeviceWindow>> Reports::windows(const std::string& deployment, Wall from, Wall to) const {
  auto db = open_report_database(dir_);
  if (!db) return tl::unexpected(db.error());
  std::string columns;
  for (const auto* line : {"total", "requests", "foreign", "unattributed"})
    columns +=
        fmt::format(", {0}_gpu_energy_uj, {0}_energy_uj, {0}_operational_ng, {0}_embodied_ng, {0}_cost_neur", line);
  auto s = db->prepare(
      fmt::format("SELECT device, deployment, zone, begin_ns, end_ns, intensity_g_per_kwh, letter{} FROM windows WHERE "
                  "begin_ns >= ?"
                  " AND begin_ns < ? AND end_ns > ? AND instr('+'||deployment||'+', '+'||?||'+') > 0 ORDER BY begin_ns",
                  columns));
  if (!s) return tl::unexpected(s.error());
  s->bind(unix_ns(from - kLongestWindow)).bind(unix_ns(to)).bind(unix_ns(from)).bind(std::string_view(deployment));
  std::vector<energy::DeviceWindow> all;
  auto row = s->step();
  for (; row && *row; row = s->step()) {
    energy::DeviceWindow w;
    w.device = s->text(0);
    w.deployment = s->text(1);
    w.zone = s->text(2);
    w.begin = from_unix_ns(s->integer(3));
    w.end = from_unix_ns(s->integer(4));
    w.intensity_g_per_kwh = s->real(5);
    const auto letter = s->text(6);
    if (!letter.empty()) w.letter = static_cast<energy::Letter>(letter[0]);
    w.total = read_share(*s, 7);
    w.requests = read_share(*s, 12);
    w.foreign = read_share(*s, 17);
    w.unattributed = read_share(*s, 22);
    all.push_back(std::move(w));
  }
  if (!row) return tl::unexpected(row.error());
  return all;
}

Result<std::vector<energy::CallFacts>> Reports::calls_between(const std::vector<std::string>& deployments, Wall from,
                                                              Wall to) const {
  auto db = open_report_database(dir_);
  if (!db) return tl::unexpected(db.error());
  std::string places;
  for (size_t i = 0; i < deployments.size(); ++i) places += i == 0 ? "?" : ",?";
  auto s = db->prepare(fmt::format(
      "SELECT {} FROM blocks b CROSS JOIN calls c ON c.n >= b.block*4096 AND c.n < (b.block+1)*4096 JOIN targets t ON"
      " t.id=c.target WHERE b.kind=1 AND b.high_ns >= ?1 AND b.low_ns < ?2 AND c.end_ns >= ?1 AND c.start_ns < ?3 AND"
      " t.deployment IN ({}) ORDER BY c.start_ns",
      kCallColumns, places));
  if (!s) return tl::unexpected(s.error());
  s->bind(unix_ns(from)).bind(unix_ns(to + std::chrono::hours(24))).bind(unix_ns(to));
  for (const std::string& d : deployments) s->bind(std::string_view(d));
  std::vector<energy::CallFacts> all;
  auto row = s->step();
  for (; row && *row; row = s->step()) all.push_back(read_call(*s));
  if (!row) return tl::unexpected(row.error());
  return all;
}

}  // namespace trine::ledger
