// What the command line asks for, as one struct per command. CLI11 is used in options.cc and nowhere else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace trine::cli {

// Exit codes of every command.
inline constexpr int kOk = 0, kFailed = 1, kUsage = 2;

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

// Where the ledger is: a folder, or the configuration that names it.
struct LedgerSource {
  std::string config, dir;
};

struct ReportOptions {
  LedgerSource source;
  std::string since = "24h", until, by = "none";
  std::optional<std::string> workload, key, deployment, zone;
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
  std::optional<double> params_b, active_b, bits;  // 1e9 parameters
  std::optional<int> gpus;
  double batch = 64;  // running requests
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

struct EraseOptions {
  LedgerSource source;
  std::string user, key;  // one of them
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

using Command = std::variant<ServeOptions, CheckOptions, EngineSimOptions, ReportOptions, ExplainOptions,
                             EstimateOptions, BaselineCreateOptions, BaselineShowOptions, EraseOptions,
                             LedgerVerifyOptions, CatalogCheckOptions, CatalogImportOptions, CatalogListOptions,
                             ConfigDocsOptions, KeyNewOptions, GridOptions, GridImportOptions, BudgetsListOptions>;

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
