#include "llm/usage.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "llm/response.h"

namespace trine::llm::usage_test {
namespace {

TEST(Usage, ReadsChatsForm) {
  EXPECT_EQ(parse_usage(R"({"prompt_tokens":10,"completion_tokens":20,"total_tokens":30,
    "prompt_tokens_details":{"cached_tokens":8,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":5}})"),
            (Usage{10, 8, 20, 5}));
}

TEST(Usage, ReadsResponsesAndEmbeddingsForms) {
  EXPECT_EQ(parse_usage(R"({"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":3,
    "output_tokens_details":{"reasoning_tokens":1},"total_tokens":13})"),
            (Usage{10, 4, 3, 1}));
  EXPECT_EQ(parse_usage(R"({"prompt_tokens":7,"total_tokens":7})"), (Usage{7, 0, 0, 0}));
}

// {"prompt_tokens":100,"completion_tokens":out,...}
Result<Usage> of_thinking(Tokens out, Tokens reasoning, std::string_view total) {
  return parse_usage(fmt::format(
      R"({{"prompt_tokens":100,"completion_tokens":{},"completion_tokens_details":{{"reasoning_tokens":{}}}{}}})", out,
      reasoning, total));
}

TEST(Usage, ThinkingThatIsReportedBesideTheAnswerIsBilledWithIt) {
  EXPECT_EQ(of_thinking(50, 5000, R"(,"total_tokens":5150)"), (Usage{100, 0, 5050, 5000}));
  EXPECT_EQ(of_thinking(50, 20, R"(,"total_tokens":170)"), (Usage{100, 0, 70, 20})) << "the total says so";
  EXPECT_EQ(of_thinking(50, 5000, ""), (Usage{100, 0, 5050, 5000})) << "no part is more than its whole";
  EXPECT_EQ(of_thinking(0, 20, ""), (Usage{100, 0, 20, 20}));
  EXPECT_EQ(of_thinking(50, 0, R"(,"total_tokens":170)"), (Usage{100, 0, 70, 0})) << "not named at all";
  EXPECT_EQ(parse_usage(R"({"total_tokens":35,"output_tokens_details":{"reasoning_tokens":20},"output_tokens":5,
    "input_tokens":10})"),
            (Usage{10, 0, 25, 20}))
      << "in any order";
}

TEST(Usage, ThinkingThatIsPartOfTheAnswerIsBilledOnce) {
  EXPECT_EQ(of_thinking(50, 20, R"(,"total_tokens":150)"), (Usage{100, 0, 50, 20}));
  EXPECT_EQ(of_thinking(50, 20, ""), (Usage{100, 0, 50, 20}));
  EXPECT_EQ(of_thinking(50, 50, ""), (Usage{100, 0, 50, 50}));
  EXPECT_EQ(of_thinking(50, 0, R"(,"total_tokens":150)"), (Usage{100, 0, 50, 0}));
  EXPECT_EQ(of_thinking(50, 20, R"(,"total_tokens":"many")"), (Usage{100, 0, 50, 20}))
      << "a total is no figure of ours";
  EXPECT_EQ(of_thinking(50, 20, R"(,"total_tokens":9)"), (Usage{100, 0, 50, 20}));
  EXPECT_EQ(of_thinking(50, 60, R"(,"total_tokens":150)"), (Usage{100, 0, 50, 60})) << "counted in another way";
  EXPECT_EQ(of_thinking(50, 20, R"(,"total_tokens":99999999999)"), (Usage{100, 0, 50, 20}));
}

TEST(Usage, NullDetailsAreZero) {
  EXPECT_EQ(parse_usage(R"({"prompt_tokens":7,"completion_tokens":null,"prompt_tokens_details":null,
    "completion_tokens_details":{"reasoning_tokens":null}})"),
            (Usage{7, 0, 0, 0}));
}

TEST(Usage, RefusesFiguresThatNobodyCanHaveCounted) {
  for (const char* text :
       {"{}", "[]", "null", R"({"prompt_tokens":-1})", R"({"prompt_tokens":1.5})", R"({"prompt_tokens":"7"})",
        R"({"prompt_tokens":1000000001})", R"({"prompt_tokens":99999999999999999999})", R"({"total_tokens":3})",
        R"({"prompt_tokens":5,"prompt_tokens_details":{"cached_tokens":6}})",
        R"({"prompt_tokens":5,"prompt_tokens_details":[1]})",
        R"({"prompt_tokens":5,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":1000000000}})",
        R"({"prompt_tokens":5,"completion_tokens":-2})", R"({"prompt_tokens":5,"prompt_tokens":6})"}) {
    const auto usage = parse_usage(text);
    ASSERT_FALSE(usage) << text;
    EXPECT_EQ(usage.error().code, Code::data_loss);
  }
}

TEST(Usage, EstimatesThreeTokensPerTenBytesRoundedUp) {
  EXPECT_EQ(count_estimate(0), 0);
  EXPECT_EQ(count_estimate(1), 1);
  EXPECT_EQ(count_estimate(10), 3);
  EXPECT_EQ(count_estimate(11), 4);
}

std::string with_trine(const std::string& body) {
  const auto scan = scan_response(body);
  EXPECT_TRUE(scan);
  return splice_trine(body, *scan, R"({"energy_j":1})").str();
}

TEST(Response, FindsUsageFinishAndTheSizeOfTheText) {
  const auto scan = scan_response(R"({"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Hello",
    "tool_calls":[{"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"length"}],
    "usage":{"prompt_tokens":1,"completion_tokens":2}})");
  ASSERT_TRUE(scan);
  EXPECT_EQ(scan->usage, (Usage{1, 0, 2, 0}));
  EXPECT_EQ(scan->finish, Finish::length);
  EXPECT_EQ(scan->content_bytes, 7u);
  EXPECT_FALSE(scan->is_error);
}

TEST(Response, ReadsResponsesOutputAndErrors) {
  const auto scan = scan_response(R"({"output":[{"type":"message","content":[{"type":"output_text","text":"abc"}]}],
    "error":null,"usage":{"input_tokens":1,"output_tokens":2}})");
  ASSERT_TRUE(scan);
  EXPECT_EQ(scan->content_bytes, 3u);
  EXPECT_EQ(scan->usage, (Usage{1, 0, 2, 0}));
  EXPECT_FALSE(scan->is_error);
  EXPECT_TRUE(scan_response(R"({"error":{"message":"no"}})")->is_error);
}

TEST(Response, SaysWhyAUsageIsNotBelieved) {
  const auto scan = scan_response(R"({"usage":{"prompt_tokens":-1}})");
  ASSERT_TRUE(scan);
  EXPECT_FALSE(scan->usage);
  EXPECT_EQ(scan->usage_problem, "usage.prompt_tokens is negative");
  EXPECT_FALSE(scan_response("<html>"));
}

TEST(Response, PutsOurFiguresIntoUsageAndKeepsEveryOtherByte) {
  EXPECT_EQ(with_trine("{\"a\" : 1,\"usage\" : {\"prompt_tokens\":1 }, \"z\":2}\n"),
            "{\"a\" : 1,\"usage\" : {\"prompt_tokens\":1 ,\"trine\":{\"energy_j\":1}}, \"z\":2}\n");
  EXPECT_EQ(with_trine(R"({"usage":{}})"), R"({"usage":{"trine":{"energy_j":1}}})");
  EXPECT_EQ(with_trine(R"({"usage":null,"a":1})"), R"({"usage":{"trine":{"energy_j":1}},"a":1})");
  EXPECT_EQ(with_trine(R"({"a":1})"), R"({"a":1,"usage":{"trine":{"energy_j":1}}})");
  EXPECT_EQ(with_trine("{ }"), R"({ "usage":{"trine":{"energy_j":1}}})");
}

TEST(Response, ReplacesTheFiguresOfAGatewayBehindThisOne) {
  EXPECT_EQ(with_trine(R"({"usage":{"prompt_tokens":1,"trine":{"energy_j":9},"completion_tokens":2}})"),
            R"({"usage":{"prompt_tokens":1,"trine":{"energy_j":1},"completion_tokens":2}})");
}

}  // namespace
}  // namespace trine::llm::usage_test
