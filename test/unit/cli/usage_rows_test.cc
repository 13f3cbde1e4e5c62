#include "cli/usage_rows.h"

#include <gtest/gtest.h>

namespace trine::cli::usage_rows_test {
namespace {

const Wall kNow = *parse_iso8601("2026-11-23T12:00:00Z");

struct Got {
  std::vector<UsageRow> rows;
  std::vector<std::string> refused;
  std::string error;
};

Got read(const std::string& text, bool invoice = false) {
  Got got;
  const auto r = read_usage("log", text, invoice, kNow, [&](const UsageRow& row) {
    got.rows.push_back(row);
    return std::string();
  });
  if (!r) {
    got.error = r.error().message;
  } else {
    got.refused = r->refused;
    EXPECT_EQ(r->taken, static_cast<int64_t>(got.rows.size()));
  }
  return got;
}

TEST(UsageRows, JsonLinesOfAnyLogger) {
  const auto got = read(
      "{\"model\":\"gpt-4o\",\"input_tokens\":10,\"output_tokens\":2,\"timestamp\":\"2026-11-01T10:00:00Z\"}\n"
      "\n"
      "{\"model\":\"gpt-4o\",\"created\":1762000000,\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,"
      "\"prompt_tokens_details\":{\"cached_tokens\":5}}}\r\n");
  EXPECT_TRUE(got.refused.empty()) << got.refused[0];
  ASSERT_EQ(got.rows.size(), 2u);
  EXPECT_EQ(got.rows[0].in, 10);
  EXPECT_EQ(got.rows[0].at, parse_iso8601("2026-11-01T10:00:00Z"));
  EXPECT_EQ(got.rows[1].line, 3);
  EXPECT_EQ(got.rows[1].in, 7);
  EXPECT_EQ(got.rows[1].cached, 5);
  EXPECT_EQ(got.rows[1].out, 3);
  EXPECT_EQ(got.rows[1].at, from_unix_ns(1'762'000'000'000'000'000));
}

TEST(UsageRows, CsvWithColumnsInAnyOrder) {
  const auto got = read("Output Tokens;Model;Input Tokens\n2;\"gpt-4o\";10\n");
  ASSERT_EQ(got.rows.size(), 1u) << got.error;
  EXPECT_EQ(got.rows[0].model, "gpt-4o");
  EXPECT_EQ(got.rows[0].out, 2);
  const auto azure = read("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n");
  ASSERT_EQ(azure.rows.size(), 1u) << azure.error;
  EXPECT_EQ(azure.rows[0].in, 4808);
  EXPECT_EQ(azure.rows[0].at, parse_iso8601("2023-11-16T18:17:03Z"));
}

TEST(UsageRows, AnInvoiceNamesItsCurrencyInAColumnOrAHeading) {
  const auto heading = read("model,input_tokens,output_tokens,cost_usd\ngpt-4o,1000,200,0.0045\n", true);
  ASSERT_EQ(heading.rows.size(), 1u) << heading.error;
  EXPECT_EQ(heading.rows[0].currency, "USD");
  EXPECT_EQ(heading.rows[0].cost, 0.0045);
  EXPECT_EQ(heading.rows[0].requests, 0) << "not known";
  const auto column = read("model,input_tokens,output_tokens,amount,currency\ngpt-4o,1000,200,1.5,eur\n", true);
  ASSERT_EQ(column.rows.size(), 1u);
  EXPECT_EQ(column.rows[0].currency, "EUR");
}

TEST(UsageRows, AnthropicsCacheStandsBesideTheInput) {
  const auto got = read(
      "{\"model\":\"claude\",\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":100,"
      "\"cache_creation_input_tokens\":7,\"output_tokens\":5}}\n");
  ASSERT_EQ(got.rows.size(), 1u);
  EXPECT_EQ(got.rows[0].in, 117);
  EXPECT_EQ(got.rows[0].cached, 100);
}

TEST(UsageRows, LiteLlmsCacheStandsInTheInputUnderTwoNames) {
  const auto got = read(
      "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":100,"
      "\"prompt_tokens_details\":{\"cached_tokens\":500},\"cache_read_input_tokens\":500,"
      "\"cache_creation_input_tokens\":40}}\n"
      "{\"model\":\"m\",\"prompt_tokens\":1000,\"completion_tokens\":100,\"cache_read_input_tokens\":500}\n"
      "{\"model\":\"m\",\"input_tokens\":1000,\"output_tokens\":100,\"input_tokens_details\":{\"cached_tokens\":500},"
      "\"cache_read_input_tokens\":500}\n"
      "{\"model\":\"m\",\"prompt_tokens\":1000,\"input_tokens\":500,\"completion_tokens\":100,"
      "\"cache_read_input_tokens\":500}\n");
  EXPECT_TRUE(got.refused.empty()) << got.refused[0];
  ASSERT_EQ(got.rows.size(), 4u);
  for (const auto& row : got.rows) {
    EXPECT_EQ(row.in, 1000) << row.line;
    EXPECT_EQ(row.cached, 500) << row.line;
  }
  const auto csv = read("model,prompt_tokens,completion_tokens,cache_read_input_tokens\nm,1000,100,500\n");
  ASSERT_EQ(csv.rows.size(), 1u) << csv.error;
  EXPECT_EQ(csv.rows[0].in, 1000);
  const auto anthropic =
      read("model,input_tokens,output_tokens,cached_tokens,cache_read_input_tokens\nm,500,100,,500\n");
  ASSERT_EQ(anthropic.rows.size(), 1u) << anthropic.error;
  EXPECT_EQ(anthropic.rows[0].in, 1000) << "an empty cell says nothing";
}

TEST(UsageRows, ACostMayCarryItsSign) {
  const auto got = read("model,input_tokens,output_tokens,cost\nm,1,1,$1.50\nm,1,1,€ 2\n", true);
  ASSERT_EQ(got.rows.size(), 2u) << got.refused[0];
  EXPECT_EQ(got.rows[0].currency, "USD");
  EXPECT_EQ(got.rows[0].cost, 1.5);
  EXPECT_EQ(got.rows[1].currency, "EUR");
}

TEST(UsageRows, WhatCannotBeRightIsRefusedWithItsLine) {
  const auto got = read(
      "model,input_tokens,output_tokens,cached_tokens,timestamp\n"
      "m,-5,1,,\n"
      "m,1.5,1,,\n"
      "m,0,0,,\n"
      "m,10,1,11,\n"
      "m,99999999999,1,,\n"
      "m,10,1,,yesterday\n"
      "m,10,1,,2031-01-01\n"
      "m,10\n"
      "m,\"10,1,,\n"
      "m,10,1,,2026-11-01\n");
  ASSERT_EQ(got.refused.size(), 9u);
  EXPECT_EQ(got.refused[0], "log:2: input tokens are below zero (-5).");
  EXPECT_EQ(got.refused[1], "log:3: input tokens \"1.5\" is no whole number.");
  EXPECT_EQ(got.refused[2], "log:4: no tokens at all.");
  EXPECT_EQ(got.refused[3], "log:5: 11 cached tokens of 10 input tokens.");
  EXPECT_EQ(got.refused[4], "log:6: 100000000000 tokens in one request are absurd (the limit is 20000000).");
  EXPECT_EQ(got.refused[5], "log:7: \"yesterday\" is no time such as 2026-11-23T09:00:00Z.");
  EXPECT_EQ(got.refused[6], "log:8: 2031-01-01 lies in the future.");
  EXPECT_EQ(got.refused[7], "log:9: 2 fields, the first line has 5.");
  EXPECT_EQ(got.refused[8], "log:10: a quote is not closed.");
  EXPECT_EQ(got.rows.size(), 1u);
}

TEST(UsageRows, SumsCannotOverflow) {
  const auto got = read(
      "model,input_tokens,output_tokens,requests,cost\n"
      "m,9000000000000000000,1,1,1\nm,1,1,9000000000000000000,1\nm,1,1,1,1e12\nm,1e300,1,1,1\n",
      true);
  EXPECT_TRUE(got.rows.empty());
  EXPECT_EQ(got.refused.size(), 4u);
}

TEST(UsageRows, ACostIsAnAmountOfMoney) {
  const auto got =
      read("model,input_tokens,output_tokens,cost\nm,1,1,-2\nm,1,1,0\nm,1,1,\nm,1,1,free\nm,1,1,nan\n", true);
  EXPECT_TRUE(got.rows.empty());
  ASSERT_EQ(got.refused.size(), 5u);
  EXPECT_NE(got.refused[0].find("below zero"), std::string::npos);
  EXPECT_NE(got.refused[1].find("a cost of zero"), std::string::npos);
}

TEST(UsageRows, AFileThatIsNoneSaysWhatItLacks) {
  EXPECT_EQ(read("").error, "log: is empty.");
  EXPECT_EQ(read("model,tokens\nm,1\n").error,
            "log:1: the first line must name the columns; there is none for input_tokens, output_tokens.");
  EXPECT_EQ(read("model,input_tokens,output_tokens\nm,1,1\n", true).error,
            "log:1: the first line must name the columns; there is none for cost.");
  EXPECT_EQ(read("model,input_tokens,output_tokens\n").error, "log: has no rows.");
  EXPECT_EQ(read("{\"a\":1}\nnot json\n").refused.size(), 2u);
}

}  // namespace
}  // namespace trine::cli::usage_rows_test
