// What the command line asks for, as one struct per command. CLI11 is used in options.cc and options_choose.cc only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace trine::cli {

// Exit codes of every command.
inline constexpr int kOk = 0, kFailed = 1, kUsage = 2;
inline constexpr int kTooSlow = 3;  // of `trine load`: this machine did not keep up, its figures are not the server's

struct ServeOptions {
  std::string config;
};

struct CheckOptions {
  std::string config;
  bool json = false;
};

struct EngineSimOptions {
  std::string listen = "127.0.0.1:8000";
  std::string model, gpu, name;
  int gpus = 1;
  uint64_t seed = 1;
  double time_scale = 1;
  int64_t fail_after = -1;  // -1: never
  int64_t die_after_tokens = -1;
  int64_t delay_ms = 0;
};

// Load on an API that speaks OpenAI's chat completions.
struct LoadOptions {
  std::string url, model, key_file, ca_file;
  std::string rate, trace, duration;  // 20/s, a file, 60s; empty: not given
  double speed = 1;                   // of the trace
  double stream = 1;                  // a share
  int in = 0, out = 0;                // tokens; 0: the trace's, or a default
  bool ignore_eos = false;
  std::string documents;  // a folder
  double document_share = 0.3;
  int most_open = 4096;
  std::string timeout = "60s";
  std::optional<uint64_t> seed;
  bool json = false;
};

// Where the ledger is: a folder, or the configuration that names it.
struct LedgerSource {
  std::string config, dir;
};

struct ReportOptions {
  LedgerSource source;
  std::string since = "24h", until, month, by = "none";
  std::optional<std::string> workload, key, deployment, zone;
  std::string format = "text", table = "rows", out;
  bool json = false;
};

// What budgets have left.
struct BudgetsListOptions {
  LedgerSource source;
  bool json = false;
};

// One request's derivation.
struct ExplainOptions {
  LedgerSource source;
  std::string id;
  bool json = false;
};

// Of a model on own GPUs (gpu), or of one request to an API vendor (vendor).
struct EstimateOptions {
  std::string gpu, model, vendor, zone, dir;
  std::optional<double> params_b, active_b, bits;    // 1e9 parameters
  std::optional<int> gpus, experts, active_experts;  // experts: per layer
  double batch = 64;                                 // running requests
  std::optional<double> context, kv_bytes, pue;
  std::optional<int64_t> in, out;
  int64_t cached = 0;
  bool ecologits = false, json = false;
};

struct BaselineCreateOptions {
  std::string from;  // vendor, log, invoice
  std::string file;  // the log or invoice
  std::string vendor, model, zone;
  std::string currency = "EUR";
  std::string facts, replaces, dir;
  std::string out = "baseline.yaml";
  bool skip_bad_rows = false;
};

struct BaselineShowOptions {
  std::string file, dir;
  bool json = false;
};

// What to choose among, and by what: of a fleet file, of a configuration, or of the catalog's instances. With both
// files the options are the fleet's, and mix, grid, catalog and ledger the configuration's.
struct ChoiceSource {
  std::string fleet, config, ledger, dir, grid;
  std::string model = "llama-3.1-8b";  // of the catalog's instances
  std::string workload;
  std::vector<std::string> regions, zones, ban;
  std::string weights;  // "cost=0.4,control=0.2,carbon=0.4"
  std::optional<double> in, cached, out, utilisation, min_control;
  std::string ttft, tpot;  // durations
  std::string at;          // empty: now
  std::string span;        // empty: the hour of `at`
};

struct ScoreOptions {
  ChoiceSource source;
  std::optional<double> lambda;  // per kg CO2e
  bool json = false;
};

struct DecideOptions {
  ChoiceSource source;
  std::string choose;  // or
  bool best = false;   // the one with the highest score
  std::vector<std::string> over;
  std::string because, by;
  std::optional<double> tokens_per_month;
  double mean_share = 0.5;  // of the peak, on average over a month
  bool dry_run = false, json = false;
};

struct DecisionsOptions {
  enum class What { list, show, to_markdown, review } what = What::list;
  LedgerSource source;
  std::string id;
  std::string file;              // of to_markdown; empty: standard output
  std::string deployment, zone;  // of review: where the outcome is looked for
  bool json = false;
};

struct EraseOptions {
  LedgerSource source;
  std::string user, key;  // one of them
};

struct CloseMonthOptions {
  LedgerSource source;
  std::string month;  // 2026-11
};

struct LedgerVerifyOptions {
  LedgerSource source;
  bool json = false;
};

struct CatalogCheckOptions {
  std::string dir;
};

struct CatalogImportOptions {
  std::string file;              // a price list
  std::string dir;               // where the catalog's file goes; empty: nothing is written
  std::string date;              // of the list; empty: today
  std::string source;            // id in sources.yaml; empty: made from the file's name
  std::string currency = "USD";  // of a list that does not say
  bool accept_jumps = false;
  bool json = false;
};

struct CatalogListOptions {
  std::string what;  // gpus, models, zones, vendors
  std::string dir;
  bool json = false;
};

// Which grid: a configuration's, or what is built in with a cache folder besides.
struct GridSource {
  std::string config, cache;
};

struct GridOptions {
  GridSource source;
  std::vector<std::string> zones;  // none: the configuration's
  std::string from, to;            // empty: 6 h back, 12 h ahead
  bool json = false;
};

struct GridImportOptions {
  GridSource source;
  std::string file, zone, method = "lifecycle";
};

struct ConfigDocsOptions {
  enum class What { reference, schema } what = What::reference;
};

struct KeyNewOptions {
  std::string id = "new-key";
  bool json = false;
};

// `trine instances list`, and `events` with or without an instance.
struct InstancesListOptions {
  std::string dir = "var/fleet", instance;
  bool events = false, json = false;
};

struct InstancesApplyOptions {
  std::string plan, dir = "var/fleet", actuator = "dry-run";
  std::string command;  // with its arguments, and the environment variables that it gets
  std::vector<std::string> arguments, pass_env;
  std::string url, secret_file, ca_file;  // web hook
  std::string timeout;                    // of a program's run or a web hook's answer; empty: the actuator's own
  std::string watch;                      // empty: one pass
  int max = 20;
  std::string min_uptime = "15m", start_timeout = "15m", drain_deadline = "10m", keep = "24h";
  bool json = false;
};

// Machines by option and hour (docs/csoa.md §5).
struct PlanOptions {
  std::string fleet, grid, trace, shape = "raw", at, svg, dump_lp, dir;
  int hours = 168;
  std::optional<double> lambda, cost_slack, carbon_budget;  // at most one; none: the least cost
  std::vector<std::string> zones;                           // only options in these
  double seconds = 25;                                      // of the search
  bool json = false;
};

// A policy over a trace and a grid (docs/csoa.md §5).
struct ReplayOptions {
  std::string trace, fleet, grid, policy, shape = "raw", grid_start, dump_lp, dir;
  std::optional<double> lambda, cost_slack;  // at most one
  std::string weights;                       // cost=..,control=..,carbon=.. of csoa's router
  std::string zones;                         // DE,FR instead of the fleet's
  uint64_t seed = 1;
  std::optional<int> days, hours;  // at most one; default: the trace's span
  bool json = false;
};

// Where teams, keys and the audit log are: a folder, or the configuration that names it.
struct IdentitySource {
  std::string config, dir;
};

struct TeamsOptions {
  enum class What { create, list, remove } what = What::list;
  IdentitySource source;
  std::string path, workload;
  std::vector<std::string> routes, endpoints;
  bool json = false;
};

struct KeysOptions {
  enum class What { create, list, show, revoke, rotate } what = What::list;
  IdentitySource source;
  std::string id, group, label, workload, expires, because;
  std::string role = "none", overlap = "24h";
  std::vector<std::string> routes, endpoints;
  bool json = false;
};

struct AbuseOptions {
  enum class What { list, suspend, clear } what = What::list;
  IdentitySource source;
  std::string key, because;
  bool json = false;
};

struct AuditOptions {
  enum class What { verify, show } what = What::verify;
  IdentitySource source;
  std::string head, action;
  int64_t last = 50;
  bool json = false;
};

struct GuardOptions {
  enum class What { check, eval, train, policy } what = What::check;
  std::string config, policy, rules;      // what to judge by; empty: what is built in
  std::string text, as = "user", system;  // check: "-" reads standard input
  std::string data, model = "models/guard", out = "models/guard/weights.bin";
  bool json = false;
};

struct DashboardsOptions {
  enum class What { generate, list, check } what = What::generate;
  std::string board, panel, out;
};

using Command =
    std::variant<ServeOptions, CheckOptions, EngineSimOptions, ReportOptions, ExplainOptions, EstimateOptions,
                 BaselineCreateOptions, BaselineShowOptions, EraseOptions, LedgerVerifyOptions, CatalogCheckOptions,
                 CatalogImportOptions, CatalogListOptions, ConfigDocsOptions, KeyNewOptions, GridOptions,
                 BudgetsListOptions, GridImportOptions, ScoreOptions, DecideOptions, DecisionsOptions,
                 CloseMonthOptions, InstancesListOptions, InstancesApplyOptions, ReplayOptions, PlanOptions,
                 TeamsOptions, KeysOptions, AuditOptions, AbuseOptions, GuardOptions, LoadOptions, DashboardsOptions>;

struct Parsed {
  std::optional<Command> command;  // nothing: print `out` or `err` and end with `exit_code`
  int exit_code = kOk;
  std::string out, err;
};

// `words`: the arguments behind the program's name.
Parsed parse(const std::vector<std::string>& words);

// Every command with its options as they are typed, "report --since", for the test of docs/cli.md.
std::vector<std::string> all_options();

}  // namespace trine::cli
