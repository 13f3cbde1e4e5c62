#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gateway/config/config.h"
#include "protect/audit.h"
#include "web/api.h"
#include "yaml/document.h"

namespace trine::web::settings_test {
namespace {

class InFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-web-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override {
    std::error_code ec;
    std::filesystem::remove_all(folder_, ec);
  }
  std::string file(const std::string& text) {
    std::ofstream(folder_ / "trine.yaml") << text;
    return (folder_ / "trine.yaml").string();
  }
  std::filesystem::path folder_;
};

using ShownConfig = InFolder;

TEST_F(ShownConfig, HasNoSecretInIt) {
  const auto shown = redacted_config(file(R"(
# a comment with hunter2
keys:
  - id: team-a
    secret: hunter2
deployments:
  - name: a
    url: https://user:hunter2@engine.example.org/v1
    api_key: hunter2
grid:
  sources:
    - kind: watttime
      password: hunter2
meters: [{name: m, bearer_token: hunter2}]
notifications: [{name: ops, form: slack, url: "https://hooks.example.com/T1/hunter2"}]
traces: {url: "http://127.0.0.1:4318", headers: [{name: authorization, value: Bearer hunter2}]}
)"));
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_EQ(shown->find("hunter2"), std::string::npos) << *shown;
  EXPECT_NE(shown->find("team-a"), std::string::npos);
  EXPECT_NE(shown->find("engine.example.org/v1"), std::string::npos);
  EXPECT_EQ(shown->find('#'), std::string::npos);
}

// Paths are compared as they are: one through a free name would need more.
TEST(ShownConfigSecrets, AreDeclaredUnderNoFreeName) {
  const auto secrets = gateway::config_secrets();
  EXPECT_NE(std::find(secrets.begin(), secrets.end(), "notifications[].url"), secrets.end());
  for (const std::string& path : secrets) EXPECT_EQ(path.find("<name>"), std::string::npos) << path;
}

TEST_F(ShownConfig, SaysWhereASecretComesFrom) {
  const auto shown = redacted_config(file("a: {secret: '${TRINE_KEY}'}\nb: {api_key: 'file:key.txt'}\n"));
  ASSERT_TRUE(shown);
  EXPECT_NE(shown->find("${TRINE_KEY}"), std::string::npos);
  EXPECT_NE(shown->find("file:key.txt"), std::string::npos);
}

TEST_F(ShownConfig, ReadsBackAsTheSameTreeWhereNothingIsHidden) {
  const std::string text =
      "listen: {traffic: '127.0.0.1:8080'}\nroutes:\n  - model: m\n    deployments: [a, b]\n    weights: {cost: 0.4}\n"
      "  - model: 'with: colon'\n    zones: []\nempty: {}\nnothing:\nwords: ['yes # no', \"it's\", '- x']\n"
      "nested: [[1, 2], {a: [{b: c}]}]\n";
  const auto shown = redacted_config(file(text));
  ASSERT_TRUE(shown) << shown.error().message;
  const auto again = redacted_config(file(*shown));
  ASSERT_TRUE(again) << again.error().message << "\n" << *shown;
  EXPECT_EQ(*again, *shown);
  const auto tree = yaml::load_text("shown", *shown);
  ASSERT_TRUE(tree) << tree.error().message << "\n" << *shown;
  EXPECT_EQ(tree->root.find("routes")->value.items.at(1).find("model")->value.text, "with: colon");
  EXPECT_EQ(tree->root.find("words")->value.items.at(2).text, "- x");
  EXPECT_EQ(tree->root.find("nested")->value.items.at(1).find("a")->value.items.at(0).find("b")->value.text, "c");
}

using GuardEvents = InFolder;

protect::AuditEntry verdict(Wall at, const char* action, const char* count, const char* why) {
  protect::AuditEntry e;
  e.at = at;
  e.actor = "key:trn_1";
  e.address = "192.0.2.1";
  e.action = action;
  e.outcome = "refused";
  e.detail = {{"count", count}, {"first_because", why}};
  return e;
}

TEST_F(GuardEvents, CountEachLineForAsManyRequestsAsItStandsFor) {
  const Wall noon = from_unix_ns(1'764'000'000'000'000'000);
  auto log = protect::AuditLog::open({.dir = folder_ / "audit"});
  ASSERT_TRUE(log);
  for (const auto& e : {verdict(noon, "guard.block", "3", "rule a"), verdict(noon, "guard.flag", "2", "rule b"),
                        verdict(noon + std::chrono::minutes(1), "guard.block", "4", "rule a"),
                        verdict(noon - std::chrono::hours(48), "guard.block", "100", "rule old"),
                        verdict(noon, "keys.create", "1", "")})
    ASSERT_TRUE((*log)->append(e));
  const auto text = guard_events(folder_ / "audit", noon - std::chrono::hours(1), noon + std::chrono::hours(1));
  ASSERT_TRUE(text) << text.error().message;
  const auto j = nlohmann::json::parse(*text);
  int64_t blocked = 0, flagged = 0;
  for (const auto& n : j["series"]["block"]) blocked += n.get<int64_t>();
  for (const auto& n : j["series"]["flag"]) flagged += n.get<int64_t>();
  EXPECT_EQ(blocked, 7);
  EXPECT_EQ(flagged, 2);
  EXPECT_EQ(j["series"]["t"].size(), j["series"]["block"].size());
  ASSERT_EQ(j["rules"].size(), 2u);
  EXPECT_EQ(j["rules"][0]["rule"], "rule a");
  EXPECT_EQ(j["rules"][0]["count"], 7);
  ASSERT_EQ(j["events"].size(), 3u) << "neither the old one nor the key";
  EXPECT_EQ(j["events"][0]["count"], 4) << "newest first";
}

TEST_F(GuardEvents, SayThatThereAreMoreWhereTheLogHasMoreThanIsRead) {
  const Wall noon = from_unix_ns(1'764'000'000'000'000'000);
  auto log = protect::AuditLog::open({.dir = folder_ / "audit"});
  ASSERT_TRUE(log);
  for (int i = 0; i <= 5000; ++i) ASSERT_TRUE((*log)->append(verdict(noon, "guard.block", "1", "rule a"), false));
  const auto text = guard_events(folder_ / "audit", noon - std::chrono::hours(1), noon + std::chrono::hours(1));
  ASSERT_TRUE(text);
  const auto j = nlohmann::json::parse(*text);
  EXPECT_EQ(j["rules"][0]["count"], 5000);
  EXPECT_EQ(j["more"], true);
}

TEST_F(GuardEvents, AreEmptyWithoutALog) {
  const auto text = guard_events({}, Wall{}, Wall{} + std::chrono::hours(1));
  ASSERT_TRUE(text);
  EXPECT_EQ(nlohmann::json::parse(*text)["events"].size(), 0u);
}

}  // namespace
}  // namespace trine::web::settings_test
