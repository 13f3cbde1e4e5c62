// trine baseline and catalog import-prices, as people and scripts call them: no terminal, files that stay.
#include <nlohmann/json.hpp>
#include <sstream>

#include "integration/cli/program.h"

namespace trine::cli::baseline_test {
namespace {

using namespace testing;
using Json = nlohmann::json;

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string config_with(const std::string& baseline) {
  return "deployments:\n  - { name: d, url: \"http://127.0.0.1:1/v1\", engine: sim, model: gpt-oss-20b, gpu: RTX-4090, "
         "zone: FR, price: { per_hour: 0.35 } }\nroutes: [ { model: m, deployments: [d] } ]\nbaseline: { file: \"" +
         baseline + "\" }\n";
}

TEST(TrineBaseline, MadeShownUsedAndRefusedOnceChanged) {
  const TempDir dir;
  const auto facts = dir.file("facts.yaml", "control: { operator: vendor, exit: weeks }\n");
  const auto file = (dir.path() / "b.yaml").string();
  const std::vector<std::string> create = {"baseline", "create",  "--from", "vendor", "--vendor", "openai", "--model",
                                           "gpt-4o",   "--facts", facts,    "--zone", "US",       "-o",     file};
  const auto made = run_trine(create);
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(made.err, "");
  EXPECT_NE(made.out.find("baseline: { file: \"" + file + "\" }"), std::string::npos) << made.out;

  const auto shown = run_trine({"baseline", "show", file, "--json"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(Json::parse(shown.out).at("control_facts").at("exit"), "weeks");

  const auto config = dir.file("t.yaml", config_with(file));
  EXPECT_EQ(run_trine({"check", "-c", config}).status, 0);

  const auto again = run_trine(create);
  EXPECT_EQ(again.status, 1);
  EXPECT_NE(again.err.find("is there already, and a frozen baseline is not overwritten"), std::string::npos)
      << again.err;

  const auto next = (dir.path() / "b2.yaml").string();
  EXPECT_EQ(run_trine({"baseline", "create", "--from", "vendor", "--vendor", "openai", "--model", "gpt-4o-mini",
                       "--facts", facts, "--replaces", file, "-o", next})
                .status,
            0);
  EXPECT_EQ(Json::parse(run_trine({"baseline", "show", next, "--json"}).out).at("version"), 2);

  std::string text = read(file);
  text.replace(text.find("\"US\""), 4, "\"PL\"");
  dir.file("b.yaml", text);
  for (const auto& words : {std::vector<std::string>{"baseline", "show", file}, {"check", "-c", config}}) {
    const auto refused = run_trine(words);
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("was changed after it was made"), std::string::npos) << refused.err;
  }
}

TEST(TrineBaseline, AbsurdRowsAreNamedAndNothingIsWritten) {
  const TempDir dir;
  const auto log = dir.file("log.jsonl",
                            "{\"model\":\"gpt-4o\",\"input_tokens\":100,\"output_tokens\":10}\n"
                            "{\"model\":\"gpt-4o\",\"input_tokens\":-100,\"output_tokens\":10}\n");
  const auto file = (dir.path() / "b.yaml").string();
  const auto ran = run_trine({"baseline", "create", "--from", "log", log, "-o", file});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find(log + ":2: input tokens are below zero (-100)."), std::string::npos) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(file));
  const auto without = run_trine({"baseline", "create", "--from", "log", log, "-o", file, "--skip-bad-rows"});
  EXPECT_EQ(without.status, 0) << without.err;
  EXPECT_NE(without.err.find(log + ":2: "), std::string::npos) << "left out, and said";
  EXPECT_NE(without.out.find("1 row left out"), std::string::npos) << without.out;
}

TEST(TrineImportPrices, WritesAFolderThatTheCatalogLoads) {
  const TempDir dir;
  const auto list = dir.file("list.csv",
                             "provider,model,mode,input_usd_per_mtok,output_usd_per_mtok\n"
                             "openai,gpt-next,chat,1.5,6\n"
                             "openai,gpt-4o,chat,2,8\n"
                             "openai,gpt-slip,chat,22000,22000\n");
  const auto into = (dir.path() / "prices").string();
  const auto dry = run_trine({"catalog", "import-prices", list});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_NE(dry.out.find("Nothing is written"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(into));

  const auto ran = run_trine({"catalog", "import-prices", list, "--dir", into, "--date", "2026-11-20", "--json"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  const auto j = Json::parse(ran.out);
  EXPECT_EQ(j.at("added").size(), 1u);
  EXPECT_EQ(j.at("changed").at(0), "openai gpt-4o: input 2.5 -> 2, output 10 -> 8 USD");
  EXPECT_NE(j.at("refused").at(0).get<std::string>().find(list + ":4: openai gpt-slip: 22000"), std::string::npos);
  EXPECT_EQ(j.at("written").size(), 2u);
  EXPECT_EQ(run_trine({"catalog", "check", into}).status, 0);
  const auto money = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"estimate", "--vendor", "openai", "--model", "gpt-4o",
                                      "--in",     "0",        "--out",  "1000000", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return Json::parse(run_trine(words).out).at("money").get<double>();
  };
  EXPECT_NEAR(money({"--dir", into}) / money({}), 0.8, 1e-9);

  const auto second = run_trine({"catalog", "import-prices", list, "--dir", into, "--json"});
  EXPECT_EQ(Json::parse(second.out).at("same"), 2) << "on the folder's own rows";
  EXPECT_TRUE(Json::parse(second.out).at("written").empty());
}

}  // namespace
}  // namespace trine::cli::baseline_test
