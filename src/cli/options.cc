#include "cli/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <sstream>

#include "base/text.h"
#include "cli/options_choose.h"
#include "cli/options_common.h"
#include "cli/options_fleet.h"
#include "cli/options_load.h"
#include "cli/options_protect.h"
#include "cli/options_report.h"

namespace trine::cli {
namespace {

constexpr const char* kAbout =
    "Trine, the energy-aware AI gateway: cost, control and carbon of every request.\n"
    "Exit status: 0 done, 1 failed (standard error says why), 2 wrong usage.";

constexpr const char* kFooter =
    "First steps:\n"
    "  trine key new --id my-team              a key for a client, and the lines for the configuration\n"
    "  trine check -c trine.yaml               every mistake in it, with line and column\n"
    "  trine serve -c trine.yaml               the gateway\n"
    "  trine report -c trine.yaml --since 1h --by deployment\n"
    "`trine COMMAND --help` has the options of a command.";

// Everything that the options write to, while they are parsed.
struct Draft {
  ServeOptions serve;
  CheckOptions check;
  EngineSimOptions sim;
  ReportOptions report;
  ExplainOptions explain;
  BudgetsListOptions budgets;
  EstimateOptions estimate;
  BaselineCreateOptions baseline;
  BaselineShowOptions baseline_show;
  ScoreOptions score;
  DecideOptions decide;
  DecisionsOptions decisions;
  EraseOptions erase;
  CloseMonthOptions close_month;
  LedgerVerifyOptions verify;
  CatalogCheckOptions catalog_check;
  CatalogImportOptions catalog_import;
  CatalogListOptions catalog_list;
  GridOptions grid;
  GridImportOptions grid_import;
  KeyNewOptions key;
  InstancesListOptions instances, instance_events;
  InstancesApplyOptions apply;
  ReplayOptions replay;
  PlanOptions plan;
  TeamsOptions teams;
  KeysOptions keys;
  AbuseOptions abuse;
  GuardOptions guard;
  DashboardsOptions dashboards;
  AuditOptions audit;
  LoadOptions load;
};

// An app with its commands; `draft` must outlive it.
class Commands {
 public:
  explicit Commands(Draft& draft) : d_(draft) {
    app_.description(kAbout);
    app_.footer(kFooter);
    app_.name("trine");
    app_.set_version_flag("--version", std::string("trine ") + TRINE_VERSION, "print the version and end");
    app_.set_help_flag("-h,--help", "print this help and end");
    app_.require_subcommand(1);
    app_.get_formatter()->column_width(34);
    serving();
    reporting();
    estimating();
    intensities();
    comparing();
    choosing();
    planning();
    looking_up();
    protecting();
  }
  CLI::App& app() { return app_; }

  std::optional<Command> chosen() const {
    for (const auto& [app, make] : makers_) {
      if (app->parsed()) return make();
    }
    return {};
  }

 private:
  template <class Make>
  CLI::App* command(CLI::App* parent, const std::string& name, const std::string& about, Make make) {
    auto* c = parent->add_subcommand(name, about);
    c->footer("");
    makers_.emplace_back(c, make);
    return c;
  }
  CLI::App* group(const std::string& name, const std::string& about) {
    auto* g = app_.add_subcommand(name, about);
    g->footer("");
    g->require_subcommand(1);
    return g;
  }
  static void config_option(CLI::App* c, std::string& into, bool required = true) {
    auto* o = c->add_option("-c,--config", into, "the configuration file")->type_name("FILE");
    if (required) o->required();
  }
  static void ledger_options(CLI::App* c, LedgerSource& into) {
    config_option(c, into.config, false);
    c->add_option("--ledger", into.dir, "the ledger's folder, instead of the configuration's")->type_name("DIR");
    c->callback([&into] {
      if (into.config.empty() && into.dir.empty()) throw CLI::RequiredError("One of -c FILE and --ledger DIR");
    });
  }

  void serving() {
    auto* serve = command(&app_, "serve", "run the gateway until SIGTERM; SIGHUP reloads the configuration",
                          [this]() -> Command { return d_.serve; });
    config_option(serve, d_.serve.config);

    auto* check = command(&app_, "check", "read a configuration and say everything that is wrong with it",
                          [this]() -> Command { return d_.check; });
    config_option(check, d_.check.config);
    json_flag(check, d_.check.json);

    auto* sim = command(&app_, "engine-sim", "run a simulated engine: vLLM's API, energy and speed of a measured GPU",
                        [this]() -> Command { return d_.sim; });
    sim->add_option("--listen", d_.sim.listen, "where; port 0 takes a free one")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    sim->add_option("--model", d_.sim.model, "a model of the catalog")->type_name("MODEL")->required();
    sim->add_option("--gpu", d_.sim.gpu, "a GPU of the catalog")->type_name("GPU")->required();
    sim->add_option("--gpus", d_.sim.gpus, "how many of them")
        ->type_name("N")
        ->check(CLI::Range(1, 4096).description(""))
        ->capture_default_str();
    sim->add_option("--name", d_.sim.name, "its name in /metrics")->type_name("NAME");
    sim->add_option("--seed", d_.sim.seed, "what varies between two engines")->type_name("N")->capture_default_str();
    sim->add_option("--time-scale", d_.sim.time_scale, "engine seconds per second")
        ->type_name("X")
        ->check(number_in(1e-3, 1e6))
        ->capture_default_str();
    const auto positive = CLI::Range(int64_t{0}, int64_t{1} << 40).description("");
    sim->add_option("--fail-after", d_.sim.fail_after, "answer N calls, then fail (status 500, or what follows)")
        ->type_name("N")
        ->check(positive);
    sim->add_option("--die-after-tokens", d_.sim.die_after_tokens, "break the connection after N tokens")
        ->type_name("N")
        ->check(positive);
    sim->add_option("--delay", d_.sim.delay_ms, "wait so long before each answer")
        ->type_name("MS")
        ->check(CLI::Range(int64_t{0}, int64_t{3'600'000}).description(""));

    auto* load = command(&app_, "load", "send requests to an OpenAI-compatible API, and time its answers",
                         [this]() -> Command { return d_.load; });
    load_options(load, d_.load);
  }

  void reporting() {
    auto* report = command(&app_, "report", "tokens, money, energy and carbon of a period, and the saving",
                           [this]() -> Command { return d_.report; });
    ledger_options(report, d_.report.source);
    report_options(report, d_.report);

    auto* explain = command(&app_, "explain", "how one request came to its figures: window by window, factor by factor",
                            [this]() -> Command { return d_.explain; });
    explain->add_option("id", d_.explain.id, "the request's id, from the header x-trine-request-id")
        ->type_name("REQUEST_ID")
        ->required();
    ledger_options(explain, d_.explain.source);
    json_flag(explain, d_.explain.json);

    auto* budgets = group("budgets", "what may still be spent");
    auto* list = command(budgets, "list", "spent, limit, reset and forecast of each budget of the configuration",
                         [this]() -> Command { return d_.budgets; });
    config_option(list, d_.budgets.source.config);
    list->add_option("--ledger", d_.budgets.source.dir, "the ledger's folder, instead of the configuration's")
        ->type_name("DIR");
    json_flag(list, d_.budgets.json);

    auto* erase = command(&app_, "erase", "replace a user or a key by a pseudonym in the ledger; figures stay",
                          [this]() -> Command { return d_.erase; });
    ledger_options(erase, d_.erase.source);
    auto* user =
        erase->add_option("--user", d_.erase.user, "whom: an end user, as the requests named it")->type_name("NAME");
    erase->add_option("--key", d_.erase.key, "or the id of a key")->type_name("ID")->excludes(user);
    erase->parse_complete_callback([&e = d_.erase] {
      if (e.user.empty() && e.key.empty()) throw CLI::RequiredError("One of --user NAME and --key ID");
    });

    auto* ledger = group("ledger", "look after the ledger");
    auto* close = command(ledger, "close-month", "make a month's totals final; what comes later is prior period",
                          [this]() -> Command { return d_.close_month; });
    close->add_option("month", d_.close_month.month, "which, in UTC")->type_name("YYYY-MM")->required();
    ledger_options(close, d_.close_month.source);
    auto* verify = command(ledger, "verify", "read every record and check the database; changes nothing",
                           [this]() -> Command { return d_.verify; });
    ledger_options(verify, d_.verify.source);
    json_flag(verify, d_.verify.json);
  }

  void estimating() {
    auto* estimate = command(&app_, "estimate", "joules of a token before anything is measured: own GPUs, or a vendor",
                             [this]() -> Command { return d_.estimate; });
    auto& e = d_.estimate;
    auto* gpu = estimate->add_option("--gpu", e.gpu, "a GPU of the catalog: H100, A100, RTX-4090")->type_name("GPU");
    auto* vendor = estimate->add_option("--vendor", e.vendor, "or one request to this vendor")->type_name("VENDOR");
    vendor->excludes(gpu);
    estimate->add_option("--model", e.model, "a model of the catalog, or of the vendor")->type_name("MODEL");
    const auto positive = number_in(1e-6, 1e6);
    const auto own = [&](CLI::Option* o) { o->excludes(vendor); };
    own(estimate->add_option("--params-b", e.params_b, "all parameters, in 1e9")->type_name("N")->check(positive));
    own(estimate->add_option("--active-b", e.active_b, "active per token; default: all")
            ->type_name("N")
            ->check(positive));
    const auto experts = CLI::Range(1, 100'000).description("");
    auto* all = estimate->add_option("--experts", e.experts, "per layer; default: by the size, or the model's");
    auto* some = estimate->add_option("--active-experts", e.active_experts, "that one token uses");
    own(all->type_name("N")->check(experts)->needs(some));
    own(some->type_name("N")->check(experts)->needs(all));
    own(estimate->add_option("--bits", e.bits, "per weight; default: 16, or the model's")
            ->type_name("N")
            ->check(number_in(1.0, 64.0)));
    own(estimate->add_option("--gpus", e.gpus, "that serve the model together; default: 1, or the curve's")
            ->type_name("N")
            ->check(CLI::Range(1, 1024).description("")));
    own(estimate->add_option("--batch", e.batch, "requests that run at a time")
            ->type_name("N")
            ->check(positive)
            ->capture_default_str());
    own(estimate->add_option("--context", e.context, "tokens in context while generating; default: 600")
            ->type_name("N"));
    own(estimate->add_option("--kv-bytes-per-token", e.kv_bytes, "of context; default: the model's, or by its size")
            ->type_name("N"));
    const auto tokens = CLI::Range(int64_t{0}, int64_t{1} << 40).description("");
    auto* in = estimate->add_option("--in", e.in, "prompt tokens of a request")->type_name("N")->check(tokens);
    auto* out = estimate->add_option("--out", e.out, "tokens generated")->type_name("N")->check(tokens);
    in->needs(out);
    out->needs(in);
    estimate->add_option("--cached", e.cached, "of the prompt, found in the vendor's cache")
        ->type_name("N")
        ->check(tokens)
        ->needs(vendor)
        ->capture_default_str();
    estimate->add_option("--pue", e.pue, "of the data centre; default: the vendor's, or the world's mean")
        ->type_name("X");
    estimate->add_option("--zone", e.zone, "grid zone; default: the vendor's")->type_name("ZONE")->needs(vendor);
    estimate->add_flag("--ecologits", e.ecologits, "EcoLogits' formula unchanged: no prompt term")->needs(vendor);
    estimate->add_option("--dir", e.dir, "catalog files in it replace the built-in ones")->type_name("DIR");
    json_flag(estimate, e.json);
    estimate->parse_complete_callback([&e] {
      if (e.gpu.empty() && e.vendor.empty()) throw CLI::RequiredError("One of --gpu GPU and --vendor VENDOR");
    });
  }

  static void grid_source(CLI::App* c, GridSource& into) {
    config_option(c, into.config, false);
    c->add_option("--cache", into.cache, "the folder of the grid's cache, instead of the configuration's")
        ->type_name("DIR");
  }

  void intensities() {
    auto* grid = app_.add_subcommand("grid", "grams of CO2e per kWh of a zone: now, lately and ahead");
    grid->footer("");
    grid_source(grid, d_.grid.source);
    grid->add_option("--zone", d_.grid.zones, "this grid zone; may stand again; default: the configuration's")
        ->type_name("ZONE");
    grid->add_option("--from", d_.grid.from, "a time, or how long before now (6h)")->type_name("WHEN");
    grid->add_option("--to", d_.grid.to, "the end, likewise, or how long after now (+12h)")->type_name("WHEN");
    json_flag(grid, d_.grid.json);
    auto* import = command(grid, "import", "take a zone's values from a CSV or JSON file into the cache",
                           [this]() -> Command { return d_.grid_import; });
    grid_source(import, d_.grid_import.source);
    import->add_option("file", d_.grid_import.file, "ts_utc,FR,... or ts,g_per_kwh, or Electricity Maps' history")
        ->type_name("FILE")
        ->required();
    import->add_option("--zone", d_.grid_import.zone, "only this one, or whose a file without a zone is")
        ->type_name("ZONE");
    import->add_option("--method", d_.grid_import.method, "what the values count; only lifecycle is booked")
        ->type_name("METHOD")
        ->check(
            CLI::IsMember({"lifecycle", "lifecycle_production", "direct", "direct_production", "marginal", "market"}))
        ->capture_default_str();
    makers_.emplace_back(grid, [this]() -> Command { return d_.grid; });  // after its own command, which is the longer
  }

  void comparing() {
    auto* baseline = group("baseline", "what savings are measured against, frozen into a file");
    auto* create = command(baseline, "create", "freeze a vendor's price list, or what a log or an invoice shows",
                           [this]() -> Command { return d_.baseline; });
    auto& b = d_.baseline;
    create->add_option("--from", b.from, "vendor, log or invoice; the last two with the FILE behind it")
        ->type_name("WHAT")
        ->check(CLI::IsMember({"vendor", "log", "invoice"}))
        ->required();
    create->add_option("file", b.file, "the log (JSONL or CSV) or invoice (CSV)")->type_name("FILE");
    create->add_option("--vendor", b.vendor, "whose model; in a log: of rows that do not say")->type_name("VENDOR");
    create->add_option("--model", b.model, "likewise")->type_name("MODEL");
    create->add_option("--zone", b.zone, "grid zone to assume; default: the vendor's")->type_name("ZONE");
    create->add_option("--currency", b.currency, "the ledger's")->type_name("CODE")->capture_default_str();
    create->add_option("--facts", b.facts, "today's control facts; without it a terminal is asked")->type_name("FILE");
    create->add_flag("--skip-bad-rows", b.skip_bad_rows, "leave out rows that cannot be right, and count them");
    create->add_option("--replaces", b.replaces, "the baseline file whose next version this is")->type_name("FILE");
    create->add_option("--dir", b.dir, "catalog files in it replace the built-in ones")->type_name("DIR");
    create->add_option("-o,--out", b.out, "where it goes; never over a file that is there")
        ->type_name("FILE")
        ->capture_default_str();
    auto* show = command(baseline, "show", "check a baseline file and say what it holds",
                         [this]() -> Command { return d_.baseline_show; });
    show->add_option("file", d_.baseline_show.file, "the baseline file")->type_name("FILE")->required();
    show->add_option("--dir", d_.baseline_show.dir, "catalog files in it replace the built-in ones")->type_name("DIR");
    json_flag(show, d_.baseline_show.json);
  }

  void choosing() {
    score_options(command(&app_, "score", "what could serve a workload: cost, control and carbon as one number",
                          [this]() -> Command { return d_.score; }),
                  d_.score);
    decide_options(command(&app_, "decide", "put a choice on record, with what would have to change to change it",
                           [this]() -> Command { return d_.decide; }),
                   d_.decide);
    auto* decisions = group("decisions", "what was decided, and how it turned out");
    using What = DecisionsOptions::What;
    const auto about = [&](const char* name, const char* what_it_does, What what) {
      auto* c = command(decisions, name, what_it_does, [this, what]() -> Command {
        d_.decisions.what = what;
        return d_.decisions;
      });
      ledger_options(c, d_.decisions.source);
      decisions_options(c, what, d_.decisions);
      return c;
    };
    json_flag(about("list", "a line for each decision", What::list), d_.decisions.json);
    json_flag(about("show", "one decision with all its figures", What::show), d_.decisions.json);
    about("export", "decisions as pages for a repository", What::to_markdown);
    json_flag(about("review", "how decisions turned out, by the ledger; kept beside them", What::review),
              d_.decisions.json);
  }

  void planning() {
    plan_options(command(&app_, "plan", "how many machines of which option in each hour, and what that takes",
                         [this]() -> Command { return d_.plan; }),
                 d_.plan);
    replay_options(
        command(&app_, "replay", "a policy over a recorded trace and grid: what it takes, and the least there is",
                [this]() -> Command { return d_.replay; }),
        d_.replay);
    auto* instances = group("instances", "machines started and stopped by a plan");
    instances_list_options(
        command(instances, "list", "each machine and how it is", [this]() -> Command { return d_.instances; }),
        d_.instances);
    d_.instance_events.events = true;
    instances_list_options(command(instances, "events", "what happened to them, event by event",
                                   [this]() -> Command { return d_.instance_events; }),
                           d_.instance_events);
    instances_apply_options(
        command(instances, "apply", "start, drain and stop machines until there are those that a plan wants",
                [this]() -> Command { return d_.apply; }),
        d_.apply);
  }

  void looking_up() {
    auto* catalog = group("catalog", "grids, GPUs, models and prices that are known");
    auto* check = command(catalog, "check", "check a folder of catalog files (with none: what is built in)",
                          [this]() -> Command { return d_.catalog_check; });
    check->add_option("dir", d_.catalog_check.dir, "files in it replace the built-in ones")->type_name("DIR");
    auto* import = command(catalog, "import-prices", "read a price list into the catalog, without what cannot be right",
                           [this]() -> Command { return d_.catalog_import; });
    auto& i = d_.catalog_import;
    import->add_option("file", i.file, "LiteLLM's JSON, or a CSV of token or GPU prices")
        ->type_name("FILE")
        ->required();
    import->add_option("--dir", i.dir, "write the catalog's file there; without it nothing is written")
        ->type_name("DIR");
    import->add_option("--date", i.date, "of the list; default: today")->type_name("DATE");
    import->add_option("--source", i.source, "its id in sources.yaml; default: from the file's name")->type_name("ID");
    import->add_option("--currency", i.currency, "of a list that does not say")
        ->type_name("CODE")
        ->capture_default_str();
    import->add_flag("--accept-jumps", i.accept_jumps, "take prices that moved tenfold, too");
    json_flag(import, i.json);
    auto* list = command(catalog, "list", "list all rows of one kind", [this]() -> Command { return d_.catalog_list; });
    list->add_option("kind", d_.catalog_list.what, "gpus, models, zones or vendors")
        ->type_name("KIND")
        ->check(CLI::IsMember({"gpus", "models", "zones", "vendors"}))
        ->required();
    list->add_option("--dir", d_.catalog_list.dir, "files in it replace the built-in ones")->type_name("DIR");
    json_flag(list, d_.catalog_list.json);

    auto* config = group("config", "what a configuration may say");
    command(config, "reference", "every key with its default, as Markdown (docs/config.md)",
            []() -> Command { return ConfigDocsOptions{ConfigDocsOptions::What::reference}; });
    command(config, "schema", "JSON Schema for editors (docs/config.schema.json)",
            []() -> Command { return ConfigDocsOptions{ConfigDocsOptions::What::schema}; });

    auto* dashboards = group("dashboards", "boards for Grafana, rules for Prometheus");
    const auto board = [&](const char* name, const char* about, DashboardsOptions::What what) {
      auto* c = command(dashboards, name, about,
                        [this, what]() -> Command { return d_.dashboards.what = what, d_.dashboards; });
      dashboards_options(c, what, d_.dashboards);
    };
    board("generate", "write the boards, and the rules", DashboardsOptions::What::generate);
    board("list", "boards, rows and panels", DashboardsOptions::What::list);
    board("check", "check the boards against the metrics and our rules for boards", DashboardsOptions::What::check);

    auto* key = group("key", "clients' keys");
    auto* fresh = command(key, "new", "make a random key: the secret, and the lines for the configuration",
                          [this]() -> Command { return d_.key; });
    key_new_options(fresh, d_.key);
    json_flag(fresh, d_.key.json);
  }

  void protecting() {
    auto* teams = group("teams", "organisations, teams and projects");
    const auto team = [&](const char* name, const char* about, TeamsOptions::What what) {
      auto* c = command(teams, name, about, [this, what]() -> Command { return d_.teams.what = what, d_.teams; });
      teams_options(c, what, d_.teams);
    };
    team("create", "make one, or change what its keys may do", TeamsOptions::What::create);
    team("list", "all of them", TeamsOptions::What::list);
    team("remove", "one with all below it, once its keys are revoked", TeamsOptions::What::remove);

    auto* keys = group("keys", "clients' keys that work at once, without a reload");
    const auto key = [&](const char* name, const char* about, KeysOptions::What what) {
      auto* c = command(keys, name, about, [this, what]() -> Command { return d_.keys.what = what, d_.keys; });
      keys_options(c, what, d_.keys);
    };
    key("create", "make one; its secret is shown this once", KeysOptions::What::create);
    key("list", "a line for each", KeysOptions::What::list);
    key("show", "one of them", KeysOptions::What::show);
    key("revoke", "end one, within a second", KeysOptions::What::revoke);
    key("rotate", "another with the same rights; the old one works for a while", KeysOptions::What::rotate);

    auto* abuse = group("abuse", "keys under watch for what they did");
    const auto watch = [&](const char* name, const char* about, AbuseOptions::What what) {
      auto* c = command(abuse, name, about, [this, what]() -> Command { return d_.abuse.what = what, d_.abuse; });
      abuse_options(c, what, d_.abuse);
    };
    watch("list", "those that are flagged, slowed or suspended, and why", AbuseOptions::What::list);
    watch("suspend", "refuse all of a key's requests until it is cleared", AbuseOptions::What::suspend);
    watch("clear", "end a suspension or a watch, and forget what led to it", AbuseOptions::What::clear);

    auto* guard = group("guard", "what the guard says of a text, and how well it does");
    const auto guards = [&](const char* name, const char* about, GuardOptions::What what) {
      auto* c = command(guard, name, about, [this, what]() -> Command { return d_.guard.what = what, d_.guard; });
      guard_options(c, what, d_.guard);
    };
    guards("check", "scores, findings and the decision for one text", GuardOptions::What::check);
    guards("eval", "leave out each source in turn and measure on it; minutes", GuardOptions::What::eval);
    guards("train", "make the weights anew: the same bytes for the same data", GuardOptions::What::train);
    guards("policy", "a policy in sentences, for who answers for it", GuardOptions::What::policy);

    auto* audit = group("audit", "who changed what");
    const auto log = [&](const char* name, const char* about, AuditOptions::What what) {
      auto* c = command(audit, name, about, [this, what]() -> Command { return d_.audit.what = what, d_.audit; });
      audit_options(c, what, d_.audit);
    };
    log("verify", "check that no line was changed, left out or put in", AuditOptions::What::verify);
    log("show", "the newest lines", AuditOptions::What::show);
  }

  Draft& d_;
  CLI::App app_;
  std::vector<std::pair<CLI::App*, std::function<Command()>>> makers_;
};

std::string below(const std::string& path, const std::string& name) {
  return path.empty() ? name : fmt::format("{} {}", path, name);
}

void collect(CLI::App& app, const std::string& path, std::vector<std::string>& out) {
  for (const auto* o : app.get_options()) {
    const std::string name = o->get_lnames().empty() ? o->get_name() : "--" + o->get_lnames().front();
    if (name != "--help" && name != "--version") out.push_back(below(path, name));
  }
  for (auto* sub : app.get_subcommands([](CLI::App*) { return true; })) {
    const std::string inner = below(path, sub->get_name());
    out.push_back(inner);
    collect(*sub, inner, out);
  }
}

std::vector<std::string> names_in(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* c : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(c->get_name());
  return names;
}

// A sentence where a command is named that does not exist; CLI11 would only say that one is missing.
std::string unknown_command(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (const auto& word : words) {
    const auto names = names_in(*at);
    if (names.empty() || word.starts_with('-')) return {};
    if (std::find(names.begin(), names.end(), word) != names.end()) {
      at = at->get_subcommand(word);
      continue;
    }
    const std::vector<std::string_view> views(names.begin(), names.end());
    const auto near = nearest(word, views);
    const std::string instead =
        near.empty() ? fmt::format("there are {}", fmt::join(names, ", ")) : fmt::format("did you mean \"{}\"?", near);
    return fmt::format("There is no command \"{}\"; {}{}", word, instead, near.empty() ? "." : "");
  }
  return {};
}

// The help of a group that is named without a command of it ("trine", "trine ledger"); empty for anything else.
std::string help_of_group(CLI::App& app, const std::vector<std::string>& words) {
  const auto names = names_in(app);
  if (words.empty()) return app.help();
  if (words.size() > 1 || std::find(names.begin(), names.end(), words[0]) == names.end()) return {};
  const auto* group = app.get_subcommand(words[0]);
  return names_in(*group).empty() ? "" : group->help("trine");
}

// "trine report": how far the words named commands.
std::string reached(const CLI::App& app) {
  std::string path = app.get_name();
  for (const auto* c : app.get_subcommands()) {
    path += ' ' + c->get_name();
    for (const auto* inner : c->get_subcommands()) path += ' ' + inner->get_name();
  }
  return path;
}

}  // namespace

Parsed parse(const std::vector<std::string>& words) {
  Draft draft;
  Commands commands(draft);
  auto& app = commands.app();
  Parsed parsed;
  if (auto help = help_of_group(app, words); !help.empty()) {
    return {.command = {}, .exit_code = kUsage, .out = {}, .err = std::move(help)};
  }
  if (auto unknown = unknown_command(app, words); !unknown.empty()) {
    return {.command = {}, .exit_code = kUsage, .out = {}, .err = std::move(unknown)};
  }
  try {
    std::vector<std::string> backwards(words.rbegin(), words.rend());  // CLI11 takes them from the back
    app.parse(std::move(backwards));
    parsed.command = commands.chosen();
  } catch (const CLI::ParseError& e) {
    std::ostringstream out, err;
    parsed.exit_code = app.exit(e, out, err) == 0 ? kOk : kUsage;
    if (parsed.exit_code == kOk) {
      parsed.out = out.str();
    } else {
      parsed.err = fmt::format("{}; `{} --help` shows how.", e.what(), reached(app));
    }
  }
  return parsed;
}

std::vector<std::string> all_options() {
  Draft draft;
  Commands commands(draft);
  std::vector<std::string> all;
  collect(commands.app(), "", all);
  return all;
}

}  // namespace trine::cli
