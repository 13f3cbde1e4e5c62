#include "gateway/identify/directory.h"

#include "base/log.h"
#include "gateway/resolve.h"

namespace trine::gateway {

Identities::Identities(std::shared_ptr<const protect::KeyTable> table, std::shared_ptr<const Snapshot> snapshot)
    : table_(std::move(table)),
      snapshot_(std::move(snapshot)),
      limits_(*snapshot_->config, snapshot_->limits->shared_state()) {
  for (const protect::Grant& g : table_->grants()) {
    Key key;
    key.tenant = {g.org, g.team, g.project, {}};
    key.prefix_salt = prefix_salt_of(key.tenant);
    key.workload = g.workload;
    key.routes = g.routes;
    key.endpoints = endpoint_bits(g.endpoints);
    key.role = g.role;
    key.limits = limits_.group_policy(key.tenant);
    rights_.push_back(std::move(key));
  }
  if (!limits_.limits_keys()) return;
  table_->each([this](protect::KeyId id, uint32_t grant) {
    energy::Tenant tenant = rights_[grant].tenant;
    tenant.key = protect::key_name(id);
    own_.emplace(id, limits_.policy(tenant, nullptr));
  });
}

const KeyPolicy& Identities::limits(const protect::KeyTable::Match& key) const {
  const auto it = own_.find(key.id);
  return it == own_.end() ? rights_[key.grant].limits : it->second;
}

Result<std::unique_ptr<Directory>> Directory::open(Parts parts) {
  auto store = protect::IdentityStore::open(parts.dir);
  if (!store) return tl::unexpected(store.error());
  auto audit = protect::AuditLog::open({.dir = std::filesystem::path(parts.dir) / "audit"});
  if (!audit) return tl::unexpected(audit.error());
  std::unique_ptr<Directory> d(new Directory(std::move(parts), std::move(*store), std::move(*audit)));
  auto made = d->make(d->parts_.snapshot);
  if (!made) return tl::unexpected(made.error());
  d->take(std::move(*made), nullptr);
  return d;
}

Directory::Made Directory::make(const std::shared_ptr<const Snapshot>& snapshot) {
  auto table = store_->table(system_clock().wall());
  if (!table) return tl::unexpected(table.error());
  auto identities = std::make_shared<const Identities>(std::move(*table), snapshot);
  if (auto r = identities->limit_table().check(); !r) return tl::unexpected(r.error());
  if (auto r = parts_.know(identities->limit_table()); !r) return tl::unexpected(r.error());
  return identities;
}

void Directory::use(std::shared_ptr<const Snapshot> snapshot) {
  parts_.snapshot = std::move(snapshot);
  stale_ = true;
}

void Directory::take(std::shared_ptr<const Identities> identities, const std::shared_ptr<void>& until) {
  auto old = std::exchange(now_, std::move(identities));
  if (!old) return parts_.tell(now_, until);
  // What the old table knows of its keys' use would go with it: written down once no worker looks keys up in it.
  const std::shared_ptr<void> all_have_it(
      nullptr, [this, until, table = old->table()](void*) { parts_.loop.post([this, table] { note_used(table); }); });
  parts_.tell(now_, all_have_it);
}

void Directory::note_used(std::shared_ptr<const protect::KeyTable> table) {
  const bool posted = parts_.executor.post([this, table = std::move(table), since = noted_until_s_] {
    if (auto noted = store_->note_used(table->used(since)); !noted)
      log::warning("when keys were used last is not written down: {}", noted.error().message);
  });
  if (!posted) log::warning("when keys were used last is not written down: too much to do");
}

void Directory::expired() {
  arm(kLook);
  if (looking_) return;
  const Mono now = parts_.loop.clock().mono();
  const bool note = now - noted_ >= kNoteUse;
  if (note) noted_ = now;
  // Less two seconds: a worker that has read its clock may be about to note that time.
  const int64_t until_s = unix_ns(parts_.loop.clock().wall()) / 1'000'000'000 - 2;
  struct Found {
    Result<void> noted;
    Made made;  // null: nothing changed
  };
  looking_ = parts_.executor.post([this, note, until_s, since_s = noted_until_s_, stale = stale_,
                                   snapshot = parts_.snapshot, known = now_->table()] {
    Found found;
    if (note) found.noted = store_->note_used(known->used(since_s));
    const auto changed = store_->changed();
    if (!changed)
      found.made = tl::unexpected(changed.error());
    else if (*changed || stale)
      found.made = make(snapshot);
    parts_.loop.post([this, note, until_s, found = std::move(found)] {
      looking_ = false;
      const Error* wrong = !found.noted ? &found.noted.error() : !found.made ? &found.made.error() : nullptr;
      if (wrong && !failing_) log::error("keys cannot be read anew, those known stay in force: {}", wrong->message);
      failing_ = wrong != nullptr;
      if (note && found.noted) noted_until_s_ = std::max(noted_until_s_, until_s);
      if (!found.made) stale_ = true;
      if (found.made && *found.made) take(*found.made, nullptr);
    });
  });
  if (looking_) stale_ = false;
}

bool Directory::post(std::function<void(protect::IdentityStore&, protect::AuditLog&)> work) {
  return parts_.executor.post([this, work = std::move(work)] { work(*store_, *audit_); });
}

void Directory::close() {
  // Behind all that was posted before, so that nothing touches the store afterwards.
  parts_.executor.wait();
  if (auto noted = store_->note_used(now_->table()->used(noted_until_s_)); !noted)
    log::warning("when keys were used last is not written down: {}", noted.error().message);
}

}  // namespace trine::gateway
