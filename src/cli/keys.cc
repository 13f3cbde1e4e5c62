// trine keys: clients' keys that work without a reload.
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/identity.h"
#include "cli/say.h"
#include "cli/table.h"
#include "protect/identity_text.h"

namespace trine::cli {
namespace {

using nlohmann::ordered_json;
using protect::KeyInfo;

ordered_json parsed(const KeyInfo& k, Wall now) {
  return ordered_json::parse(protect::json_of(k, now));
}

void show_secret(const protect::NewKey& key, const std::string& group, bool json) {
  if (json)
    say(ordered_json{{"id", protect::key_name(key.id)}, {"key", key.text}, {"group", group}}.dump());
  else
    say(fmt::format("The key {} of {}, shown this once; give it to the client:\n\n  {}\n", protect::key_name(key.id),
                    group, key.text));
}

int create(IdentityPlace& place, const KeysOptions& o) {
  const Wall now = system_clock().wall();
  const auto expires = protect::parse_expiry(o.expires, now);
  if (!expires) return complain("--expires: " + expires.error().message, kUsage);
  const auto role = protect::parse_role(o.role);
  const protect::KeyWish wish{o.group, o.label, o.workload, o.routes, o.endpoints, role.value_or(protect::Role::none),
                              *expires};
  const auto key = place.store->create(wish, now);
  if (!key) return complain(key.error());
  std::vector<std::pair<std::string, std::string>> detail{
      {"group", o.group}, {"role", o.role}, {"routes", list_or_all(o.routes)}, {"endpoints", list_or_all(o.endpoints)}};
  if (!o.label.empty()) detail.emplace_back("label", o.label);
  if (*expires) detail.emplace_back("expires", iso8601(**expires));
  if (auto r = place.note("keys.create", "key " + protect::key_name(key->id), std::move(detail)); !r) {
    // Nothing happens without a line in the log.
    if (auto undone = place.store->revoke(key->id, now); !undone) return complain(undone.error());
    return complain(r.error());
  }
  show_secret(*key, o.group, o.json);
  return kOk;
}

int list(IdentityPlace& place, const KeysOptions& o) {
  const auto keys = place.store->keys(o.group);
  if (!keys) return complain(keys.error());
  const Wall now = system_clock().wall();
  if (o.json) {
    auto all = ordered_json::array();
    for (const KeyInfo& k : *keys) all.push_back(parsed(k, now));
    say(all.dump());
    return kOk;
  }
  if (keys->empty()) say("There is none.");
  Table table({{"id"}, {"group"}, {"label"}, {"state"}, {"role"}, {"routes"}, {"last used"}});
  for (const KeyInfo& k : *keys)
    table.row({protect::key_name(k.id), k.group, printable(k.label), protect::state_of(k, now), name(k.role),
               list_or_all(k.routes), k.last_used ? iso8601(*k.last_used) : ""});
  if (!keys->empty()) say(table.text());
  return kOk;
}

int show(IdentityPlace& place, const KeysOptions& o, protect::KeyId id) {
  const auto key = place.store->key(id);
  if (!key) return complain(key.error());
  if (!*key) return complain(fmt::format("There is no key {}.", o.id));
  const ordered_json j = parsed(**key, system_clock().wall());
  if (o.json) {
    say(j.dump());
    return kOk;
  }
  for (const auto& [name, value] : j.items()) {
    const std::string text =
        value.is_array() ? list_or_all(value.get<std::vector<std::string>>()) : value.get<std::string>();
    if (!text.empty()) say(fmt::format("{:<12} {}", name, printable(text)));
  }
  return kOk;
}

int revoke(IdentityPlace& place, const KeysOptions& o, protect::KeyId id) {
  if (auto r = place.store->revoke(id, system_clock().wall()); !r) return complain(r.error());
  std::vector<std::pair<std::string, std::string>> detail;
  if (!o.because.empty()) detail.emplace_back("because", o.because);
  if (auto r = place.note("keys.revoke", "key " + o.id, std::move(detail)); !r) return complain(r.error());
  say(o.json ? ordered_json{{"revoked", o.id}}.dump()
             : fmt::format("{} works no more; a running gateway knows within a second.", o.id));
  return kOk;
}

int rotate(IdentityPlace& place, const KeysOptions& o, protect::KeyId id) {
  const auto overlap = parse_duration(o.overlap);
  if (!overlap) return complain(fmt::format("--overlap: \"{}\" is no duration such as 24h.", o.overlap), kUsage);
  const auto fresh = place.store->rotate(id, *overlap, system_clock().wall());
  if (!fresh) return complain(fresh.error());
  if (auto r = place.note("keys.rotate", "key " + o.id, {{"to", protect::key_name(fresh->id)}, {"overlap", o.overlap}});
      !r)
    return complain(r.error());
  const auto old = place.store->key(id);
  const bool known = old && *old;
  show_secret(*fresh, known ? (*old)->group : "", o.json);
  if (!o.json && known && (*old)->expires)
    say(fmt::format("{} still works until {}.", o.id, iso8601(*(*old)->expires)));
  return kOk;
}

}  // namespace

int run_keys(const KeysOptions& o) {
  std::optional<protect::KeyId> id;
  if (!o.id.empty()) {
    id = protect::parse_key_name(o.id);
    if (!id && protect::id_of_key(o.id))
      return complain(
          "That is a whole key with its secret: name it by its id, the part up to the second '_', and rotate it now "
          "that "
          "it stood on a command line.",
          kUsage);
    if (!id)
      return complain("A key's id is trn_ and twelve letters and digits, as `trine keys list` shows it.", kUsage);
  }
  const bool reads = o.what == KeysOptions::What::list || o.what == KeysOptions::What::show;
  auto place = open_identity(o.source, reads ? IdentityUse::read : IdentityUse::change);
  if (!place) return complain(place.error());
  switch (o.what) {
    case KeysOptions::What::create:
      return create(*place, o);
    case KeysOptions::What::list:
      return list(*place, o);
    case KeysOptions::What::show:
      return show(*place, o, id.value_or(0));
    case KeysOptions::What::revoke:
      return revoke(*place, o, id.value_or(0));
    case KeysOptions::What::rotate:
      return rotate(*place, o, id.value_or(0));
  }
  return kUsage;
}

}  // namespace trine::cli
