#include "cli/import_prices.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catalog/load.h"

namespace trine::cli::import_prices_test {
namespace {

ImportRules rules() {
  return {.today = "2026-11-23", .date = "2026-11-20", .source = "import-list"};
}

const catalog::Catalog& built_in() {
  static const auto catalog = *catalog::load();
  return *catalog;
}

PriceImport import(const std::string& text, const ImportRules& r = rules()) {
  auto i = import_prices("list", text, built_in(), r);
  EXPECT_TRUE(i) << (i ? "" : i.error().message);
  return i.value_or(PriceImport{});
}

// One row of LiteLLM's list with these fields besides the vendor.
PriceImport litellm(const std::string& fields, const std::string& model = "gpt-new") {
  return import("{\"" + model + "\": {\"litellm_provider\": \"openai\", \"mode\": \"chat\", " + fields + "}}");
}

PriceImport csv(const std::string& rows) {
  return import("provider,model,mode,input_usd_per_mtok,output_usd_per_mtok,cached_input_usd_per_mtok\n" + rows);
}

bool says(const std::vector<std::string>& lines, const std::string& text) {
  return std::any_of(lines.begin(), lines.end(), [&](const auto& l) { return l.find(text) != std::string::npos; });
}

std::string all(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& l : lines) out += l + "\n";
  return out;
}

const catalog::VendorPrice* row(const PriceImport& i, const std::string& model) {
  for (const auto& p : i.tables.prices)
    if (p.model == model) return &p;
  return nullptr;
}

TEST(ImportPrices, AllTiersOfLiteLlmBecomePricesPerMillion) {
  const auto i = litellm(
      "\"input_cost_per_token\": 2.5e-06, \"output_cost_per_token\": 1e-05, \"cache_read_input_token_cost\": 2.5e-07, "
      "\"output_cost_per_reasoning_token\": 1.2e-05, \"input_cost_per_token_batches\": 1.25e-06, "
      "\"output_cost_per_token_batches\": 5e-06, \"max_input_tokens\": 128000");
  const auto* p = row(i, "gpt-new");
  ASSERT_TRUE(p) << all(i.refused) << all(i.left_out);
  EXPECT_EQ(p->vendor, "openai");
  EXPECT_EQ(p->input.amount, euros(2.5));
  EXPECT_EQ(p->input.currency, "USD");
  EXPECT_EQ(p->cached_input->amount, euros(0.25));
  EXPECT_EQ(p->output->amount, euros(10));
  EXPECT_EQ(p->reasoning->amount, euros(12));
  EXPECT_EQ(p->batch_input->amount, euros(1.25));
  EXPECT_EQ(p->batch_output->amount, euros(5));
  EXPECT_EQ(p->context, 128'000);
  EXPECT_EQ(p->date, "2026-11-20");
  EXPECT_EQ(p->source, "import-list");
  EXPECT_EQ(i.added.size(), 1u);
}

TEST(ImportPrices, WhatCannotBeRightIsRefusedWithItsReason) {
  const auto refused = [](const std::string& in, const std::string& out, const std::string& more = "") {
    const auto i = litellm("\"input_cost_per_token\": " + in + ", \"output_cost_per_token\": " + out + more);
    EXPECT_EQ(row(i, "gpt-new"), nullptr) << in << " " << out;
    return all(i.refused);
  };
  EXPECT_NE(refused("0.022", "0.022").find("22000 USD per million tokens (input) is absurd, the limit is 200"),
            std::string::npos);
  EXPECT_NE(refused("2.5", "10").find("is absurd"), std::string::npos) << "per million where per token is meant";
  EXPECT_NE(refused("-1e-6", "1e-6").find("below zero"), std::string::npos);
  EXPECT_NE(refused("7.5e-8", "0").find("output costs zero"), std::string::npos);
  EXPECT_NE(refused("0", "1e-6").find("input costs zero"), std::string::npos);
  EXPECT_NE(refused("1e-6", "null").find("has no output price"), std::string::npos);
  EXPECT_NE(refused("1e-12", "4e-12").find("is it per token?"), std::string::npos);
  EXPECT_NE(refused("1e-5", "2e-6").find("swapped?"), std::string::npos);
  EXPECT_NE(refused("1e-7", "1e-4").find("over 100 times input"), std::string::npos);
  EXPECT_NE(refused("1e-6", "4e-6", ", \"cache_read_input_token_cost\": 2e-6").find("dearer than input"),
            std::string::npos);
  EXPECT_NE(refused("1e-6", "4e-6", ", \"input_cost_per_token_batches\": 2e-6").find("batch tier"), std::string::npos);
  EXPECT_NE(refused("1e-6", "4e-6", ", \"deprecation_date\": \"2026-11-23\"").find("was retired on 2026-11-23"),
            std::string::npos);
  EXPECT_NE(refused("\"cheap\"", "4e-6").find("is no number"), std::string::npos);
  EXPECT_NE(refused("1e-6", "4e-6", ", \"mode\": \"embedding\"").find("embedding model"), std::string::npos);
}

TEST(ImportPrices, ARowThatIsRefusedLeavesWhatTheCatalogHas) {
  const auto i = litellm("\"input_cost_per_token\": 0.022, \"output_cost_per_token\": 0.022", "gpt-4o");
  EXPECT_EQ(row(i, "gpt-4o")->input.amount, euros(2.5));
  EXPECT_TRUE(i.changed.empty());
}

TEST(ImportPrices, ChangesAreSaidAndJumpsAreRefused) {
  const auto dearer = litellm("\"input_cost_per_token\": 3e-06, \"output_cost_per_token\": 1e-05", "gpt-4o");
  ASSERT_EQ(dearer.changed.size(), 1u) << all(dearer.refused);
  EXPECT_EQ(dearer.changed[0], "openai gpt-4o: input 2.5 -> 3 USD");
  EXPECT_EQ(row(dearer, "gpt-4o")->cached_input->amount, euros(1.25)) << "the list does not speak of it";
  const std::string tenfold = "\"input_cost_per_token\": 2.5e-05, \"output_cost_per_token\": 1e-04";
  const auto jump = litellm(tenfold, "gpt-4o");
  EXPECT_TRUE(says(jump.refused, "more often a slip than a price")) << all(jump.changed);
  EXPECT_EQ(row(jump, "gpt-4o")->input.amount, euros(2.5));
  auto accept = rules();
  accept.accept_jumps = true;
  const auto taken = import("{\"gpt-4o\": {\"litellm_provider\": \"openai\", " + tenfold + "}}", accept);
  EXPECT_EQ(row(taken, "gpt-4o")->input.amount, euros(25));
  EXPECT_EQ(litellm("\"input_cost_per_token\": 2.5e-06, \"output_cost_per_token\": 1e-05", "gpt-4o").same, 1);
}

// The catalog with a row of its own, in EUR and with all tiers.
std::shared_ptr<const catalog::Catalog> with_tiers() {
  const auto list = import_prices(
      "own",
      "vendor,model,input_per_mtok,output_per_mtok,cached_input_per_mtok,batch_input_per_mtok,batch_output_per_mtok,"
      "reasoning_per_mtok,currency\nopenai,gpt-mine,2.3,9.2,1.15,1.2,4.6,10,EUR\n",
      built_in(), rules());
  EXPECT_TRUE(list);
  auto catalog = catalog::load_texts(catalog_files(*list, built_in(), "own", rules()));
  EXPECT_TRUE(catalog) << catalog.error().message;
  return *catalog;
}

TEST(ImportPrices, ATierInAnotherCurrencyIsDroppedAndSaid) {
  const auto before = with_tiers();
  const std::string head = "vendor,model,input_per_mtok,output_per_mtok,currency\n";
  const auto i = import_prices("list", head + "openai,gpt-mine,2.5,10,USD\n", *before, rules());
  ASSERT_TRUE(i) << i.error().message;
  const auto* p = row(*i, "gpt-mine");
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->cached_input || p->batch_input || p->batch_output || p->reasoning);
  ASSERT_EQ(i->changed.size(), 1u) << all(i->refused);
  EXPECT_EQ(i->changed[0],
            "openai gpt-mine: input 2.3 EUR -> 2.5, cached 1.15 EUR -> none, output 9.2 EUR -> 10, reasoning 10 EUR -> "
            "none, batch input 1.2 EUR -> none, batch output 4.6 EUR -> none USD");
  const auto same = import_prices("list", head + "openai,gpt-mine,2.3,9.2,EUR\n", *before, rules());
  ASSERT_TRUE(same);
  EXPECT_EQ(same->same, 1) << all(same->changed) << "in the same currency they stay";
}

TEST(ImportPrices, ATierAboveThePriceAsItIsNowIsDroppedAndBlocksNothing) {
  const auto before = with_tiers();
  auto of_list = rules();
  of_list.source = "import-later";
  const auto i = import_prices(
      "list",
      "vendor,model,input_per_mtok,output_per_mtok,currency\nopenai,gpt-mine,1.00,4.7,EUR\nopenai,gpt-b,1,4,USD\n",
      *before, of_list);
  ASSERT_TRUE(i) << i.error().message;
  const auto* p = row(*i, "gpt-mine");
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->cached_input || p->batch_input);
  EXPECT_EQ(p->batch_output->amount, euros(4.6)) << "still below the price of output";
  EXPECT_TRUE(says(i->changed, "cached 1.15 -> none")) << all(i->changed);
  EXPECT_TRUE(says(i->changed, "batch input 1.2 -> none")) << all(i->changed);
  EXPECT_FALSE(p->reasoning);
  EXPECT_TRUE(row(*i, "gpt-b"));
  const auto after = catalog::load_texts(catalog_files(*i, *before, "list", of_list));
  EXPECT_TRUE(after) << after.error().message;
}

TEST(ImportPrices, CsvRowsAreRefusedWithTheirLine) {
  const auto i =
      csv("openai,gpt-a,chat,1,4,0.1\n"
          "wandb,wandb/x,chat,22000,22000,\n"
          "openai,gpt-b,chat,1\n"
          "openai,gpt-a,chat,2,4,\n"
          "nobody,x,chat,1,4,\n"
          "openai,tts,audio_speech,1,4,\n"
          "openai,gpt-c,chat,0.000001,0.000004,\n"
          "gemini,gemini/gemini-9,chat,1,4,\n"
          "openai,my-model,embedding,1,0,\n"
          "openai,my-embed,embedding,1,0,\n");
  EXPECT_TRUE(says(i.refused, "list:3: wandb x: 22000 USD")) << all(i.refused);
  EXPECT_TRUE(says(i.refused, "list:4: 4 fields"));
  EXPECT_TRUE(says(i.refused, "list:5: openai gpt-a stands twice, with other prices"));
  EXPECT_TRUE(says(i.refused, "list:8: openai gpt-c: 1e-06 USD"));
  EXPECT_TRUE(says(i.refused, "list:10: openai my-model: is listed as an embedding model"));
  EXPECT_EQ(i.refused.size(), 5u) << all(i.refused);
  EXPECT_TRUE(says(i.left_out, "vendors that the catalog does not have (a row under vendors: adds one): nobody 1."));
  EXPECT_TRUE(says(i.left_out, "audio_speech"));
  ASSERT_TRUE(row(i, "gemini-9"));
  EXPECT_EQ(row(i, "gemini-9")->vendor, "google");
  EXPECT_FALSE(row(i, "my-embed")->output);
}

TEST(ImportPrices, NamesOfStrangersAreNotTrusted) {
  const auto i = csv("openai,gpt-\xff,chat,1,4,\nopenai,gpt-\x1b[2J,chat,1,4,\nopenai,,chat,1,4,\n");
  EXPECT_TRUE(i.added.empty());
  ASSERT_EQ(i.refused.size(), 3u);
  EXPECT_TRUE(i.refused[1].starts_with("list:3: openai gpt-?[2J: such characters")) << i.refused[1];
  const auto currency = import("vendor,model,input_per_mtok,output_per_mtok,currency\nmistral,m-new,1,3,bitcoin\n");
  EXPECT_TRUE(says(currency.refused, "bitcoin is no currency such as USD"));
  EXPECT_EQ(
      row(import("vendor,model,input_usd_per_mtok,output_usd_per_mtok,max_input_tokens\nmistral,m-new,1,3,1e300\n"),
          "m-new")
          ->context,
      0)
      << "not known";
}

TEST(ImportPrices, AnotherCurrencyByHeadingOrColumn) {
  const auto heading = import("vendor,model,input_eur_per_mtok,output_eur_per_mtok\nmistral,m-new,1,3\n");
  EXPECT_EQ(row(heading, "m-new")->input.currency, "EUR");
  const auto column = import("vendor,model,input_per_mtok,output_per_mtok,currency\nmistral,m-new,1,3,GBP\n");
  EXPECT_EQ(row(column, "m-new")->input.currency, "GBP");
}

TEST(ImportPrices, MachinesAreChecked) {
  const std::string head =
      "provider,instance,gpu,gpu_count,vcpus,mem_gib,region,country,em_zone,price_usd_h,spot_usd_h,"
      "price_per_gpu_usd_h,source_path,source_commit\n";
  const auto i = import(head +
                        "verda,new,H100-SXM,1,32,185,FIN-02,FI,FI,2.29,0.8,2.29,p,c\n"
                        "verda,sum,H100-SXM,4,32,185,FIN-02,FI,FI,2.29,,2.29,p,c\n"
                        "verda,spot,H100-SXM,1,32,185,FIN-02,FI,FI,2.29,3,2.29,p,c\n"
                        "verda,free,H100-SXM,1,32,185,FIN-02,FI,FI,0,,,p,c\n"
                        "verda,cents,H100-SXM,1,32,185,FIN-02,FI,FI,229,,229,p,c\n"
                        "gcp,vm,none,0,12,170,europe-west4,NL,NL,1.21,0.47,,p,c\n"
                        "verda,huge,H100-SXM,1,32,1e9,FIN-02,FI,FI,2.29,,2.29,p,c\n"
                        "verda,other,TPU,1,32,185,FIN-02,FI,FI,2.29,,2.29,p,c\n");
  EXPECT_EQ(i.added, std::vector<std::string>{"verda-fin-02/new: 2.29 USD per hour"});
  EXPECT_TRUE(says(i.refused, "list:3: verda sum: 4 GPUs at 2.29 are not 2.29")) << all(i.refused);
  EXPECT_TRUE(says(i.refused, "list:4: verda spot: the spot price"));
  EXPECT_TRUE(says(i.refused, "list:5: verda free: a price of 0"));
  EXPECT_TRUE(says(i.refused, "list:6: verda cents: 229 per GPU and hour is absurd"));
  EXPECT_TRUE(says(i.refused, "list:7: gcp vm: has no GPU"));
  EXPECT_TRUE(says(i.refused, "list:8: verda huge: 32 CPUs and 1e+09 GiB are no machine")) << all(i.refused);
  EXPECT_TRUE(says(i.left_out, "GPU TPU is not in the catalog"));
}

TEST(ImportPrices, WhatIsWrittenLoadsAsACatalog) {
  const auto i = csv("openai,gpt-${x}\",chat,1,4,0.1\n");
  ASSERT_EQ(i.added.size(), 1u) << all(i.refused);
  const auto files = catalog_files(i, built_in(), "list.csv", rules());
  EXPECT_EQ(files.size(), 2u) << "prices, and the source that is new";
  const auto catalog = catalog::load_texts(files);
  ASSERT_TRUE(catalog) << catalog.error().message;
  const auto* p = (*catalog)->find_vendor_price("openai", "gpt-${x}\"");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->cached_input->amount, euros(0.1));
  EXPECT_EQ((*catalog)->tables().prices.size(), built_in().tables().prices.size() + 1);
  EXPECT_EQ((*catalog)->find_vendor_price("openai", "gpt-4o")->source, "litellm-prices") << "others stay as they were";
  EXPECT_TRUE((*catalog)->find_source("import-list"));
}

TEST(ImportPrices, MachinesAreWrittenToo) {
  PriceImport i;
  i.tables = built_in().tables();
  i.machines = true;
  auto known = rules();
  known.source = "skypilot-catalog";
  const auto files = catalog_files(i, built_in(), "list", known);
  EXPECT_EQ(files.size(), 1u);
  const auto catalog = catalog::load_texts(files);
  ASSERT_TRUE(catalog) << catalog.error().message;
  const auto &a = (*catalog)->tables().instances, &b = built_in().tables().instances;
  ASSERT_EQ(a.size(), b.size());
  for (size_t k = 0; k < a.size(); ++k) {
    EXPECT_EQ(a[k].id, b[k].id);
    EXPECT_EQ(a[k].per_hour.amount, b[k].per_hour.amount);
    EXPECT_EQ(a[k].spot_per_hour.has_value(), b[k].spot_per_hour.has_value());
  }
}

TEST(ImportPrices, WhatIsNoListSaysWhichThereAre) {
  const auto error = [](const std::string& text) {
    const auto i = import_prices("list", text, built_in(), rules());
    return i ? std::string() : i.error().message;
  };
  EXPECT_EQ(error(""), "list: is empty.");
  EXPECT_NE(error("a,b\n1,2\n").find("is no price list that is known"), std::string::npos);
  EXPECT_NE(error("{ not json").find("is no JSON object of models"), std::string::npos);
  EXPECT_EQ(error("{}"), "list: has no prices.");
}

// -- the lists as published
// --------------------------------------------------------------------------------------------

std::optional<std::string> published(const std::string& name) {
  std::ifstream file(TRINE_SOURCE_DIR "/../shared/data/prices/" + name);
  if (!file) return {};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(PublishedPrices, LiteLlmsTrapsAreFound) {
  const auto text = published("llm_api_prices_litellm_subset.json");
  if (!text) GTEST_SKIP() << "the published list is not beside the repository";
  const auto i = import(*text);
  EXPECT_EQ(std::count_if(i.refused.begin(), i.refused.end(),
                          [](const auto& l) {
                            return l.find("wandb ") != std::string::npos && l.find("is absurd") != std::string::npos;
                          }),
            3)
      << all(i.refused);
  EXPECT_TRUE(says(i.refused, "gemini gemini-1.5-flash: is listed as an embedding model"));
  EXPECT_TRUE(says(i.refused, "claude-sonnet-4-20250514: was retired on 2026-05-14"));
  EXPECT_LT(i.refused.size(), 12u) << all(i.refused);
  EXPECT_TRUE(i.changed.empty()) << all(i.changed);
  EXPECT_GT(i.same, 80);
  EXPECT_GT(std::count_if(i.tables.prices.begin(), i.tables.prices.end(), [](const auto& p) { return p.batch_input; }),
            8);
  EXPECT_TRUE(catalog::load_texts(catalog_files(i, built_in(), "list", rules())));
}

TEST(PublishedPrices, TheTableIsTheCatalogs) {
  const auto text = published("llm_api_prices_usd_per_mtok.csv");
  if (!text) GTEST_SKIP() << "the published list is not beside the repository";
  const auto i = import(*text);
  EXPECT_TRUE(says(i.refused, "wandb meta-llama/Llama-3.1-8B-Instruct: 22000 USD")) << all(i.refused);
  EXPECT_TRUE(i.changed.empty()) << all(i.changed);
}

TEST(PublishedPrices, MachinesAreTheCatalogs) {
  const auto text = published("gpu_instance_prices.csv");
  if (!text) GTEST_SKIP() << "the published list is not beside the repository";
  const auto i = import(*text);
  EXPECT_EQ(i.refused.size(), 2u) << all(i.refused);
  EXPECT_TRUE(says(i.refused, "a2-ultragpu-1g (VM only; GPU billed apart): has no GPU"));
  EXPECT_TRUE(i.changed.empty()) << all(i.changed);
  EXPECT_TRUE(i.added.empty()) << all(i.added);
  EXPECT_GT(i.same, 30);
}

}  // namespace
}  // namespace trine::cli::import_prices_test
