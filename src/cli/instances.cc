// trine instances list, trine instances events: what the fleet's folder says.
#include "cli/instances.h"

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/table.h"
#include "fleet/instance_json.h"
#include "json/write.h"

namespace trine::cli {
namespace {

using fleet::Instance;
using fleet::InstanceEvent;

std::string stands(const Instance& i) {
  return i.stopping ? fmt::format("{}, stopping", fleet::name(i.state)) : fleet::name(i.state);
}

int list(const fleet::Instances& fleet, const InstancesListOptions& o) {
  if (o.json) {
    std::string out;
    json::Writer w(out);
    w.object().key("instances").array();
    for (const auto& [id, i] : fleet.all()) w.raw(to_json(i));
    w.end().end();
    say(out);
    return kOk;
  }
  if (fleet.all().empty()) {
    say(fmt::format("No instances in {}.", o.dir));
    return kOk;
  }
  Table table({{"instance"}, {"option"}, {"state"}, {"since"}, {"actuator"}, {"machine"}, {"url"}, {"reason"}});
  for (const auto& [id, i] : fleet.all()) {
    table.row({id, printable(i.option), stands(i), iso8601(std::chrono::floor<std::chrono::seconds>(i.changed_at)),
               printable(i.actuator), printable(i.machine), printable(i.url), printable(i.reason)});
  }
  say(table.text());
  return kOk;
}

int events(const InstancesListOptions& o) {
  Table table({{"at"}, {"instance"}, {"n", true}, {"event"}, {"option"}, {"machine"}, {"url"}, {"reason"}});
  bool any = false;
  const auto read = fleet::each_instance_event(o.dir, [&](const InstanceEvent& e) -> Result<void> {
    if (!o.instance.empty() && e.instance != o.instance) return {};
    any = true;
    if (o.json) {
      say(to_json(e, e.at));
    } else {
      table.row({iso8601(std::chrono::floor<std::chrono::milliseconds>(e.at)), e.instance, std::to_string(e.sequence),
                 fleet::name(e.kind), printable(e.option), printable(e.machine), printable(e.url),
                 printable(e.reason)});
    }
    return {};
  });
  if (!read) return complain(read.error());
  if (!any && !o.instance.empty()) return complain(fmt::format("There is no instance {} in {}.", o.instance, o.dir));
  if (!o.json) say(any ? table.text() : fmt::format("No events in {}.", o.dir));
  return kOk;
}

}  // namespace

Result<fleet::Instances> known_instances(const std::string& dir) {
  std::error_code ec;
  if (!std::filesystem::exists(std::filesystem::path(dir) / "ledger.db", ec))
    return fail(Code::not_found, "There is no fleet in {}; `trine instances apply` makes one.", dir);
  // What a crash left is folded first; where another process runs on the folder, it does that itself after each pass.
  auto store = fleet::InstanceStore::open({.dir = dir});
  if (store) return (*store)->instances();
  if (store.error().code == Code::data_loss) return tl::unexpected(store.error());
  return fleet::read_instances(dir);
}

int run_instances_list(const InstancesListOptions& o) {
  const auto fleet = known_instances(o.dir);
  if (!fleet) return complain(fleet.error());
  return o.events ? events(o) : list(*fleet, o);
}

}  // namespace trine::cli
