#include "cli/options_protect.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <string_view>

#include "cli/options_common.h"

namespace trine::cli {
namespace {

void identity_options(CLI::App* c, IdentitySource& into) {
  c->add_option("-c,--config", into.config, "the configuration file")->type_name("FILE");
  c->add_option("--identity", into.dir, "the identity folder, instead of the configuration's")->type_name("DIR");
  c->callback([&into] {
    if (into.config.empty() && into.dir.empty()) throw CLI::RequiredError("One of -c FILE and --identity DIR");
  });
}

void rights(CLI::App* c, std::string& workload, std::vector<std::string>& routes, std::vector<std::string>& endpoints) {
  c->add_option("--workload", workload, "class of traffic, where a request does not say")->type_name("NAME");
  c->add_option("--routes", routes, "models that clients may ask for; default: those of the group above, or all")
      ->type_name("LIST")
      ->delimiter(',');
  c->add_option("--endpoints", endpoints, "of chat, completions, embeddings, responses, other; default likewise")
      ->type_name("LIST")
      ->delimiter(',')
      ->check(CLI::IsMember({"chat", "completions", "embeddings", "responses", "other"}).description(""));
}

}  // namespace

void teams_options(CLI::App* c, TeamsOptions::What what, TeamsOptions& o) {
  identity_options(c, o.source);
  json_flag(c, o.json);
  if (what == TeamsOptions::What::list) return;
  c->add_option("path", o.path, "organisation, organisation/team or organisation/team/project")
      ->type_name("PATH")
      ->required();
  if (what == TeamsOptions::What::create) rights(c, o.workload, o.routes, o.endpoints);
}

void keys_options(CLI::App* c, KeysOptions::What what, KeysOptions& o) {
  identity_options(c, o.source);
  json_flag(c, o.json);
  switch (what) {
    case KeysOptions::What::create:
      c->add_option("--group", o.group, "whose it is: organisation/team/project")->type_name("PATH")->required();
      c->add_option("--label", o.label, "what it is for, for people")->type_name("TEXT");
      c->add_option("--role", o.role, "on the admin port: none, viewer, operator or admin")
          ->type_name("ROLE")
          ->check(CLI::IsMember({"none", "viewer", "operator", "admin"}).description(""))
          ->capture_default_str();
      c->add_option("--expires", o.expires, "after so long (90d), or at a time; default: never")->type_name("WHEN");
      rights(c, o.workload, o.routes, o.endpoints);
      return;
    case KeysOptions::What::list:
      c->add_option("--group", o.group, "only those of this group and below")->type_name("PATH");
      return;
    case KeysOptions::What::rotate:
      c->add_option("--overlap", o.overlap, "how long the old key still works")
          ->type_name("TIME")
          ->capture_default_str();
      break;
    case KeysOptions::What::revoke:
      c->add_option("--because", o.because, "a reason, for the audit log")->type_name("TEXT");
      break;
    case KeysOptions::What::show:
      break;
  }
  c->add_option("id", o.id, "the key's id, trn_ and twelve letters; never its secret")->type_name("ID")->required();
}

void key_new_options(CLI::App* c, KeyNewOptions& o) {
  c->add_option("--id", o.id, "its name in reports")
      ->type_name("ID")
      ->check(CLI::Validator(
          [](std::string& id) {
            const auto good = [](unsigned char letter) {
              return std::isalnum(letter) ||
                     std::string_view("._:/@+-").find(static_cast<char>(letter)) != std::string::npos;
            };
            const bool fits = !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), good);
            return fits ? "" : std::string("an id has 1 to 128 of letters, digits and . _ : / @ + -");
          },
          "", "id"))
      ->capture_default_str();
}

void dashboards_options(CLI::App* c, DashboardsOptions::What what, DashboardsOptions& o) {
  using What = DashboardsOptions::What;
  if (what == What::check) {
    c->add_option("dir", o.out, "a folder of boards; with none: those that would be generated")->type_name("DIR");
    return;
  }
  c->add_option("--board", o.board, "only this one")->type_name("NAME");
  if (what == What::list) return;
  c->add_option("--panel", o.panel, "only this panel, on a board of its own; without --out on standard output")
      ->type_name("ID");
  c->add_option("--out", o.out, "the folder to write to; default: here")->type_name("DIR");
}

void guard_options(CLI::App* c, GuardOptions::What what, GuardOptions& o) {
  using What = GuardOptions::What;
  if (what == What::eval || what == What::train) {
    c->add_option("--data", o.data, "the folder of labelled texts: benign/, extraction/, ... (docs/guard-model.md)")
        ->type_name("DIR")
        ->required();
    c->add_option("--model", o.model, "the folder of the recipe and of our own phrases")
        ->type_name("DIR")
        ->capture_default_str();
    if (what == What::train)
      c->add_option("--out", o.out, "the file of weights")->type_name("FILE")->capture_default_str();
    return;
  }
  auto* config = c->add_option("-c,--config", o.config, "policy and rules of this configuration")->type_name("FILE");
  c->add_option("--policy", o.policy, "this policy file; default: the built-in one")
      ->type_name("FILE")
      ->excludes(config);
  if (what == What::policy) return;
  c->add_option("--rules", o.rules, "rule packs of this folder besides")->type_name("DIR")->excludes(config);
  c->add_option("--as", o.as, "who wrote it: user, system, assistant, tool or document")
      ->type_name("WHO")
      ->check(CLI::IsMember({"user", "system", "assistant", "tool", "document"}).description(""))
      ->capture_default_str();
  c->add_option("--system", o.system, "a file with the system prompt that an answer must not give away")
      ->type_name("FILE");
  json_flag(c, o.json);
  c->add_option("text", o.text, "the text; - reads standard input")->type_name("TEXT")->required();
}

void abuse_options(CLI::App* c, AbuseOptions::What what, AbuseOptions& o) {
  identity_options(c, o.source);
  json_flag(c, o.json);
  if (what == AbuseOptions::What::list) return;
  c->add_option("key", o.key, "its name in reports: trn_ and twelve letters, or the configuration's id")
      ->type_name("KEY")
      ->required();
  c->add_option("--because", o.because, "a reason, for the audit log")->type_name("TEXT")->required();
}

void audit_options(CLI::App* c, AuditOptions::What what, AuditOptions& o) {
  identity_options(c, o.source);
  json_flag(c, o.json);
  if (what == AuditOptions::What::verify) {
    c->add_option("--head", o.head, "a hash that was noted earlier: one line must have it")->type_name("SHA256");
    return;
  }
  c->add_option("--last", o.last, "so many lines, the newest")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}).description(""))
      ->capture_default_str();
  c->add_option("--action", o.action, "only actions that begin so: keys, keys.revoke, teams")->type_name("TEXT");
}

}  // namespace trine::cli
