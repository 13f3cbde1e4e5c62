// What an instance may become, and what it may not (docs/instances.md, "States").
#include "fleet/instance.h"

#include "fleet/instance_json.h"
#include "unit/fleet/fleet_fixture.h"

namespace trine::fleet::instance_test {
namespace {

using namespace testing;
using enum InstanceEvent::Kind;

const std::string kOne = id_number(1), kTwo = id_number(2);

TEST(Instance, LivesFromARequestUntilItIsForgotten) {
  Instances fleet;
  Story story(fleet);
  story.then(kOne, request);
  EXPECT_EQ(fleet.find(kOne)->state, Instance::State::requested);
  story.then(kOne, accepted);
  EXPECT_EQ(fleet.find(kOne)->state, Instance::State::provisioning);
  EXPECT_FALSE(fleet.find(kOne)->machine.empty());
  story.then(kOne, became_ready);
  EXPECT_EQ(fleet.find(kOne)->state, Instance::State::ready);
  EXPECT_EQ(fleet.find(kOne)->ready_at, kNoon);
  story.then(kOne, drain).then(kOne, drained).then(kOne, stop);
  EXPECT_EQ(fleet.find(kOne)->state, Instance::State::draining);
  EXPECT_TRUE(fleet.find(kOne)->stopping);
  EXPECT_EQ(fleet.find(kOne)->stop_sequence, 6u);
  EXPECT_TRUE(fleet.find(kOne)->exists());
  story.then(kOne, stopped);
  EXPECT_FALSE(fleet.find(kOne)->exists());
  story.then(kOne, forget);
  EXPECT_EQ(fleet.find(kOne), nullptr);
}

// Each state, and all that can follow in it. Everything else is refused.
TEST(Instance, TakesOnlyWhatCanFollow) {
  struct Row {
    const char* what;
    std::vector<InstanceEvent::Kind> path;
    std::set<InstanceEvent::Kind> may;
  };
  const std::vector<Row> rows = {
      {"nothing", {}, {request}},
      {"requested", {request}, {accepted, failed, timeout, stop}},
      {"provisioning", {request, accepted}, {became_ready, failed, timeout, stop}},
      {"ready", {request, accepted, became_ready}, {drain, failed}},
      {"draining", {request, accepted, became_ready, drain}, {drained, timeout, failed}},
      {"drained", {request, accepted, became_ready, drain, drained}, {stop, failed}},
      {"out of time", {request, accepted, became_ready, drain, timeout}, {stop, failed}},
      {"cancelled", {request, stop}, {stopped}},
      {"stopping", {request, accepted, became_ready, drain, drained, stop}, {stopped}},
      {"failed", {request, failed}, {stop}},
      {"failed, stopping", {request, failed, stop}, {stopped}},
      {"stopped", {request, stop, stopped}, {forget}},
  };
  for (const auto& row : rows) {
    for (int k = 0; k <= static_cast<int>(forget); ++k) {
      const auto kind = static_cast<InstanceEvent::Kind>(k);
      Instances fleet;
      Story story(fleet);
      for (const auto step : row.path) story.then(kOne, step);
      const auto before = fleet.all();
      const auto taken = fleet.apply(story.event(kOne, kind));
      EXPECT_EQ(taken.has_value(), row.may.contains(kind)) << row.what << ", " << name(kind);
      if (taken) continue;
      EXPECT_EQ(taken.error().code, Code::failed_precondition);
      EXPECT_NE(taken.error().message.find(fmt::format("'{}' cannot", name(kind))), std::string::npos);
      EXPECT_EQ(fleet.all(), before) << "a refused event changes nothing";
    }
  }
}

TEST(Instance, SaysWhyAnEventCannotFollow) {
  Instances fleet;
  Story story(fleet);
  story.ready(kOne);
  EXPECT_EQ(fleet.apply(story.event(kOne, stop)).error().message,
            kOne + ": 'stop' cannot follow: it serves: drain it first");
  story.then(kOne, drain).then(kOne, timeout).then(kOne, stop).then(kOne, stopped);
  EXPECT_EQ(fleet.apply(story.event(kOne, became_ready)).error().message,
            kOne + ": 'became_ready' cannot follow: it is stopped, and stays so: request a new instance instead");
}

TEST(Instances, ADuplicateChangesNothingAndAGapIsAnError) {
  Instances fleet;
  Story story(fleet);
  const auto first = story.event(kOne, request);
  story.then(kOne, request).then(kOne, accepted);
  const auto before = fleet.all();
  EXPECT_FALSE(fleet.apply(first).value());
  EXPECT_EQ(fleet.all(), before);
  auto later = story.event(kOne, became_ready);
  later.sequence += 1;
  EXPECT_EQ(fleet.apply(later).error().code, Code::data_loss);
  EXPECT_EQ(fleet.all(), before);
}

TEST(Instances, WhatIsForgottenNeverComesAgain) {
  Instances fleet;
  Story story(fleet);
  const auto first = story.event(kOne, request);
  story.then(kOne, request).then(kOne, stop).then(kOne, stopped).then(kOne, forget);
  EXPECT_FALSE(fleet.apply(first).value()) << "its events are duplicates of what was";
  EXPECT_TRUE(fleet.all().empty());
}

TEST(Instances, CountsFailuresInARowUntilAMachineStays) {
  Instances fleet;
  Story story(fleet);
  story.then(kOne, request).then(kOne, failed);
  story.now += minutes(1);
  story.then(kTwo, request).then(kTwo, timeout);
  EXPECT_EQ(fleet.failures("h100-se", story.now).in_row, 2);
  EXPECT_EQ(fleet.failures("h100-se", story.now).last, story.now);
  EXPECT_EQ(fleet.failures("4090-fr", story.now).in_row, 0);
  story.now += minutes(1);
  story.ready(id_number(3));
  EXPECT_EQ(fleet.failures("h100-se", story.now + minutes(9)).in_row, 2);
  EXPECT_EQ(fleet.failures("h100-se", story.now + minutes(10)).in_row, 0);
  story.now += minutes(3);  // it crashed soon after its start: that goes on counting
  story.then(id_number(3), failed);
  EXPECT_EQ(fleet.failures("h100-se", story.now).in_row, 3);
  story.ready(id_number(4));
  story.now += hours(5);  // this one had served
  story.then(id_number(4), failed);
  EXPECT_EQ(fleet.failures("h100-se", story.now).in_row, 1);
}

TEST(InstanceId, RisesWhateverTheClockDoes) {
  IdGenerator ids(7);
  std::string last;
  Wall now = kNoon;
  for (int n = 0; n < 200; ++n) {
    const auto id = next_instance_id(ids, now, last);
    EXPECT_TRUE(is_instance_id(id)) << id;
    EXPECT_GT(id, last);
    last = id;
    if (n == 100) now -= hours(30);
  }
}

TEST(Fit, MakesTextsThatEventsTake) {
  EXPECT_EQ(fit_text(" a\nb\x01 ", 20), "a b");
  EXPECT_EQ(fit_text("\xff\xfe", 20), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(fit_text("aé", 2), "a");
  EXPECT_EQ(fit_text("aé", 3), "aé");
  EXPECT_EQ(fit_text(std::string(1000, '\xff'), 256).size(), 255u);
}

TEST(InstanceRecord, ReadsBackAsItWasWritten) {
  Instances fleet;
  Story story(fleet);
  auto e = story.event(kOne, request);
  e.spec = R"({"gpus": 2, "deep": {"a": [1, "x"]}})";
  EXPECT_EQ(from_record(to_record(e)).value(), e);
  story.then(kOne, request);
  for (const auto kind : {accepted, failed, timeout}) {
    auto next = story.event(kOne, kind);
    next.reason = "quote \" and umlaut ü";
    EXPECT_EQ(from_record(to_record(next)).value(), next);
  }
}

TEST(InstanceRecord, RefusesWhatItDidNotWrite) {
  Instances fleet;
  const auto good = to_record(Story(fleet).event(kOne, request)).json;
  for (const std::string& bad : {std::string(), std::string("[]"), std::string("{}"), good + "x",
                                 std::string(R"({"instance":"ins_1","n":1,"event":"stop"})"),
                                 fmt::format(R"({{"instance":"{}","n":0,"event":"stop"}})", kOne),
                                 fmt::format(R"({{"instance":"{}","n":1,"event":"explode"}})", kOne),
                                 fmt::format(R"({{"instance":"{}","n":1,"event":"stop","colour":"red"}})", kOne),
                                 fmt::format(R"({{"instance":"{}","n":1,"event":"request","spec":[1]}})", kOne)}) {
    EXPECT_EQ(from_record({.kind = kEventRecord, .at = kNoon, .key = {}, .user = {}, .json = bad}).error().code,
              Code::data_loss)
        << bad;
  }
}

}  // namespace
}  // namespace trine::fleet::instance_test
