#include "grid/cache.h"

#include <fstream>

#include "unit/grid/poller_fixture.h"

namespace trine::grid::cache_test {
namespace {

Feed sample() {
  const Wall t = *parse_iso8601("2026-01-15T10:00:00Z");
  return {"DK-DK1/é",
          "electricity_maps",
          Method::direct,
          Series({{t, Intensity{56.25}}, {t + 30min, Intensity{0.1}, true}}, 30min),
          Series({{t + 1h, Intensity{44}}}, 30min),
          t + 31min};
}

TEST(Cache, WhatIsWrittenIsReadBack) {
  Folder folder;
  const auto cache = folder.path / "a" / "b";
  const Feed feed = sample();
  ASSERT_TRUE(save_feed(cache, feed));
  ASSERT_TRUE(save_feed(cache, feed)) << "again, over what is there";
  const auto cached = load_feeds(cache);
  EXPECT_TRUE(cached.problems.empty());
  ASSERT_EQ(cached.feeds.size(), 1u);
  const Feed& back = *cached.feeds[0];
  EXPECT_EQ(back.zone, feed.zone);
  EXPECT_EQ(back.source, feed.source);
  EXPECT_EQ(back.method, feed.method);
  EXPECT_EQ(back.fetched, feed.fetched);
  EXPECT_EQ(back.values.points(), feed.values.points());
  EXPECT_EQ(back.values.step(), 30min);
  EXPECT_EQ(back.forecast.points(), feed.forecast.points());
}

TEST(Cache, ADamagedFileIsSaidAndTheOthersAreRead) {
  Folder folder;
  ASSERT_TRUE(save_feed(folder.path, sample()));
  const std::string whole = feed_text(sample());
  std::ofstream(folder.path / "cut.feed.json") << whole.substr(0, whole.size() / 2);
  std::ofstream(folder.path / "zero.feed.json")
      << R"({"zone":"FR","source":"x","method":"lifecycle","fetched":"2026-01-15","step_s":3600,"points":[["2026-01-15T10:00:00Z",0,0]],"forecast":[]})";
  std::ofstream(folder.path / "other.txt") << "no feed";
  const auto cached = load_feeds(folder.path);
  EXPECT_EQ(cached.feeds.size(), 1u);
  ASSERT_EQ(cached.problems.size(), 2u);
  EXPECT_NE(cached.problems[0].find("cut.feed.json"), std::string::npos);
  EXPECT_NE(cached.problems[1].find("a point is not"), std::string::npos);
}

TEST(Cache, NoFolderIsNoProblemAndAFolderThatCannotBeIsSaid) {
  Folder folder;
  EXPECT_TRUE(load_feeds(folder.path / "none").feeds.empty());
  std::ofstream(folder.path / "file") << "x";
  const auto saved = save_feed(folder.path / "file", sample());
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, Code::unavailable);
}

TEST(Feeds, TheNewerOfTwoIsKept) {
  auto older = std::make_shared<Feed>(sample()), newer = std::make_shared<Feed>(sample());
  newer->fetched += 1h;
  auto other = std::make_shared<Feed>(sample());
  other->method = Method::marginal;
  EXPECT_EQ(merged({older}, {newer, other}), (Feeds{newer, other}));
  EXPECT_EQ(merged({newer}, {older}), (Feeds{newer}));
}

TEST(Methods, HaveOneNameEach) {
  for (int m = 0; m <= static_cast<int>(Method::marginal); ++m)
    EXPECT_EQ(method_named(name(static_cast<Method>(m))), static_cast<Method>(m));
  EXPECT_FALSE(method_named("average"));
}

}  // namespace
}  // namespace trine::grid::cache_test
