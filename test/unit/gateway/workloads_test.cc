#include "gateway/workloads.h"

#include <gtest/gtest.h>

#include "gateway/probe.h"

namespace trine::gateway::workloads_test {
namespace {

TEST(WorkloadNames, OnlyWhatIsConfiguredHasAPlaceOfItsOwn) {
  const WorkloadNames names({"chat", "", "batch", "chat"});
  EXPECT_EQ(names.all(), (std::vector<std::string>{"none", "other", "chat", "batch"}));
  EXPECT_EQ(names.place("batch"), 3u);
  EXPECT_EQ(names.place(""), WorkloadNames::kNone);
  EXPECT_EQ(names.place("made up by a client"), WorkloadNames::kOther);
}

TEST(WorkloadNames, PlacesStayOverAReload) {
  const WorkloadNames before({"chat", "batch"});
  const WorkloadNames after({"night", "batch"}, &before);
  EXPECT_EQ(after.place("batch"), before.place("batch"));
  EXPECT_EQ(after.place("chat"), before.place("chat")) << "its counters go on if it comes back";
  EXPECT_EQ(after.place("night"), 4u);
}

TEST(WorkloadNames, TheirNumberIsBounded) {
  std::vector<std::string> many;
  for (int i = 0; i < 200; ++i) many.push_back("w" + std::to_string(i));
  const WorkloadNames names(many);
  EXPECT_EQ(names.all().size(), WorkloadNames::kMost);
  EXPECT_EQ(names.place("w199"), WorkloadNames::kOther);
}

TEST(WorkloadCells, AreMadeWhenTheyAreCountedIn) {
  WorkloadCells cells;
  EXPECT_EQ(cells.find(3), nullptr);
  cells.of(3).calls.add();
  cells.of(3).calls.add();
  ASSERT_NE(cells.find(3), nullptr);
  EXPECT_EQ(cells.find(3)->calls.get(), 2);
}

TEST(SparedCounters, StepsAreCountedApartAndBounded) {
  SparedCounters spared;
  spared.add("cache.exact", 10, 5);
  spared.add("documents.repeats", 100, 0);
  spared.add("cache.exact", 1, 2);
  EXPECT_STREQ(spared.all()[0].step.load(), "cache.exact");
  EXPECT_EQ(spared.all()[0].in.get(), 11);
  EXPECT_EQ(spared.all()[0].requests.get(), 2);
  EXPECT_EQ(spared.all()[1].in.get(), 100);
  static std::vector<std::string> names;
  for (size_t i = 0; i < 2 * SparedCounters::kMost; ++i) names.push_back("step" + std::to_string(i));
  for (const std::string& n : names) spared.add(n.c_str(), 1, 0);
  EXPECT_NE(spared.all().back().step.load(), nullptr);
}

}  // namespace
}  // namespace trine::gateway::workloads_test
