#include "fleet/trace.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "fleet/demand.h"

namespace trine::fleet::trace_test {
namespace {

std::string problem(std::string_view text) {
  const auto t = read_trace_text("t.csv", text);
  return t ? "accepted" : t.error().message;
}

TEST(ATrace, IsAzuresWithItsLineEndsAndNoneBehindTheLast) {
  const auto t = read_trace_text("t.csv",
                                 "\xEF\xBB\xBFTIMESTAMP,ContextTokens,GeneratedTokens\r\n"
                                 "2023-11-16 18:17:03.9799600,4808,10\r\n"
                                 "2023-11-16 19:17:04.4799600,3180,8");
  ASSERT_TRUE(t) << t.error().message;
  ASSERT_EQ(t->requests.size(), 2u);
  EXPECT_NEAR(t->requests[1].at_s, 3600.5, 1e-4);
  EXPECT_EQ(t->requests[1].out, 8);
  EXPECT_EQ(t->hourly, (std::vector<double>{1, 1}));
  EXPECT_DOUBLE_EQ(t->mean_in, (4808 + 3180) / 2.0);
}

TEST(ATrace, IsMooncakesWithWhatACacheWouldHold) {
  const auto csv = read_trace_text("t.csv",
                                   "timestamp_ms,input_length,output_length,prefix_block_hits\n0,6758,500,0\n"
                                   "3000,1200,7,5\n");
  ASSERT_TRUE(csv) << csv.error().message;
  EXPECT_DOUBLE_EQ(csv->requests[1].at_s, 3);
  EXPECT_EQ(csv->requests[1].cached, 1200) << "5 blocks of 512, but never more than the prompt";
  const auto lines =
      read_trace_text("t.jsonl",
                      "{\"timestamp\": 0, \"input_length\": 2000, \"output_length\": 5, \"hash_ids\": [0, 1, 2]}\n"
                      "{\"timestamp\": 1500, \"input_length\": 2000, \"output_length\": 5, \"hash_ids\": [0, 1, 9]}");
  ASSERT_TRUE(lines) << lines.error().message;
  EXPECT_EQ(lines->requests[0].cached, 0);
  EXPECT_EQ(lines->requests[1].cached, 1024) << "its first two blocks were seen";
  EXPECT_EQ(lines->requests[0].prefix, lines->requests[1].prefix);
  EXPECT_DOUBLE_EQ(lines->requests[1].at_s, 1.5);
}

TEST(ATrace, IsBurstGptsByHourAndByRequest) {
  const auto hours =
      read_trace_text("t.csv", "hour_index,day,hour_of_day,requests,sessions\n5,0,5,86,1\n6,0,6,0,0\n7,0,7,4,1\n");
  ASSERT_TRUE(hours) << hours.error().message;
  EXPECT_TRUE(hours->requests.empty());
  EXPECT_EQ(hours->hourly, (std::vector<double>{86, 0, 4}));
  const auto requests = read_trace_text("t.csv",
                                        "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log "
                                        "Type\n5,ChatGPT,472,18,490,Conversation log\n45,GPT-4,9,8,17,API log\n");
  ASSERT_TRUE(requests) << requests.error().message;
  EXPECT_EQ(requests->requests[0].in, 472);
  EXPECT_DOUBLE_EQ(requests->requests[1].at_s, 40);
}

TEST(ATrace, SaysWhatIsWrongWithItsLine) {
  EXPECT_EQ(problem(""), "t.csv:1: the file is empty.");
  EXPECT_NE(problem("a,b\n1,2\n").find("t.csv:1: the first line is of no known trace"), std::string::npos);
  const std::string azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:04,1,1\n";
  EXPECT_NE(problem(azure + "2023-11-16 18:17:03,1,1\n")
                .find("t.csv:3: this is 1.000 s before the line above: time goes backwards"),
            std::string::npos);
  EXPECT_NE(problem(azure + "yesterday,1,1\n").find("t.csv:3: \"yesterday\" is not a time"), std::string::npos);
  EXPECT_NE(problem(azure + "1690-11-16 18:18:03,1,1\n").find("t.csv:3: \"1690-11-16 18:18:03\" is not a time"),
            std::string::npos);
  EXPECT_NE(problem(azure + "2023-11-16 18:18:03,-1,1\n").find("t.csv:3: prompt tokens \"-1\" is not a number"),
            std::string::npos);
  EXPECT_NE(problem(azure + "2023-11-16 18:18:03,1\n").find("t.csv:3: has 2 columns, the first line has 3"),
            std::string::npos);
  const std::string hours = "hour_index,day,hour_of_day,requests,sessions\n0,0,0,1,1\n";
  EXPECT_NE(problem(hours + "0,0,0,1,1\n").find("t.csv:3: hour 0 comes after hour 0"), std::string::npos);
  EXPECT_NE(problem(hours + "3,0,3,1,1\n").find("t.csv:3: hours 1 to 2 are missing"), std::string::npos);
  EXPECT_NE(problem("hour_index,day,hour_of_day,requests,sessions\n0,0,0,0,0\n").find("no request"), std::string::npos);
  EXPECT_NE(
      problem("timestamp_ms,input_length,output_length\n0,1,1\n9e12,1,1\n").find("t.csv:3: it is more than ten years"),
      std::string::npos);
  EXPECT_NE(problem("{\"timestamp\": 0}\n").find("t.csv:1: timestamp, input_length and output_length must be"),
            std::string::npos);
}

TEST(ATrace, OfMoreRequestsThanMemoryIsForIsRefused) {
  const std::string text = "timestamp_ms,input_length,output_length\n0,1,1\n1,1,1\n2,1,1\n";
  EXPECT_TRUE(read_trace_text("t.csv", text, 3));
  const auto trace = read_trace_text("t.csv", text, 2);
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().message, "t.csv:4: there are more than 2 requests; give a part of the file.");
}

TEST(ATrace, OfSharedDataIsReadAsItIs) {
  const std::filesystem::path dir = TRINE_SOURCE_DIR "/../shared/data/traces";
  if (!std::filesystem::exists(dir)) GTEST_SKIP() << "needs the traces of ../shared/data, which are not here";
  const struct {
    const char* name;
    size_t requests;
    double in, out;
  } kFiles[] = {{"azure_llm_2023_conv.csv", 19366, 1155, 211},
                {"azure_llm_2023_code.csv", 8819, 2048, 28},
                {"mooncake_conversation.csv", 12031, 12035, 343},
                {"mooncake_conversation_first1500.jsonl", 1500, 0, 0}};
  for (const auto& f : kFiles) {
    const auto t = read_trace_file(dir / f.name);
    ASSERT_TRUE(t) << t.error().message;
    EXPECT_EQ(t->requests.size(), f.requests) << f.name;
    if (f.in > 0) {
      EXPECT_NEAR(t->mean_in, f.in, 1) << f.name;
      EXPECT_NEAR(t->mean_out, f.out, 1) << f.name;
    }
  }
  const auto hours = read_trace_file(dir / "burstgpt1_hourly_days0-29.csv");
  ASSERT_TRUE(hours) << hours.error().message;
  EXPECT_EQ(hours->hourly.size(), 720u);
}

TEST(Demand, HasItsBusiestHourAtThePeak) {
  Trace t;
  for (int h = 0; h < 48; ++h) t.hourly.push_back(h == 30 ? 9 : h % 24 == 5 ? 4 : 1);
  const Mix mix{.in = 900, .cached = 0, .out = 100};
  const auto raw = demand(t, Shape::raw, 1000, mix, 72);
  ASSERT_TRUE(raw);
  EXPECT_DOUBLE_EQ(raw->at(30), 60) << "1000 tokens a minute are 60 requests an hour";
  EXPECT_DOUBLE_EQ(raw->at(50), raw->at(2)) << "a trace that is shorter begins anew";
  const auto smooth = demand(t, Shape::smooth, 1000, mix, 72);
  ASSERT_TRUE(smooth);
  EXPECT_DOUBLE_EQ(smooth->at(6), 60) << "its mean, (1 + 9) / 2, is the busiest";
  EXPECT_DOUBLE_EQ(smooth->at(5), 48);
  for (size_t h = 24; h < 72; ++h) EXPECT_DOUBLE_EQ(smooth->at(h), smooth->at(h % 24));
}

TEST(Demand, RefusesWhatHasNoAnswer) {
  Trace t;
  t.hourly = {1, 2};
  const Mix mix{.in = 900, .cached = 0, .out = 100};
  EXPECT_NE(demand(t, Shape::smooth, 1000, mix, 24).error().message.find("at least 24"), std::string::npos);
  EXPECT_FALSE(demand(t, Shape::raw, 0, mix, 24));
  EXPECT_FALSE(demand(t, Shape::raw, 1000, {.in = 0, .cached = 0, .out = 0}, 24));
  EXPECT_FALSE(demand(t, Shape::raw, 1000, mix, 0));
  t.hourly = {0, 0};
  EXPECT_FALSE(demand(t, Shape::raw, 1000, mix, 24));
}

}  // namespace
}  // namespace trine::fleet::trace_test
