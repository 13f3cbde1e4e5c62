// routes[].cache, cache and vault in the configuration file.
#include <gtest/gtest.h>

#include "gateway/config/config.h"

namespace trine::gateway::cache_test {
namespace {

using namespace std::chrono_literals;

Result<std::shared_ptr<const Config>> load(const std::string& cache, const std::string& more = "") {
  return load_config_text("t.yaml", R"(
deployments: [{ name: d, url: "http://h/v1", model: m, price: { free: true }, zone: FR }]
routes: [{ model: m, deployments: [d])" +
                                        cache + " }]\n" + more);
}

std::string complaint(const std::string& cache, const std::string& more = "") {
  const auto c = load(cache, more);
  return c ? "(none)" : c.error().message;
}

TEST(CacheOfTheFile, IsOffUnlessARouteHasOne) {
  const auto c = load("");
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_FALSE((*c)->routes[0].cache);
  EXPECT_FALSE((*c)->vault);
}

TEST(CacheOfTheFile, AnEmptySectionGivesExactAnswersWithinTheProject) {
  const auto c = load(", cache: { }");
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ(*(*c)->routes[0].cache, RouteCacheConfig{});
  EXPECT_FALSE((*c)->routes[0].cache->semantic);
  EXPECT_FALSE((*c)->routes[0].cache->sampled);
}

TEST(CacheOfTheFile, IsReadWhole) {
  const auto c = load(
      ", cache: { exact: false, ttl: 5m, scope: org, sampled: true, coalesce: false, persist: true, max_answer: 2KiB, "
      "semantic: { embeddings: d, threshold: 0.9, entries: 7, timeout: 1s } }",
      "vault: { dir: v, secret: 0123456789abcdef0123456789abcdef, max_bytes: 5MiB }\ncache: { memory: 2MiB }\n");
  ASSERT_TRUE(c) << c.error().message;
  const RouteCacheConfig& r = *(*c)->routes[0].cache;
  EXPECT_FALSE(r.exact || r.coalesce);
  EXPECT_TRUE(r.sampled && r.persist);
  EXPECT_EQ(r.ttl, 5min);
  EXPECT_EQ(r.scope, CacheScope::org);
  EXPECT_EQ(r.max_answer, 2048);
  EXPECT_EQ(r.semantic->embeddings, "d");
  EXPECT_EQ(r.semantic->threshold, 0.9);
  EXPECT_EQ(r.semantic->entries, 7);
  EXPECT_EQ(r.semantic->timeout, 1s);
  EXPECT_EQ((*c)->cache_memory, 2 << 20);
  EXPECT_EQ((*c)->vault->dir, "v");
  EXPECT_EQ((*c)->vault->max_bytes, 5 << 20);
}

TEST(CacheOfTheFile, RefusesWhatCannotBe) {
  EXPECT_NE(complaint(", cache: { persist: true }").find("needs a vault"), std::string::npos);
  EXPECT_NE(complaint(", cache: { semantic: { embeddings: e } }").find("there is no deployment \"e\""),
            std::string::npos);
  EXPECT_NE(complaint(", cache: { semantic: { } }").find("embeddings"), std::string::npos);
  EXPECT_NE(complaint(", cache: { scope: world }").find("scope"), std::string::npos);
  const std::string short_secret = complaint("", "vault: { secret: hunter2 }\n");
  EXPECT_NE(short_secret.find("shorter than 32"), std::string::npos);
  EXPECT_EQ(short_secret.find("hunter2"), std::string::npos) << "a secret is never shown";
}

}  // namespace
}  // namespace trine::gateway::cache_test
