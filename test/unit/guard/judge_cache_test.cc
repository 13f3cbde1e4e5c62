#include "guard/judge_cache.h"

#include <gtest/gtest.h>

#include <set>

namespace trine::guard::judge_cache_test {
namespace {

using namespace std::chrono_literals;

const Mono kStart{1h};

JudgeVerdict unsafe() {
  JudgeVerdict verdict;
  verdict.unsafe = true;
  verdict.rationale = "because";
  return verdict;
}
JudgeQuestion question(std::string_view text, std::string_view asked = {}) {
  return {.text = text, .asked = asked};
}
JudgeCache::Key key_of(const JudgeCache& cache, std::string_view text) {
  return cache.key(JudgeFamily::llama_guard, "m", "p", question(text));
}

TEST(JudgeCache, GivesAVerdictBackUntilItIsTooOld) {
  JudgeCache cache(4, 10min, "secret");
  const auto key = key_of(cache, "a");
  EXPECT_FALSE(cache.find(key, kStart));
  cache.put(key, unsafe(), kStart);
  const auto found = cache.find(key, kStart + 10min - 1ns);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->unsafe);
  EXPECT_EQ(found->rationale, "") << "a model's words are not kept";
  EXPECT_FALSE(cache.find(key, kStart + 10min));
  cache.put(key, JudgeVerdict{}, kStart + 11min);
  ASSERT_TRUE(cache.find(key, kStart + 12min)) << "put again";
  EXPECT_FALSE(cache.find(key, kStart + 12min)->unsafe);
  EXPECT_EQ(cache.size(), 1u);
}

TEST(JudgeCache, TheLeastRecentlyUsedOneGoes) {
  JudgeCache cache(2, 1h, "secret");
  const auto a = key_of(cache, "a"), b = key_of(cache, "b"), c = key_of(cache, "c");
  cache.put(a, unsafe(), kStart);
  cache.put(b, unsafe(), kStart);
  EXPECT_TRUE(cache.find(a, kStart));
  cache.put(c, unsafe(), kStart);
  EXPECT_TRUE(cache.find(a, kStart));
  EXPECT_FALSE(cache.find(b, kStart));
  EXPECT_TRUE(cache.find(c, kStart));
  EXPECT_EQ(cache.size(), 2u);
}

TEST(JudgeCache, EveryPartOfTheQuestionCountsAndSoDoesTheSecret) {
  const JudgeCache cache(1, 1h, "secret"), other(1, 1h, "other");
  JudgeQuestion risk = question("ab"), provenance = question("ab");
  risk.risk = Risk::jailbreak;
  provenance.provenance = Provenance::tool;
  const std::set<JudgeCache::Key> keys = {cache.key(JudgeFamily::llama_guard, "m", "p", question("ab")),
                                          cache.key(JudgeFamily::qwen3guard, "m", "p", question("ab")),
                                          cache.key(JudgeFamily::llama_guard, "n", "p", question("ab")),
                                          cache.key(JudgeFamily::llama_guard, "m", "q", question("ab")),
                                          cache.key(JudgeFamily::llama_guard, "m", "p", question("ac")),
                                          cache.key(JudgeFamily::llama_guard, "m", "p", risk),
                                          cache.key(JudgeFamily::llama_guard, "m", "p", provenance),
                                          cache.key(JudgeFamily::llama_guard, "m", "p", question("b", "a")),
                                          cache.key(JudgeFamily::llama_guard, "m", "p", question("", "ab")),
                                          other.key(JudgeFamily::llama_guard, "m", "p", question("ab"))};
  EXPECT_EQ(keys.size(), 10u);
}

TEST(JudgeCache, OfNoCapacityKeepsNothing) {
  JudgeCache cache(0, 1h, "secret");
  const auto key = key_of(cache, "a");
  cache.put(key, unsafe(), kStart);
  EXPECT_FALSE(cache.find(key, kStart));
}

}  // namespace
}  // namespace trine::guard::judge_cache_test
