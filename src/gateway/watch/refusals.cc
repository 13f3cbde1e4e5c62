#include "gateway/watch/refusals.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/text.h"
#include "gateway/exchange.h"
#include "gateway/identify/identify.h"
#include "net/ip.h"

namespace trine::gateway {
namespace {

constexpr size_t kMaxWhy = 200;

const char* action(Cause c) {
  static constexpr std::array<const char*, 8> kActions = {
      "traffic.invalid_key", "traffic.invalid_token", "traffic.suspended", "traffic.url_refused",
      "traffic.budget",      "guard.block",           "guard.flag",        "traffic.unknown_model"};
  return kActions[static_cast<size_t>(c)];
}

void join(Refusals& into, const Refusals& more) {
  into.count += more.count;
  into.first = std::min(into.first, more.first);
  into.last = std::max(into.last, more.last);
}

protect::AuditEntry line_of(const Refusals& r) {
  protect::AuditEntry e;
  e.at = r.last;
  e.actor = r.key.empty() ? "client" : "key:" + r.key;
  e.address = r.address;
  e.action = action(r.cause);
  e.subject = "traffic port";
  e.outcome = r.cause == Cause::guard_flag ? "done" : "refused";
  e.detail = {{"count", std::to_string(r.count)}, {"first", iso8601(r.first)}};
  if (!r.why.empty()) e.detail.emplace_back("first_because", r.why);
  return e;
}

}  // namespace

void RefusalFeed::add(Cause cause, std::string_view key, std::string address, std::string_view why, Wall now) {
  const auto hash_of = [&] { return hash64(address, hash64(key, static_cast<uint64_t>(cause))); };
  uint64_t hash = hash_of();
  if (notes_.size() >= kMost && !places_.contains(hash)) {
    address.clear();
    key = {};
    hash = hash_of();
  }
  const auto [place, is_new] = places_.try_emplace(hash, notes_.size());
  if (is_new)
    notes_.push_back({cause, std::string(key), std::move(address), std::string(why.substr(0, kMaxWhy)), 0, now, now});
  Refusals& r = notes_[place->second];
  ++r.count;
  r.last = now;
}

void RefusalFeed::flush() {
  if (notes_.empty()) return;
  places_.clear();
  if (auto notes = std::exchange(notes_, {}); hand_) hand_(std::move(notes));
}

void note_refusal(Exchange& x, const llm::ClientError& error) {
  RefusalFeed& feed = x.context.refusals;
  if (!feed.on()) return;
  Cause cause{};
  std::string_view why = error.detail;
  switch (error.code) {
    using enum llm::ErrorCode;
    case invalid_api_key:
      why = x.token_fault;
      cause = why.empty() ? Cause::invalid_key : Cause::invalid_token;
      break;
    case key_suspended:
      cause = Cause::suspended_key;
      break;
    case url_not_allowed:
      cause = Cause::url;
      break;
    case budget_exhausted:
      cause = Cause::budget;
      break;
    case content_blocked:
    case answer_withheld:
      cause = Cause::guard_block;
      if (x.guarding) why = x.guarding->note;
      break;
    case unknown_model:
      cause = Cause::unknown_model;
      why = {};
      break;
    default:
      return;
  }
  feed.add(cause, x.key ? std::string_view(x.tenant.key) : std::string_view(),
           client_address(*x.snapshot->config, x.client), why, x.context.clock().wall());
}

void note_flagged(Exchange& x) {
  if (!x.context.refusals.on() || !x.guarding || x.guarding->action != guard::Action::flag) return;
  x.context.refusals.add(Cause::guard_flag, x.tenant.key, client_address(*x.snapshot->config, x.client),
                         x.guarding->note, x.context.clock().wall());
}

void RefusalDesk::take(const std::vector<Refusals>& notes) {
  const bool begins = minute_.empty();
  for (const Refusals& note : notes) {
    if (note.cause == Cause::unknown_model) continue;
    Refusals r = note;
    r.address = source_of(r.address);
    const auto same = [&](const Refusals& m) { return m.cause == r.cause && m.key == r.key && m.address == r.address; };
    auto place = std::find_if(minute_.begin(), minute_.end(), same);
    const auto of_cause = [&](const Refusals& m) { return m.cause == r.cause; };
    if (place == minute_.end() &&
        static_cast<size_t>(std::count_if(minute_.begin(), minute_.end(), of_cause)) >= kMostOfCause) {
      r.key = r.address = "";
      r.why = "many sources";
      place = std::find_if(minute_.begin(), minute_.end(), same);
    }
    if (place == minute_.end())
      minute_.push_back(std::move(r));
    else
      join(*place, r);
  }
  if (begins && !minute_.empty()) arm(kMinute);
}

void RefusalDesk::flush() {
  disarm();
  if (minute_.empty()) return;
  std::vector<protect::AuditEntry> lines;
  for (const Refusals& r : std::exchange(minute_, {})) lines.push_back(line_of(r));
  write_(std::move(lines));
}

std::string source_of(std::string_view address) {
  auto ip = net::IpAddress::parse(address);
  if (!ip || !ip->v6) return std::string(address);
  std::fill(ip->bytes.begin() + 8, ip->bytes.end(), uint8_t{0});
  return ip->text() + "/64";
}

}  // namespace trine::gateway
