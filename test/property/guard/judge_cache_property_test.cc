// The cache against a plain list of what was used last.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <list>

#include "guard/judge_cache.h"

namespace trine::guard::judge_cache_property_test {
namespace {

using namespace std::chrono_literals;

struct Entry {
  JudgeCache::Key key;
  Mono until;
  bool unsafe;
};

RC_GTEST_PROP(JudgeCache, KeepsWhatWasUsedLastAndIsYoung, ()) {
  const auto capacity = *rc::gen::inRange<size_t>(0, 6);
  constexpr auto kLife = 50ms;
  JudgeCache cache(capacity, kLife, "secret");
  std::list<Entry> model;  // the last used one in front
  Mono now{1h};
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 64));
  for (const int step : steps) {
    now += 1ms * (step % 7);
    const JudgeCache::Key key = {static_cast<uint64_t>(step % 8), 1};  // few keys, and buckets that several share
    const auto at = std::find_if(model.begin(), model.end(), [&](const Entry& e) { return e.key == key; });
    if (step < 32) {
      const auto found = cache.find(key, now);
      const bool expected = at != model.end() && now < at->until;
      RC_ASSERT(found.has_value() == expected);
      if (!expected) continue;
      RC_ASSERT(found->unsafe == at->unsafe);
      model.splice(model.begin(), model, at);
    } else {
      JudgeVerdict verdict;
      verdict.unsafe = step % 3 == 0;
      cache.put(key, verdict, now);
      if (capacity == 0) continue;
      if (at != model.end()) {
        model.erase(at);
      } else if (model.size() == capacity) {
        model.pop_back();
      }
      model.push_front({key, now + kLife, verdict.unsafe});
    }
    RC_ASSERT(cache.size() == model.size());
  }
}

}  // namespace
}  // namespace trine::guard::judge_cache_property_test
