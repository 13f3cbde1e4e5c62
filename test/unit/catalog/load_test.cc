#include "catalog/load.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace trine::catalog::load_test {
namespace {

std::string complaint(const std::string& name, const std::string& text) {
  const auto loaded = load_texts({{name, text}});
  return loaded ? "" : loaded.error().message;
}

constexpr std::string_view kPriceHead = R"(vendors:
  - { id: "acme", name: "Acme", zone: "DE", source: "litellm-prices" }
prices:
)";

std::string prices(const std::string& row) {
  std::string all(kPriceHead);
  // vendor_models.yaml refers to these
  for (const auto* v : {"openai", "anthropic", "google", "mistral", "ovhcloud"})
    all.insert(all.find("prices:"), std::string("  - { id: ") + v + ", name: x, zone: US, source: ecologits }\n");
  return all + row + "\n";
}

TEST(Load, RefusesATokenPriceOutBy1e5WithItsPlace) {
  const auto text = prices(
      R"(  - { vendor: "acme", model: "m", mode: "chat", input: 22000, output: 22000, currency: "USD", date: "2026", source: "litellm-prices" })");
  const auto said = complaint("vendors.yaml", text);
  EXPECT_NE(said.find("vendors.yaml:9:"), std::string::npos) << said;
  EXPECT_NE(said.find("22000 USD per million tokens is absurd"), std::string::npos) << said;
}

TEST(Load, RefusesAPriceOfZeroAndChatWithoutOutput) {
  EXPECT_NE(
      complaint(
          "vendors.yaml",
          prices(
              R"(  - { vendor: acme, model: m, mode: chat, input: 0, output: 1, currency: USD, date: "2026", source: ecologits })"))
          .find("above 0"),
      std::string::npos);
  EXPECT_NE(
      complaint(
          "vendors.yaml",
          prices(
              R"(  - { vendor: acme, model: m, mode: chat, input: 1, currency: USD, date: "2026", source: ecologits })"))
          .find("output price"),
      std::string::npos);
}

TEST(Load, AcceptsAPriceOfItsOwn) {
  const auto c = load_texts(
      {{"vendors.yaml",
        prices(
            R"(  - { vendor: acme, model: m, mode: chat, input: 1, output: 2, currency: EUR, date: "2026", source: ecologits })")}});
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ((*c)->find_vendor_price("acme", "m")->output->amount, euros(2));
}

TEST(Load, NamesTheNearestSourceWhereOneDoesNotExist) {
  const auto said =
      complaint("exchange.yaml", "rates:\n  - { from: USD, to: EUR, rate: 0.9, date: \"2024\", source: ecb-2042 }\n");
  EXPECT_EQ(said, "exchange.yaml:2:60: source: unknown source \"ecb-2042\"; did you mean \"ecb-2024\"?");
}

TEST(Load, RefusesWhatIsNoCurrency) {
  const auto said =
      complaint("exchange.yaml", "rates:\n  - { from: dollars, to: EUR, rate: 0.9, date: x, source: ecb-2024 }\n");
  EXPECT_EQ(said, "exchange.yaml:2:13: rates.from: \"dollars\" is not a currency such as EUR.");
}

TEST(Load, RefusesAnIntensityOfZero) {
  const auto said = complaint(
      "zones.yaml", "countries: []\nzones:\n  - { id: FR, name: France, lifecycle: { 2025: 0 }, source: ember }\n");
  EXPECT_NE(said.find("zones.yaml:3:"), std::string::npos) << said;
  EXPECT_NE(said.find("0.001"), std::string::npos) << said;
}

TEST(Load, RefusesUnknownKeysAndNamesThatOccurTwice) {
  EXPECT_NE(complaint("exchange.yaml", "rates:\n  - { from: USD, to: EUR, rat: 0.9, date: x, source: ecb-2024 }\n")
                .find("rate"),
            std::string::npos);
  const std::string row = "  - { from: USD, to: EUR, rate: 0.9, date: x, source: ecb-2024 }\n";
  const auto said = complaint("exchange.yaml", "rates:\n" + row + row);
  EXPECT_NE(said.find("exchange.yaml:3:"), std::string::npos) << said;
  EXPECT_NE(said.find("is there already, at exchange.yaml:2:"), std::string::npos) << said;
}

TEST(Load, ReportsProblemsOfSeveralFilesTogether) {
  const auto loaded = load_texts({{"exchange.yaml", "rates: 3\n"}, {"sources.yaml", "sources: 3\n"}});
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("exchange.yaml:1:"), std::string::npos);
  EXPECT_NE(loaded.error().message.find("sources.yaml:1:"), std::string::npos);
}

TEST(Load, RefusesAFileThatIsNotPartOfTheCatalog) {
  EXPECT_NE(complaint("zone.yaml", "zones: []\n").find("is not a file of the catalog"), std::string::npos);
}

TEST(Load, TakesFilesOfAFolderAndKeepsTheOthers) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "trine_catalog_folder";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "exchange.yaml")
      << "rates:\n  - { from: USD, to: EUR, rate: 0.25, date: x, source: ecb-2024 }\n";
  const auto c = load({.folder = folder.string(), .euro_rates = {}});
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ(*(*c)->convert({euros(1), "USD"}, "EUR"), euros(0.25));
  EXPECT_TRUE((*c)->find_gpu("H100"));
}

TEST(Load, SaysWhichFolderIsMissing) {
  const auto c = load({.folder = "/no/such/folder", .euro_rates = {}});
  ASSERT_FALSE(c);
  EXPECT_NE(c.error().message.find("/no/such/folder"), std::string::npos);
}

}  // namespace
}  // namespace trine::catalog::load_test
