// trine audit: the log of admin changes and security verdicts.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/identity.h"
#include "cli/say.h"
#include "cli/table.h"
#include "protect/identity_text.h"

namespace trine::cli {
namespace {

int verify(const std::filesystem::path& dir, const AuditOptions& o) {
  std::optional<protect::Digest> head;
  if (!o.head.empty()) {
    head = protect::parse_hex(o.head);
    if (!head) return complain("--head: a hash has 64 hexadecimal digits in lower case.", kUsage);
  }
  const auto v = protect::verify_audit(dir, head ? &*head : nullptr);
  if (!v) return complain(v.error());
  const bool whole = v->faults.empty();
  if (o.json) {
    auto faults = nlohmann::ordered_json::array();
    for (const auto& f : v->faults) faults.push_back({{"where", f.where}, {"what", f.what}});
    say(nlohmann::ordered_json{{"whole", whole}, {"lines", v->lines}, {"head", hex(v->head)}, {"faults", faults}}
            .dump());
  } else if (whole) {
    say(v->lines == 0
            ? std::string("The audit log is empty.")
            : fmt::format(
                  "{} lines from {} to {}, and the chain is whole.\nNote its head elsewhere: trine audit verify "
                  "--head {}",
                  v->lines, iso8601(v->first), iso8601(v->last), hex(v->head)));
  } else {
    std::string all;
    for (const auto& f : v->faults) all += fmt::format("{}: {}\n", f.where, f.what);
    return complain(all + "The audit log was changed.\n");
  }
  return whole ? kOk : kFailed;
}

int show(const std::filesystem::path& dir, const AuditOptions& o) {
  const auto lines = protect::read_audit(dir, static_cast<size_t>(o.last), o.action);
  if (!lines) return complain(lines.error());
  if (o.json) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& l : *lines) all.push_back(nlohmann::ordered_json::parse(protect::json_of(l)));
    say(all.dump());
    return kOk;
  }
  Table table({{"at"}, {"who"}, {"from"}, {"action"}, {"what"}, {"outcome"}, {"detail"}});
  for (const auto& l : *lines) {
    std::string detail;
    for (const auto& [name, value] : l.entry.detail)
      detail += fmt::format("{}{}={}", detail.empty() ? "" : " ", name, value);
    table.row({iso8601(l.entry.at), printable(l.entry.actor), printable(l.entry.address), printable(l.entry.action),
               printable(l.entry.subject), l.entry.outcome, printable(detail)});
  }
  say(lines->empty() ? "There is no such line." : table.text());
  return kOk;
}

}  // namespace

int run_audit(const AuditOptions& o) {
  const auto dir = identity_dir(o.source);
  if (!dir) return complain(dir.error());
  const std::filesystem::path log = std::filesystem::path(*dir) / "audit";
  return o.what == AuditOptions::What::verify ? verify(log, o) : show(log, o);
}

}  // namespace trine::cli
