// trine abuse: keys that are under watch for what they did, and the operator's hand on them.
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/identity.h"
#include "cli/pages.h"
#include "cli/say.h"
#include "cli/table.h"

namespace trine::cli {
namespace {

using nlohmann::ordered_json;
using protect::WatchLevel;
using protect::WatchView;

std::string reasons_text(const std::vector<std::string>& reasons) {
  std::string out;
  for (const std::string& r : reasons) out += (out.empty() ? "" : ", ") + r;
  return printable(out);
}

ordered_json json_of(const WatchView& v) {
  ordered_json counts = ordered_json::object();
  for (size_t i = 0; i < v.counts.size(); ++i)
    if (v.counts[i] > 0) counts[name(static_cast<protect::Signal>(i))] = v.counts[i];
  ordered_json j{{"key", v.key},         {"level", name(v.level)}, {"points", v.sum}, {"since", iso8601(v.since)},
                 {"reasons", v.reasons}, {"counts", counts}};
  if (v.until) j["until"] = iso8601(*v.until);
  return j;
}

int list(IdentityPlace& place, const AbuseOptions& o) {
  const auto watched = place.store->watched();
  if (!watched) return complain(watched.error());
  if (o.json) {
    auto all = ordered_json::array();
    for (const WatchView& v : *watched) all.push_back(json_of(v));
    return say(all.dump()), kOk;
  }
  Table table({{"key"}, {"level"}, {"points", true}, {"since"}, {"until"}, {"because"}});
  for (const WatchView& v : *watched)
    table.row({printable(v.key), name(v.level), fmt::format("{:.0f}", v.sum), iso8601(v.since),
               v.until                            ? iso8601(*v.until)
               : v.level == WatchLevel::suspended ? "an operator ends it"
                                                  : "",
               reasons_text(v.reasons)});
  say(watched->empty() ? "No key is under watch." : table.text());
  return kOk;
}

int order(IdentityPlace& place, const AbuseOptions& o) {
  const bool clear = o.what == AbuseOptions::What::clear;
  const WatchLevel level = clear ? WatchLevel::none : WatchLevel::suspended;
  protect::WatchOrder order{o.key, level, o.because, local_user()};
  if (auto r = place.store->order(order); !r) return complain(r.error());
  const char* action = clear ? "abuse.order.clear" : "abuse.order.suspend";
  if (auto r = place.note(action, "key " + o.key, {{"because", o.because}}); !r) return complain(r.error());
  say(o.json ? ordered_json{{"key", o.key}, {"ordered", clear ? "clear" : "suspend"}}.dump()
             : fmt::format("{} {} once the gateway has seen the order, within a second while it runs.",
                           printable(o.key), clear ? "is cleared" : "is suspended"));
  return kOk;
}

}  // namespace

Result<std::string> watch_json(const std::string& identity_dir) {
  const auto store = protect::IdentityStore::open(identity_dir);
  if (!store) return tl::unexpected(store.error());
  const auto watched = (*store)->watched();
  if (!watched) return tl::unexpected(watched.error());
  auto all = ordered_json::array();
  for (const WatchView& v : *watched) {
    ordered_json j = json_of(v);
    j["score"] = v.sum;
    j["because"] = reasons_text(v.reasons);
    all.push_back(std::move(j));
  }
  return all.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

int run_abuse(const AbuseOptions& o) {
  const bool reads = o.what == AbuseOptions::What::list;
  auto place = open_identity(o.source, reads ? IdentityUse::read : IdentityUse::change);
  if (!place) return complain(place.error());
  return reads ? list(*place, o) : order(*place, o);
}

}  // namespace trine::cli
