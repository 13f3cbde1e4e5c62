#include "gateway/watch/desk.h"

#include <limits>

#include "base/log.h"

namespace trine::gateway {
namespace {

using protect::WatchLevel;

constexpr std::string_view kSource = "address ";

bool is_source(std::string_view name) {
  return name.starts_with(kSource);
}

protect::AbusePolicy policy_of_sources() {
  protect::AbusePolicy p;
  p.slow_at = p.suspend_at = std::numeric_limits<double>::infinity();
  return p;
}

protect::AuditEntry line_of(const protect::LevelChange& c, const std::string& actor) {
  protect::AuditEntry e;
  e.at = c.at;
  e.actor = actor;
  e.action = fmt::format("abuse.{}", c.to == WatchLevel::none ? "cleared" : name(c.to));
  e.subject = is_source(c.key) ? c.key : "key " + c.key;
  e.detail = {{"from", name(c.from)}, {"because", c.reason}};
  return e;
}

}  // namespace

WatchDesk::WatchDesk(net::Loop& loop, Directory& directory, Tell tell,
                     std::function<void(const protect::LevelChange&)> told)
    : net::Timer(loop),
      loop_(loop),
      directory_(directory),
      tell_(std::move(tell)),
      told_(std::move(told)),
      watch_(protect::AbusePolicy{}),
      sources_(policy_of_sources(), kMostSources) {}

void WatchDesk::start(const std::vector<protect::WatchView>& kept) {
  const Wall now = loop_.clock().wall();
  for (const protect::WatchView& v : kept) (is_source(v.key) ? sources_ : watch_).restore(v, now);
  publish();
  arm(kPass);
}

void WatchDesk::take(const std::vector<protect::Observation>& notes) {
  std::vector<protect::LevelChange> changes;
  for (const protect::Observation& o : notes)
    if (auto c = watch_.observe(o)) changes.push_back(std::move(*c));
  changed(changes, "system");
}

void WatchDesk::take(const std::vector<Refusals>& notes) {
  std::vector<protect::LevelChange> changes;
  for (const Refusals& r : notes) {
    protect::Observation o;
    if (r.address.empty()) continue;  // of many
    o.key = fmt::format("{}{}", kSource, source_of(r.address));
    o.at = r.last;
    o.times = static_cast<uint32_t>(std::min<uint64_t>(r.count, 10'000));
    if (r.cause == Cause::invalid_key || r.cause == Cause::invalid_token) o.signal = protect::Signal::unknown_key;
    if (r.cause == Cause::unknown_model) o.signal = protect::Signal::unknown_model;
    if (!o.signal) continue;
    if (auto c = sources_.observe(o)) changes.push_back(std::move(*c));
  }
  changed(changes, "system");
}

void WatchDesk::expired() {
  arm(kPass);
  const Wall now = loop_.clock().wall();
  changed(watch_.pass(now), "system");
  changed(sources_.pass(now), "system");
  if (asking_) return;
  // What an operator ordered by a command meanwhile.
  asking_ = directory_.post([this, now](protect::IdentityStore& store, protect::AuditLog&) {
    auto orders = store.take_orders();
    loop_.post([this, now, orders = std::move(orders)] {
      asking_ = false;
      if (!orders) return;  // told by the directory, which has the same trouble
      for (const protect::WatchOrder& o : *orders) {
        if (is_source(o.key) && o.level != WatchLevel::none) {
          log::warning("{} cannot be suspended: shut it out before the gateway", o.key);
          continue;
        }
        auto& watch = is_source(o.key) ? sources_ : watch_;
        auto c =
            o.level == WatchLevel::none ? watch.undo(o.key, o.reason, now) : watch.set(o.key, o.level, o.reason, now);
        if (c) changed({std::move(*c)}, o.actor);
      }
    });
  });
}

void WatchDesk::changed(const std::vector<protect::LevelChange>& changes, const std::string& actor) {
  if (changes.empty()) return;
  publish();
  std::vector<protect::AuditEntry> lines;
  for (const protect::LevelChange& c : changes) {
    if (c.to > c.from) log::warning("{}{}: {} ({})", is_source(c.key) ? "" : "key ", c.key, name(c.to), c.reason);
    lines.push_back(line_of(c, actor));
    if (told_) told_(c);
  }
  auto kept = watch_.view(WatchLevel::flagged, loop_.clock().wall());
  for (auto& v : sources_.view(WatchLevel::flagged, loop_.clock().wall())) kept.push_back(std::move(v));
  const bool posted = directory_.post(
      [lines = std::move(lines), kept = std::move(kept)](protect::IdentityStore& store, protect::AuditLog& audit) {
        if (auto r = store.keep_watched(kept); !r) log::error("who is under watch is not kept: {}", r.error().message);
        for (const protect::AuditEntry& e : lines)
          if (auto r = audit.append(e); !r) log::error("the audit log: {}", r.error().message);
      });
  if (!posted)
    log::error("{} changes of who is under watch are in force and not in the audit log: too much to do",
               changes.size());
}

void WatchDesk::publish() {
  auto levels = std::make_shared<WatchLevels>();
  for (const protect::WatchView& v : watch_.view(WatchLevel::slowed, loop_.clock().wall()))
    levels->emplace(v.key, v.level);
  tell_(std::move(levels));
}

}  // namespace trine::gateway
