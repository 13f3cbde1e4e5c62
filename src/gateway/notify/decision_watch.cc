#include "gateway/notify/decision_watch.h"

#include <deque>

#include "json/read.h"
#include "ledger/events.h"

namespace trine::gateway {
namespace {

constexpr const char* kDecision = "decision";

struct Seen {
  size_t count = 0;
  std::deque<Notice> newest;
};

std::string member_text(std::string_view json, std::string_view key) {
  const auto found = json::member(json, key);
  if (!found || !*found || !(*found)->is_string()) return {};
  return (*found)->as_string().value_or(std::string());
}

// The ledger may hold what another program wrote: what has no id is no decision of ours.
Result<Seen> read_decisions(const std::filesystem::path& dir, size_t known) {
  Seen seen;
  const auto read = ledger::each_event(dir, kDecision, [&](const ledger::Event& e) -> Result<void> {
    const std::string id = member_text(e.json, "id");
    if (id.empty() || ++seen.count <= known) return {};
    Notice n;
    n.kind = NoticeKind::decision;
    n.severity = Severity::info;
    n.at = e.at;
    n.subject = "decision " + id;
    n.sentence = member_text(e.json, "sentence");
    if (const std::string by = member_text(e.json, "by"); !by.empty()) n.sentence += ", decided by " + by;
    n.sentence += ".";
    seen.newest.push_back(std::move(n));
    if (seen.newest.size() > DecisionWatch::kMostAtOnce) seen.newest.pop_front();
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return seen;
}

}  // namespace

void DecisionWatch::start() {
  if (!armed() && !asking_) arm(Nanos(0));
}

void DecisionWatch::expired() {
  if (!asking_) net::spawn(ask());
}

net::Task<void> DecisionWatch::ask() {
  asking_ = true;
  const bool first = !known_;
  // Named, and nothing but references in it: gcc 12 destroys what a temporary lambda in a co_await holds twice.
  const size_t known = known_.value_or(0);
  const auto work = [this, &known] { return read_decisions(dir_, known); };
  const auto seen = co_await executor_.run(loop_, work);
  asking_ = false;
  if (stopped_) co_return;
  arm(kEvery);
  if (!seen || !*seen) co_return;  // too much to do, or no database yet: the next look will tell
  known_ = (*seen)->count;
  if (first) co_return;
  for (const Notice& n : (*seen)->newest) tell_(n);
}

}  // namespace trine::gateway
