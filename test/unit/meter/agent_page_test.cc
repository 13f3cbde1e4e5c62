#include "meter/agent_page.h"

#include <gtest/gtest.h>

#include "meter/agent_clock.h"

namespace trine::meter::agent_page_test {
namespace {

using namespace std::chrono_literals;

// A good page, in which one part is replaced.
std::string page(std::string_view part = "", std::string_view by = "") {
  std::string text = R"({"version":1,"agent":"0.1.0","host":"gpu-1","run":"run_A","wall_us":1763900003500000,)"
                     R"("mono_us":103500000,"lost":0,"next":12,"more":false,"notes":["a note"],"devices":[)"
                     R"({"id":0,"device":"GPU-0","boundary":"gpu","whole_device":true,"model":"H100","gpu_index":"0",)"
                     R"("zones":"","wrap_uj":0},{"id":1,"device":"host:gpu-1","boundary":"host","whole_device":true,)"
                     R"("model":"","gpu_index":"","zones":"package+dram","wrap_uj":0}],"samples":[)"
                     R"([0,1763900003000000,103000000,9007199254740993,245500,3700,null],)"
                     R"([1,1763900003001000,103001000,42,null,null,null]]})";
  if (part.empty()) return text;
  const size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return text.replace(at, part.size(), by);
}

TEST(AgentPage, IsReadExactly) {
  const auto p = read_agent_page(page());
  ASSERT_TRUE(p) << p.error().message;
  EXPECT_EQ(p->run, "run_A");
  EXPECT_EQ(p->wall, from_unix_ns(1'763'900'003'500'000'000));
  EXPECT_EQ(p->mono, 103500ms);
  EXPECT_EQ(p->next, 12u);
  EXPECT_FALSE(p->more);
  EXPECT_EQ(p->notes, std::vector<std::string>{"a note"});
  ASSERT_EQ(p->devices.size(), 2u);
  EXPECT_EQ(p->devices[0].host, "gpu-1");
  EXPECT_EQ(p->devices[1].boundary, Boundary::host);
  EXPECT_EQ(p->devices[1].zones, "package+dram");
  ASSERT_EQ(p->samples.size(), 2u);
  EXPECT_EQ(p->samples[0].counter_uj, 9007199254740993);  // a double would have made it ...992
  EXPECT_EQ(p->samples[0].power_w, 245.5);
  EXPECT_EQ(p->samples[0].utilisation, 0.37);
  EXPECT_FALSE(p->samples[0].sm_activity.has_value());
  EXPECT_EQ(p->samples[1].device, 1u);
  EXPECT_EQ(p->samples[1].mono, 103001ms);
  EXPECT_FALSE(p->samples[1].power_w.has_value());
}

TEST(AgentPage, MembersThatAreNewAreNoError) {
  EXPECT_TRUE(read_agent_page(page(R"("lost":0)", R"("colour":{"a":[1]},"lost":0)")));
  EXPECT_TRUE(read_agent_page(page(R"("wrap_uj":0)", R"("wrap_uj":0,"colour":3)")));
}

TEST(AgentPage, AValueThatCannotBeIsLeftOutAndNotedAndTheOthersStay) {
  const auto p = read_agent_page(page("9007199254740993,245500,3700", "-5,99999999999,10001"));
  ASSERT_TRUE(p) << p.error().message;
  ASSERT_EQ(p->samples.size(), 2u);
  EXPECT_FALSE(p->samples[0].counter_uj.has_value());
  EXPECT_FALSE(p->samples[0].power_w.has_value());
  EXPECT_FALSE(p->samples[0].utilisation.has_value());
  EXPECT_EQ(p->samples[1].counter_uj, 42);
  EXPECT_EQ(p->notes.size(), 4u);
  EXPECT_EQ(p->notes[1], "GPU-0: a counter that cannot be was left out");
}

TEST(AgentPage, WhatIsNoPageIsRefusedAndSaysWhy) {
  struct Case {
    std::string body;
    Code code;
    std::string_view words;
  };
  const std::string long_text(300, 'x');
  const std::vector<Case> cases = {
      {"", Code::invalid_argument, ""},
      {"<html>", Code::invalid_argument, ""},
      {page() + "{}", Code::invalid_argument, ""},
      {"[]", Code::data_loss, "no JSON object"},
      {"{}", Code::data_loss, "version is missing"},
      {page(R"("version":1)", R"("version":2)"), Code::unimplemented, "update the older"},
      {page(R"("version":1)", R"("version":"1")"), Code::data_loss, "version must be"},
      {page(R"("run":"run_A",)", ""), Code::data_loss, "run is missing"},
      {page(R"("run":"run_A",)", R"("run":"run_A","run":"run_B",)"), Code::data_loss, "run"},
      {page("run_A", "run A&x=1"), Code::data_loss, "run is no id"},
      {page("run_A", ""), Code::data_loss, "run is no id"},
      {page("gpu-1", long_text), Code::data_loss, "host is too long"},
      {page(R"("next":12)", R"("next":-1)"), Code::data_loss, "next is out of range"},
      {page(R"("next":12)", R"("next":1e3)"), Code::data_loss, "next must be"},
      {page(R"("next":12)", R"("next":1)"), Code::data_loss, "next is below"},
      {page(R"("more":false)", R"("more":0)"), Code::data_loss, "more must be"},
      {page("1763900003500000", "99999999999999999"), Code::data_loss, "wall_us is out of range"},
      {page("103500000", "null"), Code::data_loss, "mono_us must be"},
      {page(R"("notes":["a note"])", R"("notes":"a note")"), Code::data_loss, "notes must be an array"},
      {page(R"("id":1)", R"("id":0)"), Code::data_loss, "named twice"},
      {page(R"("host:gpu-1")", R"("GPU-0")"), Code::data_loss, "named twice"},
      {page(R"("boundary":"gpu")", R"("boundary":"rack")"), Code::data_loss, "lacks its id, name or boundary"},
      {page(R"("device":"GPU-0")", R"("device":"")"), Code::data_loss, "lacks its id"},
      {page(R"("whole_device":true)", R"("whole_device":1)"), Code::data_loss, "whole_device must be"},
      {page("[0,1763900003000000", "[7,1763900003000000"), Code::data_loss, "not among its devices"},
      {page("[0,1763900003000000", "[0,-1"), Code::data_loss, "time is out of range"},
      {page("103000000,", "null,"), Code::data_loss, "seven whole numbers"},
      {page("9007199254740993", "90.5"), Code::data_loss, "seven whole numbers"},
      {page(",3700,null]", ",3700]"), Code::data_loss, "seven whole numbers"},
      {page(",3700,null]", ",3700,null,1]"), Code::data_loss, "seven whole numbers"},
      {page("[0,1763900003000000,103000000,9007199254740993,245500,3700,null]", "{}"), Code::data_loss, "no array"},
  };
  for (const Case& c : cases) {
    const auto p = read_agent_page(c.body);
    ASSERT_FALSE(p) << c.body;
    EXPECT_EQ(p.error().code, c.code) << p.error().message << "\n" << c.body;
    EXPECT_NE(p.error().message.find(c.words), std::string::npos) << p.error().message << "\n" << c.body;
  }
  EXPECT_EQ(read_agent_page(page(), {.devices = 1}).error().code, Code::out_of_range);
  EXPECT_EQ(read_agent_page(page(), {.samples = 1}).error().code, Code::out_of_range);
}

TEST(AgentClock, TheQuickestExchangeDecides) {
  AgentClock clock;
  clock.exchange(100s, 80ms, 40s + 30ms);  // 30 ms off: within half of what it took
  EXPECT_EQ(clock.to_ours(40s), 100s - 30ms);
  EXPECT_EQ(clock.uncertainty(), 40ms);
  clock.exchange(101s, 2ms, 41s);
  clock.exchange(102s, 500ms, 42s + 200ms);
  EXPECT_EQ(clock.to_ours(42s), 102s);
  EXPECT_EQ(clock.uncertainty(), 1ms);
  for (int i = 0; i < 40; ++i) clock.exchange(103s + 5ms, 10ms, 43s);  // clocks drift: an old exchange is forgotten
  EXPECT_EQ(clock.to_ours(43s), 103s + 5ms);
}

}  // namespace
}  // namespace trine::meter::agent_page_test
