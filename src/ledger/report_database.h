// How reports see the database. Internal to this module.
#pragma once

#include <filesystem>
#include <string>

#include "energy/facts.h"
#include "ledger/report.h"
#include "ledger/schema.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {

// Read-only, in one transaction: all queries see one state. not_found without a ledger in `dir`.
Result<Database> open_report_database(const std::filesystem::path& dir);

// The SQL of a grouping, over rows r of a source (report_sources.h), targets t and origins o; over rows r of windows.
// Null: it does not apply.
const char* call_group(By by);
const char* window_group(By by);
// What a group of that SQL is called: a team "acme/claims", a project "acme/claims/intake".
std::string shown_name(By by, std::string row);
// The nine amounts from gpu_energy_uj to cost_neur, as tables have them; not the letter.
energy::Figures read_figures(const Statement& row, int column);

// Adds the same to what has such members.
template <class Figures>
void add_figures(Figures& f, const Statement& row, int column) {
  f.gpu_energy += Energy::raw(row.integer(column));
  f.energy += Energy::raw(row.integer(column + 1));
  f.energy_low += Energy::raw(row.integer(column + 2));
  f.energy_high += Energy::raw(row.integer(column + 3));
  f.operational += Carbon::raw(row.integer(column + 4));
  f.embodied += Carbon::raw(row.integer(column + 5));
  f.carbon_low += Carbon::raw(row.integer(column + 6));
  f.carbon_high += Carbon::raw(row.integer(column + 7));
  f.cost += Money::raw(row.integer(column + 8));
}

// Whether nothing is asked of origins, keys and users: hour totals say it too.
bool of_totals(const ReportQuery& q, By by);

}  // namespace trine::ledger
