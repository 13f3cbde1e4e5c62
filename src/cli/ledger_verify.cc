// trine ledger verify: reads every record of the journals and checks the database. Read-only, also beside a gateway.
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/source.h"
#include "ledger/segment_reader.h"
#include "sqlite/sqlite.h"

namespace trine::cli {
namespace {

struct Findings {
  uint64_t segments = 0, records = 0, erased = 0, open_segments = 0;
  int64_t requests = 0, calls = 0, settlements = 0, windows = 0;
  std::vector<std::string> problems;
  void problem(const std::filesystem::path& file, std::string_view sentence) {
    problems.push_back(fmt::format("{}: {}", file.string(), sentence));
  }
};

// One segment from its first record to its end. In one that is not sealed the first record that is not whole, with none
// behind it, is the tail that a crash left (or is being written): the next start of the gateway seals it.
Result<void> read_segment(const ledger::SegmentFile& file, Findings& found) {
  auto opened = ledger::SegmentReader::open(file.path);
  if (!opened) {
    // A gateway that runs folds segments and takes them away.
    std::error_code ec;
    if (!std::filesystem::exists(file.path, ec)) return {};
    if (opened.error().code != Code::data_loss) return tl::unexpected(opened.error());
    found.problem(file.path, opened.error().message);
    return {};
  }
  if (!*opened) return {};  // prepared, never used
  auto& reader = **opened;
  ++found.segments;
  found.open_segments += reader.sealed() ? 0 : 1;
  uint64_t offset = ledger::kHeaderBytes;
  for (uint64_t sequence = reader.header().first_sequence;; ++sequence) {
    ledger::RecordView record;
    const auto state = reader.read(offset, sequence, record);
    if (!state) return tl::unexpected(state.error());
    if (*state == ledger::Found::record) {
      ++found.records;
      found.erased += record.type == ledger::RecordType::erased ? 1 : 0;
      offset += record.length;
      continue;
    }
    if (*state == ledger::Found::end) return {};
    const size_t length = reader.claimed_length_at(offset);
    if (!reader.sealed()) {
      ledger::RecordView next;
      const auto after =
          length == 0 ? Result<ledger::Found>(ledger::Found::end) : reader.read(offset + length, sequence + 1, next);
      if (!after) return tl::unexpected(after.error());
      if (*after != ledger::Found::record) return {};
    }
    found.problem(file.path, fmt::format("record {} at byte {} is damaged", sequence, offset));
    if (length == 0) return {};
    offset += length;
  }
}

Result<int64_t> count(sqlite::Database& db, const std::string& sql) {
  auto s = db.prepare(sql);
  if (!s) return tl::unexpected(s.error());
  const auto row = s->step();
  if (!row) return tl::unexpected(row.error());
  return *row ? s->integer(0) : 0;
}

Result<void> check_database(const std::filesystem::path& file, Findings& found) {
  auto db = sqlite::Database::open(file, sqlite::Database::Mode::read_only);
  if (!db) return tl::unexpected(db.error());
  auto integrity = db->prepare("PRAGMA integrity_check(20)");
  if (!integrity) return tl::unexpected(integrity.error());
  auto row = integrity->step();
  for (; row && *row; row = integrity->step()) {
    if (integrity->text(0) != "ok") found.problem(file, integrity->text(0));
  }
  if (!row) return tl::unexpected(row.error());

  const std::pair<const char*, int64_t*> tables[] = {{"requests", &found.requests},
                                                     {"calls", &found.calls},
                                                     {"settlements", &found.settlements},
                                                     {"windows", &found.windows}};
  for (const auto& [name, into] : tables) {
    const auto n = count(*db, fmt::format("SELECT count(*) FROM {}", name));
    if (!n) return tl::unexpected(n.error());
    *into = *n;
  }
  // What must hold whatever was written: docs/accounting.md §7.1 and §1.
  constexpr std::pair<const char*, const char*> rules[] = {
      {"windows whose parts do not add up to their total",
       "SELECT count(*) FROM windows WHERE total_energy_uj != requests_energy_uj + foreign_energy_uj +"
       " unattributed_energy_uj OR total_operational_ng != requests_operational_ng + foreign_operational_ng +"
       " unattributed_operational_ng OR total_cost_neur != requests_cost_neur + foreign_cost_neur +"
       " unattributed_cost_neur"},
      {"settlements without a call",
       "SELECT count(*) FROM settlements s WHERE NOT EXISTS (SELECT 1 FROM calls c WHERE c.request=s.request AND"
       " c.attempt=s.attempt)"},
  };
  for (const auto& [what, sql] : rules) {
    const auto n = count(*db, sql);
    if (!n) return tl::unexpected(n.error());
    if (*n > 0) found.problem(file, fmt::format("{} {}", *n, what));
  }
  return {};
}

Result<Findings> verify(const std::filesystem::path& dir) {
  Findings found;
  const auto database = dir / "ledger.db";
  std::error_code ec;
  if (!std::filesystem::is_directory(dir, ec)) return fail(Code::not_found, "There is no ledger in {}.", dir.string());
  const bool there = std::filesystem::exists(database, ec);
  const auto segments = ledger::list_segments(dir);
  if (!segments) return tl::unexpected(segments.error());
  if (!there && segments->empty()) return fail(Code::not_found, "There is no ledger in {}.", dir.string());
  for (const auto& file : *segments) {
    if (auto read = read_segment(file, found); !read) return tl::unexpected(read.error());
  }
  if (there) {
    if (auto checked = check_database(database, found); !checked) return tl::unexpected(checked.error());
  }
  return found;
}

}  // namespace

int run_ledger_verify(const LedgerVerifyOptions& o) {
  const auto place = find_ledger(o.source);
  if (!place) return complain(place.error());
  const auto found = verify(place->dir);
  if (!found) return complain(found.error());
  if (o.json) {
    const nlohmann::ordered_json j{{"ok", found->problems.empty()},
                                   {"segments", found->segments},
                                   {"open_segments", found->open_segments},
                                   {"journal_records", found->records},
                                   {"erased_records", found->erased},
                                   {"requests", found->requests},
                                   {"calls", found->calls},
                                   {"settlements", found->settlements},
                                   {"windows", found->windows},
                                   {"problems", found->problems}};
    say(j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else if (found->problems.empty()) {
    say(fmt::format(
        "ok: {} requests, {} calls, {} settlements, {} windows in the database; {} records in {} journal "
        "files",
        found->requests, found->calls, found->settlements, found->windows, found->records, found->segments));
  } else {
    for (const auto& p : found->problems) std::fprintf(stderr, "%s\n", p.c_str());
  }
  return found->problems.empty() ? kOk : kFailed;
}

}  // namespace trine::cli
