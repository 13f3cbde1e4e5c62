#include "load/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace trine::load::schedule_test {
namespace {

using namespace std::chrono_literals;

std::vector<Arrival> all_of(const Pattern& p) {
  EXPECT_TRUE(check(p)) << check(p).error().message;
  Schedule schedule(p);
  std::vector<Arrival> all;
  while (auto a = schedule.next()) all.push_back(*a);
  return all;
}

Pattern steady(double per_second, Nanos duration) {
  Pattern p;
  p.per_second = per_second;
  p.duration = duration;
  p.in = 100;
  p.out = 20;
  return p;
}

std::shared_ptr<const fleet::Trace> trace_of(std::string_view text) {
  auto trace = fleet::read_trace_text("t.csv", text);
  EXPECT_TRUE(trace) << trace.error().message;
  return std::make_shared<const fleet::Trace>(std::move(*trace));
}

constexpr std::string_view kAzure =
    "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    "2023-11-16 18:17:03.0000000,374,44\n"
    "2023-11-16 18:17:04.5000000,396,109\n"
    "2023-11-16 18:17:13.0000000,879,55\n";

TEST(Schedule, ARateIsAPoissonProcess) {
  const auto all = all_of(steady(50, 2000s));
  const auto n = static_cast<double>(all.size());
  EXPECT_NEAR(n, 100'000, 5 * std::sqrt(100'000)) << "five standard deviations";
  double sum = 0, squares = 0;
  for (size_t i = 1; i < all.size(); ++i) {
    ASSERT_GE(all[i].at, all[i - 1].at);
    const double gap = seconds(all[i].at - all[i - 1].at);
    sum += gap;
    squares += gap * gap;
  }
  const double mean = sum / (n - 1);
  const double variance = squares / (n - 1) - mean * mean;
  EXPECT_NEAR(mean, 0.02, 0.0005);
  EXPECT_NEAR(variance / (mean * mean), 1, 0.05) << "the gaps are exponential";
  EXPECT_LT(all.back().at, 2000s);
}

TEST(Schedule, OfASeedIsTheSameAgainAndOfAnotherIsAnother) {
  auto p = steady(20, 30s);
  p.stream_share = 0.5;
  const auto once = all_of(p), again = all_of(p);
  ASSERT_EQ(once.size(), again.size());
  for (size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].at, again[i].at);
    EXPECT_EQ(once[i].stream, again[i].stream);
  }
  p.seed = 2;
  EXPECT_NE(all_of(p).front().at, once.front().at);
}

TEST(Schedule, SharesOfStreamsAndDocumentsMoveNoArrival) {
  auto p = steady(100, 100s);
  const auto plain = all_of(p);
  p.stream_share = 0.7;
  p.documents = 4;
  p.document_share = 0.25;
  const auto mixed = all_of(p);
  ASSERT_EQ(mixed.size(), plain.size());
  size_t streams = 0, documents = 0;
  std::vector<size_t> each(4);
  for (size_t i = 0; i < mixed.size(); ++i) {
    EXPECT_EQ(mixed[i].at, plain[i].at);
    EXPECT_TRUE(plain[i].stream);
    EXPECT_FALSE(plain[i].document);
    streams += mixed[i].stream;
    if (!mixed[i].document) continue;
    ++documents;
    ++each.at(*mixed[i].document);
  }
  const auto n = static_cast<double>(mixed.size());
  EXPECT_NEAR(static_cast<double>(streams) / n, 0.7, 0.03);
  EXPECT_NEAR(static_cast<double>(documents) / n, 0.25, 0.03);
  for (const size_t count : each) EXPECT_GT(count, documents / 8) << "every document has its turn";
}

TEST(Schedule, ATraceComesAsItWasRecordedFasterByItsSpeed) {
  Pattern p;
  p.trace = trace_of(kAzure);
  p.speed = 10;
  const auto all = all_of(p);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].at, 0s);
  EXPECT_EQ(all[1].at, 150ms);
  EXPECT_EQ(all[2].at, 1s);
  EXPECT_EQ(all[1].in, 396);
  EXPECT_EQ(all[1].out, 109);
  p.duration = 1s;
  EXPECT_EQ(all_of(p).size(), 2u) << "nothing arrives at the end or later";
  p.in = 7;
  EXPECT_EQ(all_of(p)[1].in, 7);
  EXPECT_EQ(all_of(p)[1].out, 109);
}

TEST(Schedule, WithARateATraceOnlySaysHowLongRequestsAre) {
  auto p = steady(100, 30s);
  p.in = p.out = 0;
  p.trace = trace_of(kAzure);
  std::vector<size_t> each(3);
  for (const auto& a : all_of(p)) {
    const size_t which = a.in == 374 ? 0 : a.in == 396 ? 1 : 2;
    EXPECT_EQ(a.in, p.trace->requests[which].in);
    EXPECT_EQ(a.out, p.trace->requests[which].out) << "prompt and answer are of one request";
    ++each[which];
  }
  for (const size_t count : each) EXPECT_NEAR(static_cast<double>(count), 1000, 150);
}

TEST(Schedule, CountsByHourGiveEachHourItsOwnRate) {
  Pattern p;
  p.in = p.out = 10;
  auto trace = std::make_shared<fleet::Trace>();
  trace->hourly = {3600, 0, 7200};
  p.trace = trace;
  p.speed = 3600;  // an hour is a second
  std::vector<double> in_second(3);
  for (const auto& a : all_of(p)) in_second.at(static_cast<size_t>(seconds(a.at))) += 1;
  EXPECT_NEAR(in_second[0], 3600, 5 * 60);
  EXPECT_EQ(in_second[1], 0);
  EXPECT_NEAR(in_second[2], 7200, 5 * 85);
}

TEST(Schedule, WhatCannotBeSentIsSaidBefore) {
  const auto says = [](const Pattern& p, std::string_view text) {
    const auto checked = check(p);
    return !checked && checked.error().message.find(text) != std::string::npos;
  };
  EXPECT_TRUE(says({}, "neither a rate nor a trace"));
  EXPECT_TRUE(says(steady(10, Nanos::max()), "no end of its own"));
  EXPECT_TRUE(says(steady(1e9, 1s), "above the"));
  auto p = steady(10, 1s);
  p.in = 0;
  EXPECT_TRUE(says(p, "how long prompts and answers are"));
  p.trace = trace_of("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.0000000,2000000,44\n");
  EXPECT_TRUE(says(p, "a prompt of 2000000 tokens"));
}

}  // namespace
}  // namespace trine::load::schedule_test
