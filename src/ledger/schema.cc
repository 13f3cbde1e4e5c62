#include "ledger/schema.h"

#include <array>

namespace trine::ledger {
namespace {

// Ids: request = the 16 bytes of RequestId, big-endian, so that rows lie in time order. Times: Unix nanoseconds.
// _uj microjoules, _ng nanograms CO2e, _neur 1e-9 of the ledger's currency. Enums: their number in energy/facts.h.
constexpr std::array kSteps = {
    R"sql(
CREATE TABLE identities(
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,                 -- org, team, project, key, user
  name TEXT NOT NULL,
  erased_ns INTEGER,
  UNIQUE(kind, name)
) STRICT;
CREATE TABLE requests(
  id BLOB PRIMARY KEY,
  org INTEGER, team INTEGER, project INTEGER, key INTEGER, user INTEGER,
  workload TEXT NOT NULL, route TEXT NOT NULL, endpoint TEXT NOT NULL,
  start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
  streamed INTEGER NOT NULL, outcome INTEGER NOT NULL, http_status INTEGER NOT NULL,
  error TEXT NOT NULL, reason TEXT NOT NULL, calls INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_end ON requests(end_ns);
CREATE TABLE calls(
  request BLOB NOT NULL, attempt INTEGER NOT NULL,
  deployment TEXT NOT NULL, zone TEXT NOT NULL, model TEXT NOT NULL,
  start_ns INTEGER NOT NULL, first_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
  tokens_in INTEGER NOT NULL, tokens_cached INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
  source INTEGER NOT NULL, streamed INTEGER NOT NULL, simulated INTEGER NOT NULL,
  outcome INTEGER NOT NULL, http_status INTEGER NOT NULL, mean_batch REAL NOT NULL,
  settled INTEGER NOT NULL,           -- the latest settlement's version, -1: none yet
  booked_ns INTEGER NOT NULL,         -- its booked_ns; the call's end while there is none
  PRIMARY KEY(request, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX calls_booked ON calls(booked_ns);
CREATE INDEX calls_unsettled ON calls(start_ns) WHERE settled < 0;
CREATE TABLE settlements(
  request BLOB NOT NULL, attempt INTEGER NOT NULL, version INTEGER NOT NULL,
  basis INTEGER NOT NULL, booked_ns INTEGER NOT NULL,
  gpu_energy_uj INTEGER NOT NULL, energy_uj INTEGER NOT NULL,
  energy_low_uj INTEGER NOT NULL, energy_high_uj INTEGER NOT NULL,
  operational_ng INTEGER NOT NULL, embodied_ng INTEGER NOT NULL,
  carbon_low_ng INTEGER NOT NULL, carbon_high_ng INTEGER NOT NULL,
  cost_neur INTEGER NOT NULL, letter TEXT NOT NULL,
  PRIMARY KEY(request, attempt, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE early_settlements(       -- calls settled before their facts were folded (another journal)
  request BLOB NOT NULL, attempt INTEGER NOT NULL,
  PRIMARY KEY(request, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE windows(
  device TEXT NOT NULL, deployment TEXT NOT NULL, begin_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
  zone TEXT NOT NULL, intensity_g_per_kwh REAL NOT NULL, letter TEXT NOT NULL,
  total_gpu_energy_uj INTEGER NOT NULL, total_energy_uj INTEGER NOT NULL, total_operational_ng INTEGER NOT NULL,
  total_embodied_ng INTEGER NOT NULL, total_cost_neur INTEGER NOT NULL,
  requests_gpu_energy_uj INTEGER NOT NULL, requests_energy_uj INTEGER NOT NULL, requests_operational_ng INTEGER NOT NULL,
  requests_embodied_ng INTEGER NOT NULL, requests_cost_neur INTEGER NOT NULL,
  foreign_gpu_energy_uj INTEGER NOT NULL, foreign_energy_uj INTEGER NOT NULL, foreign_operational_ng INTEGER NOT NULL,
  foreign_embodied_ng INTEGER NOT NULL, foreign_cost_neur INTEGER NOT NULL,
  unattributed_gpu_energy_uj INTEGER NOT NULL, unattributed_energy_uj INTEGER NOT NULL,
  unattributed_operational_ng INTEGER NOT NULL, unattributed_embodied_ng INTEGER NOT NULL,
  unattributed_cost_neur INTEGER NOT NULL,
  PRIMARY KEY(device, deployment, begin_ns)
) STRICT, WITHOUT ROWID;
CREATE INDEX windows_begin ON windows(begin_ns);
CREATE TABLE events(
  id INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, kind TEXT NOT NULL, key INTEGER, user INTEGER, json TEXT NOT NULL
) STRICT;
CREATE INDEX events_at ON events(at_ns);
CREATE INDEX events_kind ON events(kind, at_ns);
CREATE TABLE journal_positions(       -- how far each journal is folded
  worker INTEGER NOT NULL, incarnation INTEGER NOT NULL,
  segment INTEGER NOT NULL, offset INTEGER NOT NULL, sequence INTEGER NOT NULL,
  PRIMARY KEY(worker, incarnation)
) STRICT, WITHOUT ROWID;
CREATE TABLE open_requests(           -- begun, not closed
  id BLOB PRIMARY KEY,
  org INTEGER, team INTEGER, project INTEGER, key INTEGER, user INTEGER,
  workload TEXT NOT NULL, route TEXT NOT NULL, endpoint TEXT NOT NULL,
  start_ns INTEGER NOT NULL, streamed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE open_calls(              -- begun, not closed; where their progress stands
  request BLOB NOT NULL, attempt INTEGER NOT NULL,
  worker INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL,
  deployment TEXT NOT NULL, zone TEXT NOT NULL, model TEXT NOT NULL,
  start_ns INTEGER NOT NULL, tokens_in INTEGER NOT NULL, streamed INTEGER NOT NULL, simulated INTEGER NOT NULL,
  PRIMARY KEY(request, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE erasures(
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL,
  subject TEXT,                       -- the name to erase; cleared when it is done
  pseudonym TEXT NOT NULL, asked_ns INTEGER NOT NULL, done_ns INTEGER
) STRICT;
)sql",
};

Result<int64_t> user_version(Database& db) {
  auto statement = db.prepare("PRAGMA user_version");
  if (!statement) return tl::unexpected(statement.error());
  auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  return statement->integer(0);
}

}  // namespace

int schema_version() {
  return static_cast<int>(kSteps.size());
}

Result<void> migrate(Database& db) {
  const auto setup = db.exec(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-2000;"
      "PRAGMA journal_size_limit=16777216;");
  if (!setup) return setup;
  const auto found = user_version(db);
  if (!found) return tl::unexpected(found.error());
  if (*found > schema_version()) {
    return fail(Code::failed_precondition,
                "the ledger database has schema {}, this program knows {}: use the newer program, or restore a backup",
                *found, schema_version());
  }
  for (auto step = static_cast<size_t>(*found); step < kSteps.size(); ++step) {
    const auto sql = fmt::format("BEGIN IMMEDIATE; {} PRAGMA user_version={}; COMMIT;", kSteps[step], step + 1);
    if (auto done = db.exec(sql); !done) {
      (void)db.exec("ROLLBACK");
      return done;
    }
  }
  return {};
}

}  // namespace trine::ledger
