#include "web/sessions.h"

#include <gtest/gtest.h>

#include "web/answer.h"

namespace trine::web::sessions_test {
namespace {

using protect::Role;
using namespace std::chrono_literals;

TEST(Sessions, AnIdStandsForWhoSignedInAndNothingElseDoes) {
  VirtualClock clock;
  Sessions sessions(clock);
  const std::string id = sessions.begin("local:ada", Role::admin);
  ASSERT_TRUE(sessions.find(id));
  EXPECT_EQ(sessions.find(id)->actor, "local:ada");
  EXPECT_EQ(sessions.find(id)->role, Role::admin);
  EXPECT_FALSE(sessions.find(""));
  EXPECT_FALSE(sessions.find(id.substr(1)));
  EXPECT_FALSE(sessions.find(sessions.find(id)->csrf)) << "one secret is not the other";
}

TEST(Sessions, EachOneHasAnIdAndATokenOfItsOwn) {
  VirtualClock clock;
  Sessions sessions(clock);
  const std::string a = sessions.begin("local:ada", Role::viewer), b = sessions.begin("local:ada", Role::viewer);
  EXPECT_NE(a, b);
  EXPECT_NE(sessions.find(a)->csrf, sessions.find(b)->csrf);
  EXPECT_GE(a.size(), 43u) << "256 bits";
  EXPECT_EQ(a.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), a.npos);
}

TEST(Sessions, IsOverAfterAnHourOfNothingAndAfterHalfADayOfAnything) {
  VirtualClock clock;
  Sessions sessions(clock);
  const std::string idle = sessions.begin("local:ada", Role::viewer);
  clock.advance(59min);
  EXPECT_TRUE(sessions.find(idle)) << "and this use keeps it";
  clock.advance(59min);
  EXPECT_TRUE(sessions.find(idle));
  clock.advance(60min);
  EXPECT_FALSE(sessions.find(idle));

  const std::string busy = sessions.begin("local:ada", Role::viewer);
  for (int i = 0; i < 23; ++i) {
    clock.advance(30min);
    ASSERT_TRUE(sessions.find(busy)) << i;
  }
  clock.advance(30min);
  EXPECT_FALSE(sessions.find(busy));
}

TEST(Sessions, LastsNoLongerThanTheWordItRestsOn) {
  VirtualClock clock;
  Sessions sessions(clock);
  const std::string id = sessions.begin("oidc:ada@login", Role::viewer, clock.wall() + 10min);
  clock.advance(9min);
  EXPECT_TRUE(sessions.find(id));
  clock.advance(1min);
  EXPECT_FALSE(sessions.find(id));
}

TEST(Sessions, EndsWhenItIsEnded) {
  VirtualClock clock;
  Sessions sessions(clock);
  const std::string id = sessions.begin("local:ada", Role::viewer);
  sessions.end(id);
  EXPECT_FALSE(sessions.find(id));
  sessions.end(id);
}

TEST(Sessions, AreBoundedAndTheOneUsedLongestAgoMakesRoom) {
  VirtualClock clock;
  Sessions sessions(clock);
  const std::string first = sessions.begin("local:first", Role::viewer);
  clock.advance(1s);
  const std::string second = sessions.begin("local:second", Role::viewer);
  clock.advance(1s);
  for (size_t i = 2; i < Sessions::kMost; ++i) sessions.begin("local:other", Role::viewer);
  clock.advance(1s);
  ASSERT_TRUE(sessions.find(first));
  sessions.begin("local:one too many", Role::viewer);
  EXPECT_EQ(sessions.size(), Sessions::kMost);
  EXPECT_TRUE(sessions.find(first));
  EXPECT_FALSE(sessions.find(second));
}

TEST(Cookie, IsFoundAmongOthersByItsWholeName) {
  EXPECT_EQ(cookie("a=1; trine_session=abc; b=2", "trine_session"), "abc");
  EXPECT_EQ(cookie("trine_session=abc", "trine_session"), "abc");
  EXPECT_EQ(cookie("x_trine_session=abc; trine_sessions=d", "trine_session"), "");
  EXPECT_EQ(cookie("trine_session", "trine_session"), "");
  EXPECT_EQ(cookie("", "trine_session"), "");
}

}  // namespace
}  // namespace trine::web::sessions_test
