// trine decisions list, show, export, review: what was decided, and how it turned out.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "cli/commands.h"
#include "cli/decision.h"
#include "cli/pages.h"
#include "cli/say.h"
#include "cli/source.h"
#include "cli/table.h"
#include "ledger/events.h"
#include "ledger/record_event.h"

namespace trine::cli {
namespace {

struct Kept {
  Record decision;
  std::vector<Record> reviews;
};

// What is no decision of ours is passed over.
Result<std::vector<Record>> read_events(const std::filesystem::path& dir, const char* kind) {
  std::vector<Record> all;
  const auto read = ledger::each_event(dir, kind, [&](const ledger::Event& e) -> Result<void> {
    Record j = Record::parse(e.json, nullptr, false);
    if (!text_of(j, kind == std::string_view(kDecision) ? "id" : "decision").empty()) all.push_back(std::move(j));
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return all;
}

Result<std::vector<Kept>> read_decisions(const std::filesystem::path& dir, const std::string& id) {
  auto decisions = read_events(dir, kDecision);
  if (!decisions) return tl::unexpected(decisions.error());
  const auto reviews = read_events(dir, kReview);
  if (!reviews) return tl::unexpected(reviews.error());
  std::vector<Kept> kept;
  for (Record& d : *decisions) {
    if (!id.empty() && text_of(d, "id") != id) continue;
    Kept k{std::move(d), {}};
    for (const Record& r : *reviews)
      if (text_of(r, "decision") == text_of(k.decision, "id")) k.reviews.push_back(r);
    kept.push_back(std::move(k));
  }
  if (!id.empty() && kept.empty())
    return fail(Code::not_found, "The ledger in {} has no decision {}; `trine decisions list` has them.", dir.string(),
                id);
  return kept;
}

std::string one_line(const Record& j) {
  return j.dump(-1, ' ', false, Record::error_handler_t::replace);
}

Record whole(const Kept& k) {
  Record j = k.decision;
  j["reviews"] = k.reviews;
  return j;
}

std::string list_json(const std::vector<Kept>& kept) {
  Record all = Record::array();
  for (const Kept& k : kept) all.push_back(whole(k));
  return one_line(all);
}

int list(const std::vector<Kept>& kept, bool json) {
  if (json) return say(list_json(kept)), kOk;
  if (kept.empty()) return say("Nothing was decided."), kOk;
  Table table({{"decision"}, {"at"}, {"by"}, {"what"}, {"reviewed"}});
  for (const Kept& k : kept)
    table.row({text_of(k.decision, "id"), text_of(k.decision, "at"), printable(text_of(k.decision, "by")),
               printable(text_of(k.decision, "sentence")), k.reviews.empty() ? "" : text_of(k.reviews.back(), "at")});
  say(table.text());
  return kOk;
}

int to_markdown(const std::vector<Kept>& kept, const std::string& file) {
  std::string text;
  for (const Kept& k : kept) text += (text.empty() ? "" : "\n") + decision_markdown(k.decision, k.reviews);
  if (file.empty()) return say(text), kOk;
  std::ofstream out(file, std::ios::trunc);
  out << text;
  out.close();
  if (!out) return complain(fmt::format("{} could not be written: {}.", file, std::strerror(errno)));
  say(fmt::format("{}: {} decision{}.", file, kept.size(), kept.size() == 1 ? "" : "s"));
  return kOk;
}

struct Measured {
  ledger::Report report;
  std::string where;
};

// The chosen one's calls since then: of the deployment with its name, else of its zone; or as asked.
Result<Measured> measure(const std::filesystem::path& dir, const Record& decision, const DecisionsOptions& o,
                         Wall now) {
  const std::string chosen = text_of(decision, "chosen");
  std::string zone;
  for (const auto& option : decision.contains("options") ? decision["options"] : Record::array())
    if (text_of(option, "name") == chosen) zone = text_of(option, "zone");
  const auto at = parse_iso8601(text_of(decision, "at"));
  if (!at) return fail(Code::data_loss, "The decision {} has no time.", text_of(decision, "id"));
  ledger::ReportQuery query;
  query.since = *at;
  query.until = std::max(now, *at) + Nanos(1);
  const auto ask = [&](bool by_zone, const std::string& name) -> Result<Measured> {
    query.deployment = by_zone ? std::nullopt : std::optional(name);
    query.zone = by_zone ? std::optional(name) : std::nullopt;
    auto report = ledger::Reports(dir).query(query);
    if (!report) return tl::unexpected(report.error());
    return Measured{std::move(*report), fmt::format("{} {}", by_zone ? "zone" : "deployment", name)};
  };
  if (!o.deployment.empty()) return ask(false, o.deployment);
  if (!o.zone.empty()) return ask(true, o.zone);
  auto named = ask(false, chosen);
  if (!named || named->report.total.sums.calls > 0 || zone.empty()) return named;
  return ask(true, zone);
}

int review(const std::filesystem::path& dir, std::vector<Kept>& kept, const DecisionsOptions& o) {
  const Wall now = system_clock().wall();
  Record all = Record::array();
  std::string text;
  for (const Kept& k : kept) {
    const auto measured = measure(dir, k.decision, o, now);
    if (!measured) return complain(measured.error());
    const auto& sums = measured->report.total.sums;
    if (sums.calls - sums.unsettled_calls <= 0) {
      text += fmt::format("{}: nothing was served by {} since {}.\n", text_of(k.decision, "id"), measured->where,
                          text_of(k.decision, "at"));
      continue;
    }
    Record r = review_record(k.decision, measured->report, measured->where, now);
    const auto recorded =
        ledger::record_event(dir, {.kind = kReview, .at = now, .key = {}, .user = {}, .json = one_line(r)});
    if (!recorded) return complain(recorded.error());
    text += review_text(k.decision, r);
    all.push_back(std::move(r));
  }
  say(o.json ? one_line(all) : text.empty() ? "Nothing was decided." : text);
  return kOk;
}

}  // namespace

Result<std::string> decisions_json(const std::filesystem::path& ledger) {
  auto kept = read_decisions(ledger, "");
  if (!kept) return tl::unexpected(kept.error());
  std::reverse(kept->begin(), kept->end());
  return list_json(*kept);
}

int run_decisions(const DecisionsOptions& o) {
  const auto place = find_ledger(o.source);
  if (!place) return complain(place.error());
  auto kept = read_decisions(place->dir, o.id);
  if (!kept) return complain(kept.error());
  using What = DecisionsOptions::What;
  switch (o.what) {
    case What::list:
      return list(*kept, o.json);
    case What::show:
      say(o.json ? one_line(whole(kept->front())) : decision_text(kept->front().decision, kept->front().reviews));
      return kOk;
    case What::to_markdown:
      return to_markdown(*kept, o.file);
    case What::review:
      break;
  }
  return review(place->dir, *kept, o);
}

}  // namespace trine::cli
