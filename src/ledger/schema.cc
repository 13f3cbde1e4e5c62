#include "ledger/schema.h"

#include <array>

namespace trine::ledger {
namespace {

// Ids: request = the 16 bytes of RequestId, big-endian. Times: Unix nanoseconds. _uj microjoules, _ng nanograms CO2e,
// _neur 1e-9 of the ledger's currency. Enums: their number in energy/facts.h.
//
// Rows of requests and calls lie in the order in which they were folded (`n`), so that most writing is at the end, and
// refer to the names that repeat. The two indexes by id find one request and its calls; `blocks` finds a period.
constexpr std::array kSteps = {
    R"sql(
CREATE TABLE identities(
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,                 -- org, team, project, key, user
  name TEXT NOT NULL,
  erased_ns INTEGER,
  UNIQUE(kind, name)
) STRICT;
CREATE TABLE origins(                 -- what requests have in common; org, team, project: identities, 0 for none
  id INTEGER PRIMARY KEY,
  org INTEGER NOT NULL, team INTEGER NOT NULL, project INTEGER NOT NULL,
  workload TEXT NOT NULL, route TEXT NOT NULL, endpoint TEXT NOT NULL,
  UNIQUE(workload, route, endpoint, project, team, org)
) STRICT;
CREATE TABLE targets(                 -- where calls go
  id INTEGER PRIMARY KEY,
  deployment TEXT NOT NULL, zone TEXT NOT NULL, model TEXT NOT NULL,
  UNIQUE(deployment, zone, model)
) STRICT;
CREATE TABLE requests(
  n INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  origin INTEGER NOT NULL, key INTEGER, user INTEGER,
  start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
  streamed INTEGER NOT NULL, outcome INTEGER NOT NULL, http_status INTEGER NOT NULL,
  error TEXT NOT NULL, reason TEXT NOT NULL, calls INTEGER NOT NULL
) STRICT;
CREATE TABLE calls(
  n INTEGER PRIMARY KEY,
  request BLOB NOT NULL, attempt INTEGER NOT NULL, target INTEGER NOT NULL,
  start_ns INTEGER NOT NULL, first_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
  tokens_in INTEGER NOT NULL, tokens_cached INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
  source INTEGER NOT NULL, streamed INTEGER NOT NULL, simulated INTEGER NOT NULL,
  outcome INTEGER NOT NULL, http_status INTEGER NOT NULL, mean_batch REAL NOT NULL,
  settled INTEGER NOT NULL,           -- the latest settlement's version, -1: none yet
  booked_ns INTEGER NOT NULL,         -- its booked_ns; the call's end while there is none
  -- The settlement that came with the call, mostly the provisional one; NULL if none did. Never changed.
  first_version INTEGER, first_basis INTEGER, first_booked_ns INTEGER,
  gpu_energy_uj INTEGER, energy_uj INTEGER, energy_low_uj INTEGER, energy_high_uj INTEGER,
  operational_ng INTEGER, embodied_ng INTEGER, carbon_low_ng INTEGER, carbon_high_ng INTEGER,
  cost_neur INTEGER, letter TEXT,
  UNIQUE(request, attempt)
) STRICT;
CREATE INDEX calls_unsettled ON calls(start_ns) WHERE settled < 0;
CREATE TABLE later_settlements(       -- all others
  request BLOB NOT NULL, attempt INTEGER NOT NULL, version INTEGER NOT NULL,
  basis INTEGER NOT NULL, booked_ns INTEGER NOT NULL,
  gpu_energy_uj INTEGER NOT NULL, energy_uj INTEGER NOT NULL,
  energy_low_uj INTEGER NOT NULL, energy_high_uj INTEGER NOT NULL,
  operational_ng INTEGER NOT NULL, embodied_ng INTEGER NOT NULL,
  carbon_low_ng INTEGER NOT NULL, carbon_high_ng INTEGER NOT NULL,
  cost_neur INTEGER NOT NULL, letter TEXT NOT NULL,
  PRIMARY KEY(request, attempt, version)
) STRICT, WITHOUT ROWID;
CREATE VIEW settlements AS            -- every settlement of every call
  SELECT request, attempt, first_version AS version, first_basis AS basis, first_booked_ns AS booked_ns, gpu_energy_uj,
    energy_uj, energy_low_uj, energy_high_uj, operational_ng, embodied_ng, carbon_low_ng, carbon_high_ng, cost_neur,
    letter FROM calls WHERE first_version IS NOT NULL
  UNION ALL SELECT * FROM later_settlements;
CREATE TABLE blocks(                  -- of 4096 rows of a table each: the earliest and latest time in it
  kind INTEGER NOT NULL,              -- 0: requests, by end_ns; 1: calls, by booked_ns
  block INTEGER NOT NULL,             -- n / 4096
  low_ns INTEGER NOT NULL, high_ns INTEGER NOT NULL,
  PRIMARY KEY(kind, block)
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
CREATE TABLE open_requests(           -- begun long ago and not closed; younger ones are in the journals only
  id BLOB PRIMARY KEY,
  origin INTEGER NOT NULL, key INTEGER, user INTEGER,
  start_ns INTEGER NOT NULL, streamed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE open_calls(              -- the same; where their progress stands
  request BLOB NOT NULL, attempt INTEGER NOT NULL,
  worker INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL,
  target INTEGER NOT NULL,
  start_ns INTEGER NOT NULL, tokens_in INTEGER NOT NULL, streamed INTEGER NOT NULL, simulated INTEGER NOT NULL,
  PRIMARY KEY(request, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE erasures(
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL,
  subject TEXT,                       -- the name to erase; cleared when it is done
  pseudonym TEXT NOT NULL, asked_ns INTEGER NOT NULL, done_ns INTEGER
) STRICT;
)sql",
    // Closing of months, and what the gateway itself took.
    R"sql(
ALTER TABLE requests ADD COLUMN late_ns INTEGER;  -- when it is counted, where its month was closed before it came
ALTER TABLE calls ADD COLUMN late_ns INTEGER;     -- the same; booked_ns is no earlier then
ALTER TABLE windows ADD COLUMN late_ns INTEGER;
CREATE INDEX windows_late ON windows(late_ns) WHERE late_ns IS NOT NULL;
CREATE TABLE corrections(             -- by how much a settlement changed a call whose month was closed
  request BLOB NOT NULL, attempt INTEGER NOT NULL, version INTEGER NOT NULL,
  late_ns INTEGER NOT NULL,           -- when it is counted
  gpu_energy_uj INTEGER NOT NULL, energy_uj INTEGER NOT NULL,
  energy_low_uj INTEGER NOT NULL, energy_high_uj INTEGER NOT NULL,
  operational_ng INTEGER NOT NULL, embodied_ng INTEGER NOT NULL,
  carbon_low_ng INTEGER NOT NULL, carbon_high_ng INTEGER NOT NULL,
  cost_neur INTEGER NOT NULL,
  PRIMARY KEY(request, attempt, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX corrections_late ON corrections(late_ns);
CREATE TABLE closed_months(
  month TEXT PRIMARY KEY,             -- 2026-11, in UTC
  until_ns INTEGER NOT NULL,          -- its end
  asked_ns INTEGER NOT NULL,
  closed_ns INTEGER                   -- NULL: asked for, not done yet
) STRICT, WITHOUT ROWID;
CREATE TABLE gateway_use(             -- by the hour
  hour_ns INTEGER NOT NULL, zone TEXT NOT NULL,
  from_ns INTEGER NOT NULL, until_ns INTEGER NOT NULL,  -- of the hour, what it ran
  cpu_ns INTEGER NOT NULL,
  energy_uj INTEGER NOT NULL, energy_low_uj INTEGER NOT NULL, energy_high_uj INTEGER NOT NULL,
  carbon_ng INTEGER NOT NULL, carbon_low_ng INTEGER NOT NULL, carbon_high_ng INTEGER NOT NULL,
  PRIMARY KEY(hour_ns, zone)
) STRICT, WITHOUT ROWID;
)sql",
    // What stages spared requests. Periods are found through blocks of kind 2, by coalesce(late_ns, at_ns).
    R"sql(
CREATE TABLE avoided(
  n INTEGER PRIMARY KEY,
  request BLOB NOT NULL, step TEXT NOT NULL,
  at_ns INTEGER NOT NULL,
  late_ns INTEGER,                    -- when it is counted, where its month was closed before it came
  tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,  -- negative where the step added some
  gpu_energy_uj INTEGER NOT NULL, energy_uj INTEGER NOT NULL,
  energy_low_uj INTEGER NOT NULL, energy_high_uj INTEGER NOT NULL,
  operational_ng INTEGER NOT NULL, embodied_ng INTEGER NOT NULL,
  carbon_low_ng INTEGER NOT NULL, carbon_high_ng INTEGER NOT NULL,
  cost_neur INTEGER NOT NULL, letter TEXT NOT NULL,
  UNIQUE(request, step)
) STRICT;
)sql",
    // Hours added up as they were before the next step.
    "",
    // What is over, added up for reports (rollup.cc): a cache, made of the tables above. Levels and slots are those of
    // report_sources.h.
    R"sql(
DROP TABLE IF EXISTS rolled_hours; DROP TABLE IF EXISTS hour_calls;
DROP TABLE IF EXISTS hour_requests; DROP TABLE IF EXISTS hour_windows;
CREATE TABLE rolled(level INTEGER NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY(level, slot)) STRICT, WITHOUT ROWID;
CREATE TABLE rolled_calls(
  level INTEGER NOT NULL, slot INTEGER NOT NULL,
  origin INTEGER, key INTEGER, user INTEGER, target INTEGER NOT NULL,
  letter TEXT NOT NULL, late INTEGER NOT NULL, served INTEGER NOT NULL,
  calls INTEGER NOT NULL, unsettled INTEGER NOT NULL, simulated INTEGER NOT NULL, counted INTEGER NOT NULL,
  tokens_in INTEGER NOT NULL, tokens_cached INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
  gpu_energy_uj INTEGER NOT NULL, energy_uj INTEGER NOT NULL,
  energy_low_uj INTEGER NOT NULL, energy_high_uj INTEGER NOT NULL,
  operational_ng INTEGER NOT NULL, embodied_ng INTEGER NOT NULL,
  carbon_low_ng INTEGER NOT NULL, carbon_high_ng INTEGER NOT NULL,
  cost_neur INTEGER NOT NULL
) STRICT;
CREATE INDEX rolled_calls_slot ON rolled_calls(level, slot);
CREATE TABLE rolled_requests(
  level INTEGER NOT NULL, slot INTEGER NOT NULL,
  origin INTEGER, key INTEGER, user INTEGER, outcome INTEGER NOT NULL, late INTEGER NOT NULL,
  targets TEXT NOT NULL,              -- of its calls, each once: "3,7"
  requests INTEGER NOT NULL
) STRICT;
CREATE INDEX rolled_requests_slot ON rolled_requests(level, slot);
CREATE TABLE rolled_windows(
  level INTEGER NOT NULL, slot INTEGER NOT NULL,
  deployment TEXT NOT NULL, zone TEXT NOT NULL, late INTEGER NOT NULL,
  unattributed_gpu_energy_uj INTEGER NOT NULL, unattributed_energy_uj INTEGER NOT NULL,
  unattributed_operational_ng INTEGER NOT NULL, unattributed_embodied_ng INTEGER NOT NULL,
  unattributed_cost_neur INTEGER NOT NULL,
  foreign_gpu_energy_uj INTEGER NOT NULL, foreign_energy_uj INTEGER NOT NULL, foreign_operational_ng INTEGER NOT NULL,
  foreign_embodied_ng INTEGER NOT NULL, foreign_cost_neur INTEGER NOT NULL
) STRICT;
CREATE INDEX rolled_windows_slot ON rolled_windows(level, slot);
CREATE TABLE rolled_avoided(
  level INTEGER NOT NULL, slot INTEGER NOT NULL,
  origin INTEGER, key INTEGER, user INTEGER, target INTEGER, step TEXT NOT NULL, late INTEGER NOT NULL,
  requests INTEGER NOT NULL, without_call INTEGER NOT NULL,
  first_requests INTEGER NOT NULL, first_without_call INTEGER NOT NULL,
  tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
  gpu_energy_uj INTEGER NOT NULL, energy_uj INTEGER NOT NULL,
  energy_low_uj INTEGER NOT NULL, energy_high_uj INTEGER NOT NULL,
  operational_ng INTEGER NOT NULL, embodied_ng INTEGER NOT NULL,
  carbon_low_ng INTEGER NOT NULL, carbon_high_ng INTEGER NOT NULL,
  cost_neur INTEGER NOT NULL, letter TEXT NOT NULL
) STRICT;
CREATE INDEX rolled_avoided_slot ON rolled_avoided(level, slot);
)sql",
    // CallFacts::beside.
    "ALTER TABLE calls ADD COLUMN beside INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE open_calls ADD COLUMN beside INTEGER NOT NULL DEFAULT 0;",
};

// Schema 1 was never released; no step leads from it.
constexpr int kBeforeRelease = 1;

Result<int64_t> user_version(Database& db) {
  auto statement = db.prepare("PRAGMA user_version");
  if (!statement) return tl::unexpected(statement.error());
  auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  return statement->integer(0);
}

Result<void> check_version(int64_t found) {
  if (found > schema_version()) {
    return fail(Code::failed_precondition,
                "the ledger database has schema {}, this program knows {}: use the newer program, or restore a backup",
                found, schema_version());
  }
  if (found <= kBeforeRelease) {
    return fail(Code::failed_precondition,
                "the ledger database is of a version before the first release; move the ledger's directory away");
  }
  return {};
}

}  // namespace

Result<void> check_schema(Database& db) {
  const auto found = user_version(db);
  if (!found) return tl::unexpected(found.error());
  if (auto known = check_version(*found); !known) return known;
  if (*found == schema_version()) return {};
  return fail(Code::failed_precondition,
              "the ledger database has schema {}, this program needs {}: start the gateway once to bring it up to date",
              *found, schema_version());
}

int schema_version() {
  return kBeforeRelease + static_cast<int>(kSteps.size());
}

Result<void> migrate(Database& db) {
  const auto setup = db.exec(
      "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
      "PRAGMA cache_size=-16000; PRAGMA wal_autocheckpoint=2000; PRAGMA journal_size_limit=16777216;");
  if (!setup) return setup;
  const auto found = user_version(db);
  if (!found) return tl::unexpected(found.error());
  if (*found != 0) {
    if (auto known = check_version(*found); !known) return known;
  }
  const auto done_steps = *found == 0 ? 0 : static_cast<size_t>(*found - kBeforeRelease);
  for (auto step = done_steps; step < kSteps.size(); ++step) {
    const auto sql = fmt::format("BEGIN IMMEDIATE; {} PRAGMA user_version={}; COMMIT;", kSteps[step],
                                 kBeforeRelease + static_cast<int>(step) + 1);
    if (auto done = db.exec(sql); !done) {
      (void)db.exec("ROLLBACK");
      return done;
    }
  }
  // The log is as long as all tables by now.
  return done_steps < kSteps.size() ? db.exec("PRAGMA wal_checkpoint(TRUNCATE)") : Result<void>();
}

}  // namespace trine::ledger
