#include "cli/baseline.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catalog/load.h"
#include "cli/facts.h"

namespace trine::cli::baseline_test {
namespace {

const Wall kNow = *parse_iso8601("2026-11-23T17:00:00Z");

class BaselineCreate : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-create-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    catalog_ = *catalog::load();
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  BaselineCreateOptions from(const std::string& what, const std::string& text) {
    BaselineCreateOptions o;
    o.from = what;
    o.file = (dir_ / "rows").string();
    std::ofstream(o.file) << text;
    return o;
  }
  MadeBaseline made(const BaselineCreateOptions& o) {
    auto m = make_baseline(*catalog_, o, kNow);
    EXPECT_TRUE(m) << (m ? "" : m.error().message);
    return m.value_or(MadeBaseline{});
  }
  std::string error(const BaselineCreateOptions& o) {
    const auto m = make_baseline(*catalog_, o, kNow);
    EXPECT_FALSE(m);
    return m ? "" : m.error().message;
  }
  std::filesystem::path dir_;
  std::shared_ptr<const catalog::Catalog> catalog_;
};

BaselineCreateOptions vendor(const std::string& model = "gpt-4o") {
  BaselineCreateOptions o;
  o.from = "vendor";
  o.vendor = "openai";
  o.model = model;
  return o;
}

TEST_F(BaselineCreate, FromAVendorItIsThePriceListOfTheDay) {
  const auto b = made(vendor()).baseline;
  EXPECT_EQ(b.title(), "openai gpt-4o (baseline version 1 of 2026-11-23)");
  EXPECT_EQ(b.zone, "US");
  ASSERT_EQ(b.models.size(), 1u);
  EXPECT_NEAR(to_euros(b.models[0].price.out) / to_euros(b.models[0].price.in), 4, 1e-9);
  EXPECT_NE(b.models[0].price_from.find("EUR per USD"), std::string::npos) << b.models[0].price_from;
  auto de = vendor();
  de.zone = "de";
  EXPECT_EQ(made(de).baseline.zone, "DE");
}

TEST_F(BaselineCreate, NamesThatNobodyKnowsAreSaid) {
  EXPECT_NE(error(vendor("gpt-4p")).find("; did you mean \"gpt-4"), std::string::npos);
  auto o = vendor();
  o.vendor = "openei";
  EXPECT_NE(error(o).find("openai"), std::string::npos);
  o = vendor();
  o.zone = "ZZ";
  EXPECT_TRUE(error(o).starts_with("--zone: ")) << error(o);
  o = vendor();
  o.model.clear();
  EXPECT_NE(error(o).find("--model"), std::string::npos);
  o.from = "log";
  EXPECT_NE(error(o).find("--from log FILE"), std::string::npos);
}

TEST_F(BaselineCreate, ALogGivesTheMixOfModels) {
  const auto b = made(from("log",
                           "{\"model\":\"gpt-4o\",\"input_tokens\":3000,\"output_tokens\":100,"
                           "\"timestamp\":\"2026-10-02T00:00:00Z\"}\n"
                           "{\"model\":\"openai/gpt-4o-mini\",\"input_tokens\":1000,\"output_tokens\":300,"
                           "\"timestamp\":\"2026-10-01T00:00:00Z\"}\n"
                           "{\"model\":\"gpt-4o-mini\",\"input_tokens\":1000,\"output_tokens\":100}\n"))
                     .baseline;
  ASSERT_EQ(b.models.size(), 2u);
  EXPECT_EQ(b.name, "openai gpt-4o and 1 more");
  EXPECT_EQ(b.models[1].requests, 2) << "one model by both names";
  EXPECT_DOUBLE_EQ(b.share_in(b.models[0]), 0.6);
  EXPECT_DOUBLE_EQ(b.share_out(b.models[1]), 0.8);
  EXPECT_EQ(b.first, "2026-10-01T00:00:00Z");
  EXPECT_EQ(b.last, "2026-10-02T00:00:00Z");
  EXPECT_EQ(b.file, "rows");
  EXPECT_EQ(b.file_hash.size(), 64u);
}

TEST_F(BaselineCreate, AMixCostsTheSumOfItsModels) {
  const auto b = made(from("log",
                           "model,input_tokens,output_tokens\n"
                           "gpt-4o,1000,0\ngpt-4o-mini,3000,100\n"))
                     .baseline;
  score::ServedHour hour;
  hour.sums.served = {1, 4'000'000, 0, 1'000'000};
  hour.grid = {100, 0.08, true};
  const auto s = score::savings(savings_baseline(b), {&hour, 1});
  ASSERT_TRUE(s) << s.error().message;
  const auto dear = made(vendor("gpt-4o")).baseline.models[0].price;
  const auto cheap = made(vendor("gpt-4o-mini")).baseline.models[0].price;
  EXPECT_NEAR(to_euros(s->baseline.cost), to_euros(dear.in) + 3 * to_euros(cheap.in) + to_euros(cheap.out), 1e-6);
  EXPECT_GT(s->baseline.energy, Energy());
}

TEST_F(BaselineCreate, AnInvoiceReplacesTheListPrice) {
  // gpt-4o at list: 2.5 and 10 dollars; this bill is four fifths of it.
  const auto m = made(from("invoice",
                           "model,input_tokens,output_tokens,cost_usd\n"
                           "gpt-4o,1000000,100000,2.80\n"));
  const auto list = made(vendor()).baseline.models[0].price;
  ASSERT_EQ(m.baseline.models.size(), 1u);
  EXPECT_NEAR(to_euros(m.baseline.models[0].price.in), 0.8 * to_euros(list.in), 1e-8);
  EXPECT_NEAR(to_euros(m.baseline.models[0].price.out), 0.8 * to_euros(list.out), 1e-8);
  EXPECT_NEAR(to_euros(*m.baseline.paid), 2.8 * 0.9239, 1e-8);
  EXPECT_TRUE(m.baseline.models[0].price_from.starts_with("invoice, 0.8000 of the list"));
  // What was paid is what it says for the same tokens.
  score::ServedHour hour;
  hour.sums.served = {1, 1'000'000, 0, 100'000};
  hour.grid = {100, 0.08, true};
  EXPECT_NEAR(to_euros(score::savings(savings_baseline(m.baseline), {&hour, 1})->baseline.cost),
              to_euros(*m.baseline.paid), 1e-8);
}

TEST_F(BaselineCreate, ACostWithoutACurrencyIsSaidToBeAssumed) {
  const auto m = made(from("invoice", "model,input_tokens,output_tokens,cost\ngpt-4o,1000000,100000,3.2\n"));
  ASSERT_FALSE(m.notes.empty());
  EXPECT_NE(m.notes[0].find("taken as EUR"), std::string::npos);
}

TEST_F(BaselineCreate, AbsurdRowsStopItUnlessTheyAreToBeLeftOut) {
  auto o = from("invoice",
                "model,input_tokens,output_tokens,cost_usd\n"
                "gpt-4o,1000000,100000,2.80\n"
                "gpt-4o,1000000,100000,280\n"
                "gpt-4o,1000,100,28\n"
                "gpt-9,1000000,100000,2.80\n"
                "gpt-4o,-1,100000,2.80\n");
  const auto text = error(o);
  const auto line = [&](int n) { return fmt::format("{}:{}: ", o.file, n); };
  EXPECT_NE(text.find(line(3)), std::string::npos) << "cents for dollars: " << text;
  EXPECT_NE(text.find(line(4)), std::string::npos) << "thousands of tokens: " << text;
  EXPECT_NE(text.find(line(5)), std::string::npos) << "no such model: " << text;
  EXPECT_NE(text.find(line(6)), std::string::npos) << "below zero: " << text;
  EXPECT_EQ(text.find(line(2)), std::string::npos);
  EXPECT_NE(text.find("4 of 5 rows cannot be right; mend them, or leave them out by --skip-bad-rows"),
            std::string::npos)
      << text;
  o.skip_bad_rows = true;
  const auto m = made(o);
  EXPECT_EQ(m.baseline.refused_rows, 4);
  EXPECT_EQ(m.refused.size(), 4u);
  EXPECT_EQ(m.baseline.models[0].in, 1'000'000);
  o = from("log", "model,input_tokens,output_tokens\ngpt-9,1,1\n");
  o.skip_bad_rows = true;
  EXPECT_NE(error(o).find("nothing is left to measure against"), std::string::npos);
}

TEST_F(BaselineCreate, ALogWithoutModelsTakesThatOfTheCommandLine) {
  auto o = from("log", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n");
  EXPECT_NE(error(o).find("--model names it for all rows"), std::string::npos);
  o.model = "gpt-4o";
  EXPECT_EQ(made(o).baseline.name, "openai gpt-4o");
}

TEST_F(BaselineCreate, ShowSaysWhatARequestTook) {
  auto b = made(from("log", "model,input_tokens,output_tokens\ngpt-4o,1155,211\ngpt-4o,1155,211\n")).baseline;
  b.control = {{"operator", "vendor"}};
  const auto j = nlohmann::json::parse(baseline_json(b, *catalog_));
  EXPECT_EQ(j.at("version"), 1);
  EXPECT_EQ(j.at("models").at(0).at("requests"), 2);
  EXPECT_NEAR(j.at("cost_per_request").get<double>(), (1155 * 2.5 + 211 * 10) * 0.9239e-6, 1e-6);
  EXPECT_NEAR(j.at("joules_per_token").get<double>() * (1155 + 211), j.at("joules_per_request").get<double>(), 1e-3);
  EXPECT_EQ(j.at("quality"), "D");
  const auto text = baseline_text(b, *catalog_);
  EXPECT_NE(text.find("per request (1155 in, 211 out): "), std::string::npos) << text;
  EXPECT_NE(text.find("operator vendor; not known: jurisdiction, "), std::string::npos) << text;
  EXPECT_NE(text.find("2 requests"), std::string::npos) << text;
}

TEST(ControlFacts, AFileIsCheckedAgainstTheRubric) {
  const auto facts = read_facts_text("f.yaml", "control: { operator: vendor, exit: weeks }\n");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->at("exit"), "weeks");
  EXPECT_NE(read_facts_text("f.yaml", "control: { operator: vendr }\n").error().message.find("vendor"),
            std::string::npos);
  EXPECT_FALSE(read_facts_text("f.yaml", "operator: vendor\n"));
}

TEST(ControlFacts, APersonAnswersByNumberOrWordAndMayLeaveOpen) {
  std::istringstream in("4\nnonsense\nForeign\n\n");
  std::ostringstream out;
  const auto facts = ask_facts(in, out);
  EXPECT_EQ(facts, (Facts{{"operator", "vendor"}, {"jurisdiction", "foreign"}}));
  EXPECT_NE(out.str().find("\"nonsense\" is none of them."), std::string::npos);
  EXPECT_NE(out.str().find("operator [1-4]: "), std::string::npos);
}

}  // namespace
}  // namespace trine::cli::baseline_test
