#include "gateway/identify/directory.h"

#include <future>
#include <thread>

#include "base/log.h"
#include "gateway/resolve.h"

namespace trine::gateway {

Identities::Identities(std::shared_ptr<const protect::KeyTable> t) : table(std::move(t)) {
  for (const protect::Grant& g : table->grants()) {
    Key key;
    key.tenant = {g.org, g.team, g.project, {}};
    key.workload = g.workload;
    key.routes = g.routes;
    key.endpoints = endpoint_bits(g.endpoints);
    key.role = g.role;
    rights.push_back(std::move(key));
  }
}

Result<std::unique_ptr<Directory>> Directory::open(net::Loop& loop, Executor& executor, const std::string& dir,
                                                   Tell tell) {
  auto store = protect::IdentityStore::open(dir);
  if (!store) return tl::unexpected(store.error());
  auto audit = protect::AuditLog::open({.dir = std::filesystem::path(dir) / "audit"});
  if (!audit) return tl::unexpected(audit.error());
  std::unique_ptr<Directory> d(new Directory(loop, executor, std::move(*store), std::move(*audit), std::move(tell)));
  auto table = d->read();
  if (!table) return tl::unexpected(table.error());
  d->take(*table, nullptr);
  return d;
}

Result<std::shared_ptr<const protect::KeyTable>> Directory::read() {
  return store_->table(system_clock().wall());
}

void Directory::take(std::shared_ptr<const protect::KeyTable> table, const std::shared_ptr<void>& until) {
  now_ = std::make_shared<const Identities>(std::move(table));
  tell_(now_, until);
}

void Directory::expired() {
  arm(kLook);
  if (looking_) return;
  const Mono now = loop_.clock().mono();
  const bool note = now - noted_ >= kNoteUse;
  if (note) noted_ = now;
  struct Found {
    Result<void> noted;
    Result<std::shared_ptr<const protect::KeyTable>> table;  // null: nothing changed
  };
  const bool again = stale_;
  looking_ = executor_.post([this, note, used = now_->table, again] {
    Found found;
    if (note) found.noted = store_->note_used(used->used());
    const auto changed = store_->changed();
    if (!changed)
      found.table = tl::unexpected(changed.error());
    else if (*changed || again)
      found.table = read();
    loop_.post([this, found = std::move(found)] {
      looking_ = false;
      const Error* wrong = !found.noted ? &found.noted.error() : !found.table ? &found.table.error() : nullptr;
      if (wrong && !failing_) log::error("keys cannot be read anew, those known stay in force: {}", wrong->message);
      failing_ = wrong != nullptr;
      if (!found.table) stale_ = true;
      if (found.table && *found.table) take(*found.table, nullptr);
    });
  });
  if (looking_) stale_ = false;
}

void Directory::close() {
  // Behind all that was posted before, so that nothing touches the store afterwards.
  std::promise<void> done;
  const auto last = [this, &done] {
    if (auto noted = store_->note_used(now_->table->used()); !noted)
      log::warning("when keys were used last is not written down: {}", noted.error().message);
    done.set_value();
  };
  while (!executor_.post(last)) std::this_thread::yield();
  done.get_future().wait();
}

}  // namespace trine::gateway
