#include "cli/options.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace trine::cli::options_test {
namespace {

template <class T>
T parsed(const std::vector<std::string>& words) {
  const auto p = parse(words);
  EXPECT_TRUE(p.command) << p.err << p.out;
  if (!p.command || !std::holds_alternative<T>(*p.command)) {
    ADD_FAILURE() << "another command";
    return {};
  }
  return std::get<T>(*p.command);
}

std::string usage_error(const std::vector<std::string>& words) {
  const auto p = parse(words);
  EXPECT_FALSE(p.command);
  EXPECT_EQ(p.exit_code, kUsage);
  EXPECT_EQ(p.out, "");
  return p.err;
}

TEST(Options, ReportTakesWhatItsHelpSays) {
  const auto o =
      parsed<ReportOptions>({"report", "-c", "t.yaml", "--since", "1h", "--until", "5m", "--by", "zone", "--key", "k",
                             "--workload", "w", "--deployment", "d", "--zone", "FR", "--json"});
  EXPECT_EQ(o.source.config, "t.yaml");
  EXPECT_EQ(o.since, "1h");
  EXPECT_EQ(o.until, "5m");
  EXPECT_EQ(o.by, "zone");
  EXPECT_EQ(o.key, "k");
  EXPECT_EQ(o.workload, "w");
  EXPECT_EQ(o.deployment, "d");
  EXPECT_EQ(o.zone, "FR");
  EXPECT_TRUE(o.json);
}

TEST(Options, AReportIsRefusedWhatItWouldNotHeed) {
  const auto error = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"report", "--ledger", "l"});
    return usage_error(more);
  };
  EXPECT_NE(error({"--month", "2026-11", "--since", "5m"}).find("--since excludes --month"), std::string::npos);
  EXPECT_NE(error({"--month", "2026-11", "--until", "5m"}).find("--until excludes --month"), std::string::npos);
  EXPECT_NE(error({"--json", "--format", "pdf"}).find("excludes"), std::string::npos);
  EXPECT_NE(error({"--table", "ghg"}).find("--table: goes with --format csv"), std::string::npos);
  EXPECT_NE(error({"--table", "ghg", "--format", "html"}), "");
  EXPECT_NE(error({"--table", "ghg", "--json"}), "");
  EXPECT_EQ(parsed<ReportOptions>({"report", "--ledger", "l", "--table", "ghg", "--format", "csv"}).table, "ghg");
  EXPECT_EQ(parsed<ReportOptions>({"report", "--ledger", "l", "--month", "2026-11", "--json", "-o", "x"}).out, "x");
}

TEST(Options, AFilterThatIsNotGivenIsNone) {
  const auto o = parsed<ReportOptions>({"report", "--ledger", "var/ledger"});
  EXPECT_EQ(o.source.dir, "var/ledger");
  EXPECT_FALSE(o.key || o.workload || o.deployment || o.zone);
  EXPECT_EQ(o.by, "none");
}

TEST(Options, EngineSimTakesItsFaults) {
  const auto o = parsed<EngineSimOptions>(
      {"engine-sim", "--listen", "127.0.0.1:0", "--model",      "m", "--gpu",        "g", "--gpus",
       "2",          "--name",   "n",           "--seed",       "7", "--fail-after", "3", "--die-after-tokens",
       "5",          "--delay",  "20",          "--time-scale", "10"});
  EXPECT_EQ(o.listen, "127.0.0.1:0");
  EXPECT_EQ(o.gpus, 2);
  EXPECT_EQ(o.seed, 7u);
  EXPECT_EQ(o.fail_after, 3);
  EXPECT_EQ(o.die_after_tokens, 5);
  EXPECT_EQ(o.delay_ms, 20);
  EXPECT_EQ(o.time_scale, 10);
}

TEST(Options, LoadTakesARateOrATrace) {
  const auto o = parsed<LoadOptions>(
      {"load",      "http://h/v1", "--model",  "m",   "--key-file",          "k",  "--rate",           "20/s",
       "--for",     "5s",          "--stream", "0.7", "--documents",         "d",  "--document-share", "0.5",
       "--timeout", "9s",          "--seed",   "7",   "--concurrency-limit", "10", "--max-tokens",     "5"});
  EXPECT_EQ(o.url, "http://h/v1");
  EXPECT_EQ(o.rate, "20/s");
  EXPECT_EQ(o.stream, 0.7);
  EXPECT_EQ(o.document_share, 0.5);
  EXPECT_EQ(o.seed, 7u);
  EXPECT_EQ(o.most_open, 10);
  EXPECT_EQ(parsed<LoadOptions>({"load", "u", "--model", "m", "--trace", "t", "--speed", "10"}).speed, 10);
  EXPECT_NE(usage_error({"load", "u", "--model", "m"}).find("--rate RATE and --trace"), std::string::npos);
  EXPECT_NE(usage_error({"load", "u", "--model", "m", "--rate", "1/s", "--speed", "2"}), "") << "of no trace";
  EXPECT_NE(usage_error({"load", "u", "--model", "m", "--rate", "1/s", "--stream", "1.5"}).find("1.5"),
            std::string::npos);
  EXPECT_NE(usage_error({"load", "u", "--model", "m", "--rate", "1/s", "--document-share", "0.5"}), "") << "of none";
}

TEST(Options, ScoreAndDecideTakeTheSameOptions) {
  const std::vector<std::string> same = {"--fleet",       "f.yaml", "-c",        "t.yaml", "--zone", "FR",
                                         "--zone",        "DE",     "--ban",     "x",      "--in",   "100",
                                         "--out",         "20",     "--at",      "+6h",    "--for",  "730h",
                                         "--utilisation", "0.5",    "--weights", "cost=1"};
  const auto with = [&](std::vector<std::string> words) {
    words.insert(words.end(), same.begin(), same.end());
    return words;
  };
  const auto score = parsed<ScoreOptions>(with({"score", "--lambda", "0.1"}));
  const auto decide = parsed<DecideOptions>(with({"decide", "--choose", "a", "--over", "b,c", "--by", "ada"}));
  for (const ChoiceSource* s : {&score.source, &decide.source}) {
    EXPECT_EQ(s->fleet, "f.yaml");
    EXPECT_EQ(s->config, "t.yaml");
    EXPECT_EQ(s->zones, (std::vector<std::string>{"FR", "DE"}));
    EXPECT_EQ(s->ban, (std::vector<std::string>{"x"}));
    EXPECT_EQ(s->in, 100);
    EXPECT_EQ(s->at, "+6h");
    EXPECT_EQ(s->utilisation, 0.5);
    EXPECT_EQ(s->weights, "cost=1");
  }
  EXPECT_EQ(score.lambda, 0.1);
  EXPECT_EQ(decide.over, (std::vector<std::string>{"b", "c"}));
  EXPECT_NE(usage_error({"decide", "--fleet", "f.yaml"}).find("--choose NAME and --best"), std::string::npos);
  EXPECT_NE(usage_error({"decide", "--best", "--choose", "a"}), "");
  EXPECT_NE(usage_error({"score", "--in", "5"}), "") << "--out is missing";
  EXPECT_NE(usage_error({"score", "--utilisation", "0"}), "");
}

TEST(Options, DecisionsAreListedShownExportedAndReviewed) {
  using What = DecisionsOptions::What;
  EXPECT_EQ(parsed<DecisionsOptions>({"decisions", "list", "--ledger", "l"}).what, What::list);
  const auto show = parsed<DecisionsOptions>({"decisions", "show", "dec_1", "--ledger", "l", "--json"});
  EXPECT_EQ(show.what, What::show);
  EXPECT_EQ(show.id, "dec_1");
  EXPECT_EQ(parsed<DecisionsOptions>({"decisions", "export", "--ledger", "l", "--markdown", "d.md"}).file, "d.md");
  EXPECT_EQ(parsed<DecisionsOptions>({"decisions", "export", "--ledger", "l", "--markdown"}).file, "");
  EXPECT_EQ(parsed<DecisionsOptions>({"decisions", "review", "--ledger", "l", "--zone", "FR"}).zone, "FR");
  EXPECT_NE(usage_error({"decisions", "show", "--ledger", "l"}), "");
  EXPECT_NE(usage_error({"decisions", "list"}), "");
}

TEST(Options, CommandsOfAGroupAreTwoWords) {
  EXPECT_EQ(parsed<KeyNewOptions>({"key", "new", "--id", "team-a"}).id, "team-a");
  EXPECT_EQ(parsed<CatalogListOptions>({"catalog", "list", "gpus"}).what, "gpus");
  EXPECT_EQ(parsed<CatalogCheckOptions>({"catalog", "check", "data"}).dir, "data");
  EXPECT_EQ(parsed<LedgerVerifyOptions>({"ledger", "verify", "--ledger", "l"}).source.dir, "l");
  EXPECT_EQ(parsed<ConfigDocsOptions>({"config", "schema"}).what, ConfigDocsOptions::What::schema);
  EXPECT_EQ(parsed<ConfigDocsOptions>({"config", "reference"}).what, ConfigDocsOptions::What::reference);
}

TEST(Options, GridShowsZonesAndItsOwnCommandImports) {
  const auto o = parsed<GridOptions>(
      {"grid", "-c", "t.yaml", "--zone", "FR", "--zone", "DE", "--from", "6h", "--to", "+12h", "--json"});
  EXPECT_EQ(o.source.config, "t.yaml");
  EXPECT_EQ(o.zones, (std::vector<std::string>{"FR", "DE"}));
  EXPECT_EQ(o.from, "6h");
  EXPECT_EQ(o.to, "+12h");
  EXPECT_TRUE(o.json);
  const auto i = parsed<GridImportOptions>({"grid", "import", "v.csv", "--cache", "d", "--zone", "FR"});
  EXPECT_EQ(i.file, "v.csv");
  EXPECT_EQ(i.source.cache, "d");
  EXPECT_EQ(i.zone, "FR");
  EXPECT_EQ(i.method, "lifecycle");
  EXPECT_NE(usage_error({"grid", "import", "v.csv", "--method", "guess"}), "");
  EXPECT_NE(usage_error({"grid", "imprt"}).find("import"), std::string::npos);
}

TEST(Options, ABaselineIsMadeFromThreeThings) {
  const auto log =
      parsed<BaselineCreateOptions>({"baseline", "create", "--from", "log", "past.jsonl", "--facts", "f.yaml",
                                     "--skip-bad-rows", "--replaces", "old.yaml", "-o", "new.yaml"});
  EXPECT_EQ(log.from, "log");
  EXPECT_EQ(log.file, "past.jsonl");
  EXPECT_EQ(log.facts, "f.yaml");
  EXPECT_EQ(log.replaces, "old.yaml");
  EXPECT_EQ(log.out, "new.yaml");
  EXPECT_TRUE(log.skip_bad_rows);
  const auto vendor = parsed<BaselineCreateOptions>(
      {"baseline", "create", "--from", "vendor", "--vendor", "openai", "--model", "gpt-4o"});
  EXPECT_EQ(vendor.out, "baseline.yaml");
  EXPECT_EQ(vendor.currency, "EUR");
  EXPECT_TRUE(parsed<BaselineShowOptions>({"baseline", "show", "b.yaml", "--json"}).json);
  EXPECT_NE(usage_error({"baseline", "create"}).find("--from is required"), std::string::npos);
  EXPECT_NE(usage_error({"baseline", "create", "--from", "memory"}).find("memory"), std::string::npos);
  const auto import = parsed<CatalogImportOptions>({"catalog", "import-prices", "list.json", "--dir", "prices"});
  EXPECT_EQ(import.file, "list.json");
  EXPECT_EQ(import.dir, "prices");
  EXPECT_EQ(import.currency, "USD");
}

TEST(Options, HelpAndVersionAreNoErrors) {
  for (const auto& words : {std::vector<std::string>{"--help"}, {"report", "--help"}, {"--version"}, {"key", "-h"}}) {
    const auto p = parse(words);
    EXPECT_FALSE(p.command);
    EXPECT_EQ(p.exit_code, kOk);
    EXPECT_NE(p.out, "");
    EXPECT_EQ(p.err, "");
  }
}

TEST(Options, AWrongCommandIsNamedWithTheNearestRightOne) {
  EXPECT_EQ(usage_error({"chekc"}), "There is no command \"chekc\"; did you mean \"check\"?");
  EXPECT_EQ(usage_error({"ledger", "verfy"}), "There is no command \"verfy\"; did you mean \"verify\"?");
  EXPECT_EQ(usage_error({"key", "frobnicate"}), "There is no command \"frobnicate\"; there are new.");
}

TEST(Options, NoCommandShowsTheHelp) {
  EXPECT_NE(usage_error({}).find("engine-sim"), std::string::npos);
  EXPECT_NE(usage_error({"catalog"}).find("check a folder of catalog files"), std::string::npos);
}

TEST(Options, WhatIsMissingOrTooMuchIsSaid) {
  EXPECT_EQ(usage_error({"report"}), "One of -c FILE and --ledger DIR is required; `trine report --help` shows how.");
  EXPECT_EQ(usage_error({"erase", "--ledger", "l"}),
            "One of --user NAME and --key ID is required; `trine erase --help` shows how.");
  EXPECT_NE(usage_error({"erase", "--ledger", "l", "--user", "a", "--key", "b"}).find("excludes"), std::string::npos);
  EXPECT_NE(usage_error({"serve"}).find("--config is required"), std::string::npos);
  EXPECT_NE(usage_error({"check", "-c", "a", "b"}), "");
  EXPECT_NE(usage_error({"report", "--ledger", "l", "--by", "planet"}).find("planet"), std::string::npos);
  EXPECT_NE(usage_error({"engine-sim", "--model", "m", "--gpu", "g", "--gpus", "0"}), "");
  EXPECT_NE(usage_error({"engine-sim", "--model", "m", "--gpu", "g", "--delay", "-1"}), "");
  EXPECT_NE(usage_error({"key", "new", "--id", "a b"}).find("letters, digits"), std::string::npos);
}

// Each command has a heading in docs/cli.md, and each of its options stands under it.
TEST(Options, ThePageShowsEveryCommandAndOption) {
  std::ifstream file(TRINE_SOURCE_DIR "/docs/cli.md");
  ASSERT_TRUE(file);
  std::ostringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  for (const auto& name : all_options()) {
    const size_t option = name.find(" --");
    const std::string command = name.substr(0, option);
    const size_t heading = text.find("\n## trine " + command);
    if (option == std::string::npos) {
      // A group ("ledger") has no heading of its own, its commands have; a plain argument is in its command's.
      EXPECT_NE(text.find("## trine " + command.substr(0, command.rfind(' '))), std::string::npos) << name;
      continue;
    }
    ASSERT_NE(heading, std::string::npos) << name;
    const std::string section = text.substr(heading, text.find("\n## ", heading + 1) - heading);
    EXPECT_NE(section.find(name.substr(option + 1)), std::string::npos) << name << " is not in docs/cli.md";
  }
}

}  // namespace
}  // namespace trine::cli::options_test
