// A pool of the real worker for tests.
#pragma once

#include <gtest/gtest.h>

#include "documents/pool.h"
#include "documents/text.h"

namespace trine::documents {

inline PoolOptions pool_options(int workers = 1) {
  PoolOptions o;
  o.program = TRINE_DOCWORKER;
  o.workers = workers;
  o.most_wait = std::chrono::minutes(5);  // sanitizers and a busy machine
  return o;
}

inline std::unique_ptr<DocumentPool> start_pool(PoolOptions options = pool_options()) {
  auto pool = DocumentPool::start(std::move(options));
  EXPECT_TRUE(pool) << (pool ? "" : pool.error().message);
  return pool ? std::move(*pool) : nullptr;
}

inline std::string text_of(const Document& document) {
  return render(document).text;
}

}  // namespace trine::documents
