#include "sim/generate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "sim/tokenizer.h"

namespace trine::sim::generate_test {
namespace {

using Json = nlohmann::json;

constexpr const char* invoice =
    "Extract the invoice as JSON: number, date, total.\n\n"
    "Rechnung\nRechnungsnummer: R-2026-118    Datum: 03.02.2026\n"
    "- Kunde: Müller & Söhne GmbH\r\nInvoice total: 1.234,56 EUR\n"
    "see https://example.com at 12:30\nDatum: 04.02.2026\n";

TEST(Tokenizer, PiecesJoinToTheTextAndNeverCutACharacter) {
  const std::string text = "Straßenbahn — 12345,67 €\n\n  fin. 日本語テキスト\t\"ok\"";
  std::string joined;
  for (const auto p : pieces(text)) {
    EXPECT_NE(static_cast<unsigned char>(p.front()) & 0xC0, 0x80) << p;
    joined += p;
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(count_tokens(text), static_cast<Tokens>(pieces(text).size()));
  EXPECT_EQ(count_tokens(""), 0);
}

TEST(Tokenizer, CountsLieNearFourCharactersAToken) {
  const std::string text =
      "The customer reported the damage on Monday and asked for a replacement within two weeks, as the contract says.";
  const double per_token = static_cast<double>(text.size()) / static_cast<double>(count_tokens(text));
  EXPECT_GT(per_token, 3.0);
  EXPECT_LT(per_token, 5.5);
}

TEST(Tokenizer, BlocksAreSharedExactlyUpToTheFirstDifference) {
  std::string a, b;
  for (int i = 0; i < 64; ++i) a += " w" + std::to_string(i % 10), b += i == 40 ? " q" : " w" + std::to_string(i % 10);
  const auto x = block_hashes(pieces(a)), y = block_hashes(pieces(b));
  size_t same = 0;
  while (same < y.size() && x[same] == y[same]) ++same;
  EXPECT_GT(same, 0u);
  for (size_t i = same; i < y.size(); ++i) EXPECT_NE(x[i], y[i]) << "chained hashes never meet again";
}

TEST(Extraction, FindsLabelledValuesAndNothingElse) {
  const auto pairs = labelled_values(invoice);
  ASSERT_EQ(pairs.size(), 4u);
  EXPECT_EQ(pairs[0], (std::pair<std::string, std::string>("Rechnungsnummer", "R-2026-118")));
  EXPECT_EQ(pairs[1], (std::pair<std::string, std::string>("Datum", "03.02.2026")));
  EXPECT_EQ(pairs[2], (std::pair<std::string, std::string>("Kunde", "Müller & Söhne GmbH")));
  EXPECT_EQ(pairs[3], (std::pair<std::string, std::string>("Invoice total", "1.234,56 EUR")));
}

TEST(Extraction, ReadsEmphasisedLabelsRowsOfTwoCellsAndXmlElements) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(labelled_values("- **Fornitore:** Elevatori S.r.l.\n"),
            (std::vector{Pair("Fornitore", "Elevatori S.r.l.")}));
  EXPECT_EQ(labelled_values("numero;OV-5520\na;b;c\n"), (std::vector{Pair("numero", "OV-5520")}));
  EXPECT_EQ(labelled_values("<a>\n  <Party><Name lang=\"pl\">Okna</Name><Id>7</Id></Party>\n<open>x\n< <b></b>"),
            (std::vector{Pair("Name", "Okna"), Pair("Id", "7")}));
}

TEST(Extraction, AnswersAJsonObjectOfThePairs) {
  const auto j = Json::parse(answer({.user = invoice}));
  EXPECT_EQ(j.at("rechnungsnummer"), "R-2026-118");
  EXPECT_EQ(j.at("invoice_total"), "1.234,56 EUR");
  EXPECT_EQ(j.size(), 4u);
}

TEST(Extraction, FollowsTheSchemaAndItsTypes) {
  Question q{.user = invoice, .json = true};
  q.schema = R"({"type":"object","properties":{
      "total":{"type":"number"}, "datum":{"type":"string"}, "iban":{"type":["string","null"]},
      "customer":{"type":"object","properties":{"kunde":{"type":"string"}}},
      "paid":{"type":"boolean"}, "pages":{"type":"integer"},
      "currency":{"enum":["USD","EUR"]}, "total_lines":{"type":"array","items":{"type":"number"}}}})";
  const auto j = Json::parse(answer(q));
  EXPECT_DOUBLE_EQ(j.at("total"), 1234.56);
  EXPECT_EQ(j.at("datum"), "03.02.2026");
  EXPECT_TRUE(j.at("iban").is_null());
  EXPECT_EQ(j.at("customer").at("kunde"), "Müller & Söhne GmbH");
  EXPECT_EQ(j.at("paid"), false);
  EXPECT_EQ(j.at("pages"), 0);
  EXPECT_EQ(j.at("currency"), "EUR");
  EXPECT_EQ(j.at("total_lines"), Json::array({1234.56}));
}

TEST(Extraction, ReadsAmountsInEuropeanAndEnglishNotation) {
  const auto amount = [](const char* text) {
    double v = -1;
    return parse_amount(text, v) ? v : -999;
  };
  EXPECT_DOUBLE_EQ(amount("1.234,56 EUR"), 1234.56);
  EXPECT_DOUBLE_EQ(amount("$1,234.56"), 1234.56);
  EXPECT_DOUBLE_EQ(amount("12,5 %"), 12.5);
  EXPECT_DOUBLE_EQ(amount("1.234"), 1234);
  EXPECT_DOUBLE_EQ(amount("-7.25."), -7.25);
  EXPECT_DOUBLE_EQ(amount("CHF 1'250.00"), 1250);
  EXPECT_DOUBLE_EQ(amount("1.234.567"), 1234567);
  EXPECT_DOUBLE_EQ(amount("none"), -999);
}

TEST(Answers, ProseSaysThatItIsSimulatedAndDependsOnQuestionAndSeed) {
  const Question q{.user = "Please explain the warranty of the dishwasher."};
  EXPECT_TRUE(answer(q).starts_with("[simulated] "));
  EXPECT_EQ(answer(q), answer(q));
  Question other = q;
  other.seed = 2;
  EXPECT_NE(answer(q), answer(other));
}

TEST(Answers, AreContinuedToTheLengthAskedFor) {
  for (const char* user : {"Tell me more.", "Extract: nothing"}) {
    Question q{.user = user};
    q.min_tokens = 700;
    EXPECT_GE(count_tokens(answer(q)), 700);
  }
}

TEST(Embeddings, AreUnitVectorsAndNearForTextsThatShareWords) {
  const auto dot = [](const std::vector<float>& x, const std::vector<float>& y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
  };
  const auto a = embed("the invoice of the dentist in Lyon", 256);
  const auto b = embed("an invoice from the dentist in Lyon", 256);
  const auto c = embed("quarterly weather forecast", 256);
  EXPECT_NEAR(dot(a, a), 1, 1e-5);
  EXPECT_GT(dot(a, b), 0.5);
  EXPECT_LT(dot(a, c), 0.3);
  EXPECT_EQ(embed("", 8).size(), 8u);
  EXPECT_NEAR(dot(embed("", 8), embed("", 8)), 1, 1e-5);
}

}  // namespace
}  // namespace trine::sim::generate_test
