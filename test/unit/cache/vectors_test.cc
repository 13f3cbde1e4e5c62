#include "cache/vectors.h"

#include <gtest/gtest.h>

#include <cmath>

namespace trine::cache::vectors_test {
namespace {

Key key(unsigned char i) {
  Key k{};
  k[0] = i;
  return k;
}
std::vector<float> unit(std::vector<float> v) {
  return *Vectors::unit(std::move(v));
}

TEST(Vectors, FindTheNearestOfTheirScopeOnly) {
  Vectors v(1 << 20);
  v.put(key(1), unit({1, 0}), key(10), 100);
  v.put(key(1), unit({1, 1}), key(11), 100);
  v.put(key(2), unit({0, 1}), key(12), 100);
  const auto near = v.nearest(key(1), unit({0, 2}));
  ASSERT_TRUE(near);
  EXPECT_EQ(near->key, key(11));
  EXPECT_NEAR(near->cosine, std::sqrt(0.5), 1e-6);
  EXPECT_FALSE(v.nearest(key(3), unit({1, 0})));
}

TEST(Vectors, OfUnequalLengthNeverMeet) {
  Vectors v(1 << 20);
  v.put(key(1), unit({1, 0}), key(10), 100);
  EXPECT_FALSE(v.nearest(key(1), unit({1, 0, 0})));
}

TEST(Vectors, AVectorWithoutADirectionIsNone) {
  EXPECT_FALSE(Vectors::unit({}));
  EXPECT_FALSE(Vectors::unit({0, 0}));
  EXPECT_FALSE(Vectors::unit({NAN, 1}));
  EXPECT_FALSE(Vectors::unit({INFINITY, 1}));
}

TEST(Vectors, TheOldestGoWhereAScopeOrAllAreFull) {
  Vectors v(1 << 20);
  for (unsigned char i = 0; i < 10; ++i) v.put(key(1), unit({1, static_cast<float>(i)}), key(i), 3);
  EXPECT_EQ(v.size(), 3u);
  EXPECT_EQ(v.nearest(key(1), unit({1, 0}))->key, key(7));
  const size_t bytes = v.bytes();
  Vectors small(bytes);
  for (unsigned char i = 0; i < 100; ++i) {
    small.put(key(i), unit({1, 0}), key(i), 3);
    EXPECT_LE(small.bytes(), bytes);
  }
  EXPECT_EQ(small.size(), 3u);
  EXPECT_TRUE(small.nearest(key(99), unit({1, 0})));
  EXPECT_FALSE(small.nearest(key(96), unit({1, 0})));
}

TEST(Vectors, ForgetAnAnswer) {
  Vectors v(1 << 20);
  v.put(key(1), unit({1, 0}), key(10), 100);
  v.put(key(2), unit({1, 0}), key(10), 100);
  v.forget(key(10));
  EXPECT_EQ(v.size(), 0u);
  EXPECT_EQ(v.bytes(), 0u);
}

// The sums run side by side: a tail that is no multiple of them must count too.
TEST(Vectors, CompareAllOfALongVector) {
  Vectors v(1 << 20);
  std::vector<float> a(1027, 0);
  a[1026] = 1;
  v.put(key(1), a, key(10), 100);
  EXPECT_NEAR(v.nearest(key(1), a)->cosine, 1, 1e-6);
}

}  // namespace
}  // namespace trine::cache::vectors_test
