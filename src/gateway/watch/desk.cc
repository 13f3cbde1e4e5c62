#include "gateway/watch/desk.h"

#include "base/log.h"

namespace trine::gateway {
namespace {

using protect::WatchLevel;

protect::AuditEntry line_of(const protect::LevelChange& c, const std::string& actor) {
  protect::AuditEntry e;
  e.at = c.at;
  e.actor = actor;
  e.action = fmt::format("abuse.{}", c.to == WatchLevel::none ? "cleared" : name(c.to));
  e.subject = "key " + c.key;
  e.detail = {{"from", name(c.from)}, {"because", c.reason}};
  return e;
}

}  // namespace

void WatchDesk::start(const std::vector<protect::WatchView>& kept) {
  for (const protect::WatchView& v : kept) watch_.restore(v);
  publish();
  arm(kPass);
}

void WatchDesk::take(const std::vector<protect::Observation>& notes) {
  std::vector<protect::LevelChange> changes;
  for (const protect::Observation& o : notes)
    if (auto c = watch_.observe(o)) changes.push_back(std::move(*c));
  changed(changes, "system");
}

void WatchDesk::expired() {
  arm(kPass);
  const Wall now = loop_.clock().wall();
  changed(watch_.pass(now), "system");
  if (asking_) return;
  // What an operator ordered by a command meanwhile.
  asking_ = directory_.post([this, now](protect::IdentityStore& store, protect::AuditLog&) {
    auto orders = store.take_orders();
    loop_.post([this, now, orders = std::move(orders)] {
      asking_ = false;
      if (!orders) return;  // told by the directory, which has the same trouble
      for (const protect::WatchOrder& o : *orders) {
        auto c =
            o.level == WatchLevel::none ? watch_.undo(o.key, o.reason, now) : watch_.set(o.key, o.level, o.reason, now);
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
    if (c.to > c.from) log::warning("key {}: {} ({})", c.key, name(c.to), c.reason);
    lines.push_back(line_of(c, actor));
  }
  const bool posted =
      directory_.post([lines = std::move(lines), kept = watch_.view(WatchLevel::flagged, loop_.clock().wall())](
                          protect::IdentityStore& store, protect::AuditLog& audit) {
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
