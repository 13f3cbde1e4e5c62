// Rows that other rows refer to: identities, origins, targets; and those of what is open.
#include "ledger/tables.h"

namespace trine::ledger {
namespace {

// As they lie in a payload: split_names() of it.
std::string pack_names(std::initializer_list<std::string_view> names) {
  std::string packed;
  for (const auto name : names) {
    const auto n = static_cast<uint32_t>(name.size());
    packed.append(reinterpret_cast<const char*>(&n), sizeof n).append(name);
  }
  return packed;
}

}  // namespace

Result<std::optional<int64_t>> Tables::identity(std::string_view kind, std::string_view name) {
  if (name.empty()) return std::optional<int64_t>();
  auto found = find_identity_.reset().bind(kind).bind(name).step();
  if (!found) return tl::unexpected(found.error());
  if (*found) {
    const auto id = find_identity_.integer(0);
    find_identity_.reset();
    return id;
  }
  auto added = add_identity_.reset().bind(kind).bind(name).step();
  if (!added) return tl::unexpected(added.error());
  const auto id = add_identity_.integer(0);
  add_identity_.reset();
  return id;
}

Result<int64_t> Tables::target(Named& named) {
  if (named.id != 0) return named.id;
  const auto [deployment, zone, model] = split_names<3>(named.packed);
  auto found = find_target_.reset().bind(deployment).bind(zone).bind(model).step();
  if (found && *found) named.id = find_target_.integer(0);
  find_target_.reset();
  if (!found) return tl::unexpected(found.error());
  if (named.id != 0) return named.id;
  auto added = add_target_.reset().bind(deployment).bind(zone).bind(model).step();
  if (added) named.id = add_target_.integer(0);
  add_target_.reset();
  if (!added) return tl::unexpected(added.error());
  return named.id;
}

Result<void> Tables::know(Named& named) {
  if (named.id != 0) return {};
  const auto [org, team, project, key, workload, route, endpoint] = split_names<7>(named.packed);
  int64_t who[3] = {};
  const std::pair<std::string_view, std::string_view> kinds[] = {{"org", org}, {"team", team}, {"project", project}};
  for (size_t i = 0; i < std::size(kinds); ++i) {
    const auto id = identity(kinds[i].first, kinds[i].second);
    if (!id) return tl::unexpected(id.error());
    who[i] = id->value_or(0);
  }
  const auto key_id = identity("key", key);
  if (!key_id) return tl::unexpected(key_id.error());
  int64_t origin = 0;
  for (auto* statement : {&find_origin_, &add_origin_}) {
    if (origin != 0) break;
    statement->reset().bind(who[0]).bind(who[1]).bind(who[2]).bind(workload).bind(route).bind(endpoint);
    auto row = statement->step();
    if (row && *row) origin = statement->integer(0);
    statement->reset();
    if (!row) return tl::unexpected(row.error());
  }
  named.key = *key_id;
  named.id = origin;
  return {};
}

Result<std::optional<int64_t>> Tables::user(Named* named) {
  if (named == nullptr) return std::optional<int64_t>();
  if (named->id == 0) {
    const auto id = identity("user", named->packed);
    if (!id) return id;
    named->id = id->value_or(0);
  }
  return std::optional<int64_t>(named->id);
}

Result<bool> Tables::add_open_request(const CallIntent& i) {
  const auto& t = i.tenant;
  auto& origin = *names_->origin(pack_names({t.org, t.team, t.project, t.key, i.workload, i.route, i.endpoint}));
  if (auto known = know(origin); !known) return tl::unexpected(known.error());
  const auto user_id = user(names_->user(i.user));
  if (!user_id) return tl::unexpected(user_id.error());
  const IdBytes id(i.id.request);
  open_request_.reset().blob(id).bind(origin.id);
  open_request_.bind(origin.key);
  open_request_.bind(*user_id);
  open_request_.bind(unix_ns(i.start)).bind(static_cast<int64_t>(i.streamed));
  if (auto done = open_request_.run(); !done) return tl::unexpected(done.error());
  return db_->changes() > 0;
}

Result<void> Tables::add_open_call(const CallIntent& i, const Place& place) {
  const auto target_id = target(*names_->target(pack_names({i.deployment, i.zone, i.model})));
  if (!target_id) return tl::unexpected(target_id.error());
  const IdBytes id(i.id.request);
  open_call_.reset().blob(id).bind(static_cast<int64_t>(i.id.attempt));
  open_call_.bind(static_cast<int64_t>(place.worker)).bind(static_cast<int64_t>(place.segment));
  open_call_.bind(static_cast<int64_t>(place.offset)).bind(*target_id).bind(unix_ns(i.start)).bind(i.in_estimate);
  open_call_.bind(static_cast<int64_t>(i.streamed)).bind(static_cast<int64_t>(i.simulated));
  return open_call_.bind(static_cast<int64_t>(i.beside)).run();
}

}  // namespace trine::ledger
