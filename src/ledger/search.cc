#include "ledger/search.h"

#include <algorithm>

#include "json/write.h"
#include "ledger/batch.h"
#include "ledger/report_database.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {
namespace {

// The rows of requests that may lie in the period: [low, high) of n. Nothing: none does.
struct Range {
  int64_t low = 0, high = 0;
};
Result<std::optional<Range>> rows_of(Database& db, const SearchQuery& q) {
  auto s = db.prepare("SELECT min(block), max(block) FROM blocks WHERE kind=0 AND high_ns >= ? AND low_ns < ?");
  if (!s) return tl::unexpected(s.error());
  const auto row = s->bind(unix_ns(q.since)).bind(unix_ns(q.until)).step();
  if (!row) return tl::unexpected(row.error());
  if (!*row || s->is_null(0)) return std::optional<Range>();
  return std::optional<Range>({s->integer(0) * 4096, (s->integer(1) + 1) * 4096});
}

std::string conditions(const SearchQuery& q) {
  constexpr const char* kSomeCall =
      " AND EXISTS (SELECT 1 FROM calls c JOIN targets t ON t.id=c.target WHERE c.request=r.id AND t.{} = ?)";
  std::string sql;
  if (q.workload) sql += " AND o.workload = ?";
  if (q.route) sql += " AND o.route = ?";
  if (q.error) sql += " AND r.error = ?";
  if (q.key) sql += " AND r.key = (SELECT id FROM identities WHERE kind='key' AND name=?)";
  if (q.deployment) sql += fmt::format(fmt::runtime(kSomeCall), "deployment");
  if (q.zone) sql += fmt::format(fmt::runtime(kSomeCall), "zone");
  if (q.outcome) sql += fmt::format(" AND r.outcome = {}", static_cast<int>(*q.outcome));
  return sql;
}

energy::RequestFacts read_facts(const Statement& s) {
  energy::RequestFacts f;
  f.id = request_id(s.bytes(1));
  f.tenant.key = s.text(2);
  f.workload = s.text(3);
  f.route = s.text(4);
  f.endpoint = s.text(5);
  f.start = from_unix_ns(s.integer(6));
  f.end = from_unix_ns(s.integer(7));
  f.streamed = s.integer(8) != 0;
  f.outcome = static_cast<energy::Outcome>(s.integer(9));
  f.http_status = static_cast<int>(s.integer(10));
  f.error = s.text(11);
  f.reason = s.text(12);
  f.calls = static_cast<uint16_t>(s.integer(13));
  return f;
}

Result<void> add_calls(Database& db, std::vector<FoundRequest>& found) {
  auto s = db.prepare(
      "SELECT t.deployment, t.zone, t.model, c.first_ns, c.end_ns, c.streamed, c.simulated, c.tokens_in,"
      " c.tokens_cached, c.tokens_out, c.settled, coalesce(s.basis, c.first_basis),"
      " coalesce(s.gpu_energy_uj, c.gpu_energy_uj), coalesce(s.energy_uj, c.energy_uj), coalesce(s.energy_low_uj,"
      " c.energy_low_uj), coalesce(s.energy_high_uj, c.energy_high_uj), coalesce(s.operational_ng, c.operational_ng),"
      " coalesce(s.embodied_ng, c.embodied_ng), coalesce(s.carbon_low_ng, c.carbon_low_ng), coalesce(s.carbon_high_ng,"
      " c.carbon_high_ng), coalesce(s.cost_neur, c.cost_neur), coalesce(s.letter, c.letter) FROM calls c JOIN targets t"
      " ON t.id=c.target LEFT JOIN later_settlements s ON s.request=c.request AND s.attempt=c.attempt AND"
      " s.version=c.settled AND c.settled IS NOT c.first_version WHERE c.request=? ORDER BY c.attempt");
  if (!s) return tl::unexpected(s.error());
  for (FoundRequest& r : found) {
    const IdBytes id(r.facts.id);
    auto row = s->reset().blob(id).step();
    for (; row && *row; row = s->step()) {
      r.deployment = s->text(0);
      r.zone = s->text(1);
      r.model = s->text(2);
      const bool streamed = s->integer(5) != 0 && s->integer(3) != s->integer(4);
      r.first_token = streamed ? std::optional(from_unix_ns(s->integer(3)) - r.facts.start) : std::nullopt;
      r.simulated = r.simulated || s->integer(6) != 0;
      r.in += s->integer(7);
      r.cached += s->integer(8);
      r.out += s->integer(9);
      if (s->integer(10) < 0) {
        r.final = false;
        continue;
      }
      r.final = r.final && s->integer(11) == static_cast<int64_t>(energy::Basis::final);
      const bool first = !r.figures;
      energy::Figures& f = first ? r.figures.emplace() : *r.figures;
      add_figures(f, *s, 12);
      const auto text = s->text(21);
      const auto letter = text.empty() ? energy::Letter::D : static_cast<energy::Letter>(text[0]);
      f.letter = first ? letter : std::max(f.letter, letter);
    }
    if (!row) return tl::unexpected(row.error());
  }
  return {};
}

}  // namespace

std::optional<energy::Outcome> parse_outcome(std::string_view text) {
  for (size_t i = 0; i < std::size(energy::kOutcomes); ++i)
    if (text == energy::kOutcomes[i]) return static_cast<energy::Outcome>(i);
  return std::nullopt;
}

Result<FoundPage> search(const std::filesystem::path& dir, const SearchQuery& q) {
  auto db = open_report_database(dir);
  if (!db) return tl::unexpected(db.error());
  const auto range = rows_of(*db, q);
  if (!range) return tl::unexpected(range.error());
  FoundPage page;
  if (!*range) return page;
  const int64_t high = std::min((*range)->high, q.before);
  const int64_t low = std::max((*range)->low, high - kMostLookedAt);
  const size_t limit = std::clamp<size_t>(q.limit, 1, kMostFound);
  auto s = db->prepare(fmt::format(
      "SELECT r.n, r.id, coalesce((SELECT name FROM identities WHERE id=r.key),''), o.workload, o.route, o.endpoint,"
      " r.start_ns, r.end_ns, r.streamed, r.outcome, r.http_status, r.error, r.reason, r.calls FROM requests r JOIN"
      " origins o ON o.id=r.origin WHERE r.n >= {} AND r.n < {} AND r.end_ns >= ?1 AND r.end_ns < ?2{} ORDER BY r.n "
      "DESC"
      " LIMIT {}",
      low, high, conditions(q), limit + 1));
  if (!s) return tl::unexpected(s.error());
  s->bind(unix_ns(q.since)).bind(unix_ns(q.until));
  for (const auto* text : {&q.workload, &q.route, &q.error, &q.key, &q.deployment, &q.zone})
    if (*text) s->bind(std::string_view(**text));
  int64_t last = high;
  auto row = s->step();
  for (; row && *row; row = s->step()) {
    if (page.requests.size() == limit) {
      page.next = last;
      break;
    }
    last = s->integer(0);
    page.requests.emplace_back().facts = read_facts(*s);
  }
  if (!row) return tl::unexpected(row.error());
  if (!page.next && low > (*range)->low) {
    page.next = low;
    auto oldest = db->prepare("SELECT end_ns FROM requests WHERE n >= ? ORDER BY n LIMIT 1");
    if (!oldest) return tl::unexpected(oldest.error());
    const auto there = oldest->bind(low).step();
    if (!there) return tl::unexpected(there.error());
    if (*there) page.scanned_until = from_unix_ns(oldest->integer(0));
  }
  if (auto done = add_calls(*db, page.requests); !done) return tl::unexpected(done.error());
  return page;
}

std::string to_json(const FoundPage& page) {
  std::string out;
  json::Writer w(out);
  const auto text = [&](const char* key, const std::string& value) {
    w.key(key);
    value.empty() ? w.null() : w.value(value);
  };
  w.object().key("requests").array();
  for (const FoundRequest& r : page.requests) {
    const energy::RequestFacts& f = r.facts;
    w.object().key("id").value(f.id.text()).key("start").value(iso8601(f.start)).key("end").value(iso8601(f.end));
    w.key("duration_s").value(seconds(f.end - f.start)).key("ttft_s");
    r.first_token ? w.value(seconds(*r.first_token)) : w.null();
    w.key("route").value(f.route).key("endpoint").value(f.endpoint).key("workload").value(f.workload);
    w.key("key").value(f.tenant.key);
    w.key("outcome").value(energy::kOutcomes[static_cast<size_t>(f.outcome)]).key("http_status").value(f.http_status);
    text("error", f.error);
    w.key("reason").value(f.reason);
    w.key("streamed").value(f.streamed).key("calls").value(f.calls);
    text("deployment", r.deployment);
    text("zone", r.zone);
    text("model", r.model);
    w.key("simulated").value(r.simulated).key("final").value(r.final);
    w.key("tokens_in").value(r.in).key("tokens_cached").value(r.cached).key("tokens_out").value(r.out);
    const auto amount = [&](const char* key, double value) {
      w.key(key);
      r.figures ? w.value(value) : w.null();
    };
    const energy::Figures figures = r.figures.value_or(energy::Figures{});
    amount("energy_j", to_joules(figures.energy));
    amount("energy_low_j", to_joules(figures.energy_low));
    amount("energy_high_j", to_joules(figures.energy_high));
    amount("carbon_g", to_grams(figures.carbon()));
    amount("carbon_low_g", to_grams(figures.carbon_low));
    amount("carbon_high_g", to_grams(figures.carbon_high));
    amount("cost", to_euros(figures.cost));
    text("quality", r.figures ? std::string(1, static_cast<char>(figures.letter)) : "");
    w.end();
  }
  w.end().key("next");
  page.next ? w.value(std::to_string(*page.next)) : w.null();
  w.key("scanned_until");
  page.scanned_until ? w.value(iso8601(*page.scanned_until)) : w.null();
  w.end();
  return out;
}

}  // namespace trine::ledger
