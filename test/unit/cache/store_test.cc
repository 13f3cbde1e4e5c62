#include "cache/store.h"

#include <gtest/gtest.h>

namespace trine::cache::store_test {
namespace {

const Wall kNow = from_unix_ns(1'700'000'000'000'000'000);

Key key(int i) {
  Key k{};
  k[0] = static_cast<unsigned char>(i);
  k[31] = static_cast<unsigned char>(i >> 8);
  return k;
}

std::shared_ptr<const Answer> answer(const std::string& text, Nanos ttl = std::chrono::hours(1),
                                     const std::string& user = "anna") {
  Answer a;
  a.whole = text;
  a.user = user;
  a.key = "key_1";
  a.made = kNow;
  a.expires = kNow + ttl;
  return std::make_shared<const Answer>(a);
}

std::string found(Store& s, int i, Wall now = kNow) {
  const auto a = s.find(key(i), now);
  return a ? a->whole : "(none)";
}

// Room for `n` answers of one byte.
size_t room_for(int n) {
  Store one(1 << 20);
  one.put(key(0), answer("x"));
  return one.bytes() * static_cast<size_t>(n);
}

TEST(Store, GivesWhatWasPutUntilItExpires) {
  Store s(1 << 20);
  s.put(key(1), answer("a"));
  EXPECT_EQ(found(s, 1), "a");
  EXPECT_EQ(found(s, 2), "(none)");
  EXPECT_EQ(found(s, 1, kNow + std::chrono::hours(1)), "(none)");
  EXPECT_EQ(s.size(), 0u) << "what was found too old is gone";
  EXPECT_EQ(s.bytes(), 0u);
}

TEST(Store, TakesTheLastOfTwo) {
  Store s(1 << 20);
  s.put(key(1), answer(std::string(1000, 'a')));
  s.put(key(1), answer("b"));
  EXPECT_EQ(found(s, 1), "b");
  EXPECT_EQ(s.size(), 1u);
  EXPECT_EQ(s.bytes(), room_for(1));
}

TEST(Store, NeverHoldsMoreThanItMay) {
  const size_t most = room_for(10);
  Store s(most);
  for (int i = 0; i < 500; ++i) {
    s.put(key(i), answer("x"));
    EXPECT_LE(s.bytes(), most);
    if (i % 3 == 0) (void)s.find(key(i), kNow);
  }
  EXPECT_EQ(s.size(), 10u);
  s.put(key(1000), answer(std::string(most, 'x')));
  EXPECT_EQ(found(s, 1000), "(none)") << "longer than all may be";
  EXPECT_EQ(s.size(), 10u);
}

TEST(Store, WhatIsAskedForStaysWhenOthersComeOnce) {
  Store s(room_for(10));
  for (int i = 0; i < 5; ++i) s.put(key(i), answer("x"));
  for (int i = 100; i < 200; ++i) {
    for (int k = 0; k < 5; ++k) EXPECT_EQ(found(s, k), "x") << i;
    s.put(key(i), answer("x"));
  }
}

TEST(Store, ErasesWhatAUserOrAKeyAskedFor) {
  Store s(1 << 20);
  s.put(key(1), answer("a"));
  s.put(key(2), answer("b", std::chrono::hours(1), "bert"));
  EXPECT_EQ(s.erase_user(""), std::vector<Key>());
  EXPECT_EQ(s.erase_user("anna"), std::vector<Key>{key(1)});
  EXPECT_EQ(found(s, 1), "(none)");
  EXPECT_EQ(found(s, 2), "b");
  EXPECT_EQ(s.erase_key("key_1").size(), 1u);
  EXPECT_EQ(s.bytes(), 0u);
}

TEST(Store, SweepsWhatHasExpired) {
  Store s(1 << 20);
  s.put(key(1), answer("a", std::chrono::seconds(1)));
  s.put(key(2), answer("b"));
  s.sweep(kNow + std::chrono::seconds(1));
  EXPECT_EQ(s.size(), 1u);
  s.resize(0);
  EXPECT_EQ(s.size(), 0u);
}

TEST(Answer, ComesBackFromItsBytes) {
  Answer a = *answer("text");
  a.streamed = true;
  a.events = {"data: x\n\n", "data: u\n\n", true};
  a.in = 7;
  a.out = -1;
  a.figures.energy = Energy::raw(-5);
  a.figures.letter = energy::Letter::S;
  const std::string bytes = to_bytes(a);
  const auto back = from_bytes(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, a);
  EXPECT_EQ(back->figures.energy.raw(), -5);
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(from_bytes(std::string_view(bytes).substr(0, n))) << n;
  EXPECT_FALSE(from_bytes(bytes + "x"));
  EXPECT_FALSE(from_bytes(std::string(bytes.size(), '\xff')));
}

// ---- questions: an answer found by the bytes that asked for it ----

std::string asked(Store& s, std::string_view name, std::string_view body, Wall now = kNow) {
  const auto a = s.find(Question{name, body}, now);
  return a ? a->whole : "(none)";
}

TEST(StoreQuestions, FindTheAnswerByTheVeryBytes) {
  Store s(1 << 20);
  s.put(key(1), answer("a"));
  EXPECT_EQ(asked(s, "acme", "{}"), "(none)");
  s.remember(key(1), {"acme", "{}"});
  EXPECT_EQ(asked(s, "acme", "{}"), "a");
  EXPECT_EQ(asked(s, "acme", "{ }"), "(none)");
  EXPECT_EQ(asked(s, "other", "{}"), "(none)") << "whose it is counts";
  EXPECT_EQ(asked(s, "acme{", "}"), "(none)") << "where the name ends counts";
  EXPECT_EQ(asked(s, "acme", "{}", kNow + std::chrono::hours(1)), "(none)") << "expired";
  EXPECT_EQ(s.bytes(), 0u);
}

TEST(StoreQuestions, AreOfAnAnswerThatIsThere) {
  Store s(1 << 20);
  s.remember(key(1), {"acme", "{}"});
  s.put(key(1), answer("a"));
  EXPECT_EQ(asked(s, "acme", "{}"), "(none)");
}

TEST(StoreQuestions, TheLastOneOfAnAnswerCounts) {
  Store s(1 << 20);
  s.put(key(1), answer("a"));
  s.put(key(2), answer("b"));
  s.remember(key(1), {"acme", "one"});
  s.remember(key(1), {"acme", "two"});
  EXPECT_EQ(asked(s, "acme", "one"), "(none)");
  EXPECT_EQ(asked(s, "acme", "two"), "a");
  s.remember(key(2), {"acme", "two"});
  EXPECT_EQ(asked(s, "acme", "two"), "b") << "and the last answer of a question";
  s.put(key(1), answer("c"));
  EXPECT_EQ(asked(s, "acme", "two"), "b") << "which the other one's end leaves alone";
}

TEST(StoreQuestions, GoWithTheirAnswer) {
  Store s(1 << 20);
  s.put(key(1), answer("a"));
  s.remember(key(1), {"acme", "{}"});
  s.put(key(1), answer("b"));
  EXPECT_EQ(asked(s, "acme", "{}"), "(none)") << "the new answer has none yet";
  s.remember(key(1), {"acme", "{}"});
  EXPECT_EQ(s.erase_user("anna").size(), 1u);
  EXPECT_EQ(asked(s, "acme", "{}"), "(none)");
  s.put(key(1), answer("a"));
  s.remember(key(1), {"acme", "{}"});
  s.resize(0);
  EXPECT_EQ(asked(s, "acme", "{}"), "(none)");
}

TEST(StoreQuestions, KeepTheirAnswerFromBeingPushedOut) {
  Store s(room_for(10));
  s.put(key(0), answer("x"));
  s.remember(key(0), {"acme", "{}"});
  for (int i = 100; i < 200; ++i) {
    EXPECT_EQ(asked(s, "acme", "{}"), "x") << i;
    s.put(key(i), answer("y"));
  }
}

TEST(StoreQuestions, ThatAreVeryLongAreNotRemembered) {
  Store s(1 << 20);
  s.put(key(1), answer("a"));
  const std::string most(Store::kMostQuestion, 'q');
  s.remember(key(1), {"acme", most + 'q'});
  EXPECT_EQ(asked(s, "acme", most + 'q'), "(none)");
  s.remember(key(1), {"acme", most});
  EXPECT_EQ(asked(s, "acme", most), "a");
}

}  // namespace
}  // namespace trine::cache::store_test
