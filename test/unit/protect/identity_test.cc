// Keys from their making to their end, on a real database.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "protect/identity_store.h"
#include "protect/identity_text.h"

namespace trine::protect::identity_test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const Wall kNow = *parse_iso8601("2026-11-28T10:00:00Z");

struct IdentityTest : testing::Test {
  IdentityTest() : dir(fs::temp_directory_path() / fmt::format("trine-identity-{}-{}", ::getpid(), counter++)) {
    fs::remove_all(dir);
    store = open();
    EXPECT_TRUE(
        store->put_group({.path = "acme/billing/invoices", .workload = "", .routes = {}, .endpoints = {}}, kNow));
  }
  ~IdentityTest() override { fs::remove_all(dir); }
  std::unique_ptr<IdentityStore> open() const {
    auto s = IdentityStore::open(dir);
    EXPECT_TRUE(s) << s.error().message;
    return s ? std::move(*s) : nullptr;
  }
  NewKey create(KeyWish wish = {}, Wall now = kNow) {
    if (wish.group.empty()) wish.group = "acme/billing/invoices";
    auto k = store->create(wish, now);
    EXPECT_TRUE(k) << k.error().message;
    return k.value_or(NewKey{});
  }
  bool works(const std::string& text, Wall now = kNow) {
    const auto t = store->table(now);
    EXPECT_TRUE(t) << t.error().message;
    return (*t)->find(text, now).has_value();
  }

  static inline int counter = 0;
  fs::path dir;
  std::unique_ptr<IdentityStore> store;
};

TEST_F(IdentityTest, AKeyIsFoundByItsTextAndNoOther) {
  const NewKey a = create(), b = create();
  EXPECT_NE(a.text, b.text);
  EXPECT_TRUE(a.text.starts_with(key_name(a.id) + "_")) << a.text;
  EXPECT_EQ(id_of_key(a.text), a.id);
  const auto table = *store->table(kNow);
  const auto found = table->find(a.text, kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, a.id);
  const Grant& grant = table->grants().at(found->grant);
  EXPECT_EQ(grant.org, "acme");
  EXPECT_EQ(grant.team, "billing");
  EXPECT_EQ(grant.project, "invoices");
  // look-alikes
  std::string other = a.text;
  other.back() = other.back() == 'A' ? 'E' : 'A';
  for (const std::string& no : {std::string(), other, a.text.substr(0, a.text.size() - 1), a.text + "A", a.text + " ",
                                key_name(a.id), key_name(b.id) + a.text.substr(16), std::string(100'000, 'A')})
    EXPECT_FALSE(table->find(no, kNow)) << no.substr(0, 80);
}

TEST_F(IdentityTest, WhatIsOnDiskIsNotTheKey) {
  const NewKey k = create();
  store.reset();
  for (const auto& f : fs::directory_iterator(dir)) {
    std::ifstream in(f.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    EXPECT_EQ(bytes.find(k.text.substr(17)), std::string::npos) << f.path();
  }
  struct stat s {};
  ASSERT_EQ(::stat((dir / "identity.pepper").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
  store = open();
  EXPECT_TRUE(works(k.text)) << "after a restart";
}

TEST_F(IdentityTest, ItsFolderIsNotForEverybody) {
  const auto mode = [](const fs::path& path) {
    struct stat s {};
    EXPECT_EQ(::stat(path.c_str(), &s), 0) << path;
    return s.st_mode & 0777;
  };
  EXPECT_EQ(mode(dir), 0750u);
  for (const char* file : {"identity.db", "identity.db-wal", "identity.db-shm"})
    EXPECT_EQ(mode(dir / file) & 07, 0u) << file;
  store.reset();
  fs::permissions(dir, fs::perms::owner_all | fs::perms::others_exec);
  store = open();
  EXPECT_EQ(mode(dir), 0701u) << "what an operator set stays";
}

TEST_F(IdentityTest, AStoreThatIsMissingIsMadeOnlyWhereThatIsAsked) {
  const fs::path typo = dir / "tpyo";
  const auto s = IdentityStore::open(typo, IdentityStore::Missing::fail);
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().code, Code::not_found);
  EXPECT_NE(s.error().message.find("`trine teams create` makes one"), std::string::npos) << s.error().message;
  EXPECT_FALSE(fs::exists(typo));
  EXPECT_TRUE(IdentityStore::open(dir, IdentityStore::Missing::fail)) << "one that is there";
}

TEST_F(IdentityTest, RevokedIsAtOnceAndForGood) {
  const NewKey k = create();
  ASSERT_TRUE(store->revoke(k.id, kNow));
  EXPECT_FALSE(works(k.text));
  ASSERT_TRUE(store->revoke(k.id, kNow + 1h)) << "again is no error";
  EXPECT_EQ((*store->key(k.id))->revoked, kNow) << "and changes nothing";
  EXPECT_EQ(store->revoke(12345, kNow).error().code, Code::not_found);
}

TEST_F(IdentityTest, AnotherProcessSeesTheChange) {
  const auto gateway = open();
  ASSERT_TRUE(gateway->table(kNow));
  EXPECT_FALSE(*gateway->changed());
  const NewKey k = create();
  EXPECT_TRUE(*gateway->changed());
  EXPECT_TRUE((*gateway->table(kNow))->find(k.text, kNow));
  ASSERT_TRUE(store->revoke(k.id, kNow));
  EXPECT_TRUE(*gateway->changed());
  EXPECT_FALSE((*gateway->table(kNow))->find(k.text, kNow));
}

TEST_F(IdentityTest, AKeyExpiresInATableThatIsNotMadeAnew) {
  KeyWish wish;
  wish.expires = kNow + 1h;
  const NewKey k = create(wish);
  const auto table = *store->table(kNow);
  EXPECT_TRUE(table->find(k.text, kNow + 3599s));
  EXPECT_FALSE(table->find(k.text, kNow + 3600s));
  wish.group = "acme";
  wish.expires = kNow;
  EXPECT_EQ(store->create(wish, kNow).error().code, Code::invalid_argument);
}

TEST_F(IdentityTest, RotationOverlaps) {
  KeyWish wish;
  wish.label = "batch";
  wish.routes = {"chat"};
  const NewKey old = create(wish);
  const auto fresh = store->rotate(old.id, 24h, kNow);
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_TRUE(works(old.text, kNow + 23h));
  EXPECT_TRUE(works(fresh->text, kNow + 23h));
  EXPECT_FALSE(works(old.text, kNow + 25h));
  EXPECT_TRUE(works(fresh->text, kNow + 25h));
  EXPECT_EQ((*store->key(old.id))->replaced_by, fresh->id);
  EXPECT_EQ((*store->key(fresh->id))->label, "batch");
  EXPECT_EQ((*store->key(fresh->id))->routes, std::vector<std::string>{"chat"});
  EXPECT_EQ(store->rotate(old.id, 24h, kNow).error().code, Code::failed_precondition);
}

TEST_F(IdentityTest, AKeyThatExpiredIsNotRotatedIntoADeadOne) {
  KeyWish wish;
  wish.expires = kNow + 1h;
  const NewKey old = create(wish);
  const auto late = store->rotate(old.id, 24h, kNow + 1h);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::failed_precondition);
  EXPECT_EQ(late.error().message, key_name(old.id) + " expired on 2026-11-28T11:00:00Z; create another key instead.");
  EXPECT_EQ(store->keys()->size(), 1u);
  const auto fresh = store->rotate(old.id, 24h, kNow + 59min);
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_EQ((*store->key(old.id))->expires, kNow + 1h) << "its own end is nearer than the overlap's";
}

TEST_F(IdentityTest, TimesThatNoClockHoldsAreRefused) {
  const NewKey old = create();
  const auto never = store->rotate(old.id, *parse_duration("100000d"), kNow);
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().code, Code::invalid_argument);
  EXPECT_NE(never.error().message.find("at most 100 years"), std::string::npos) << never.error().message;
  EXPECT_TRUE(works(old.text)) << "nothing happened to it";
  const auto expiry = parse_expiry("100000d", kNow);
  ASSERT_FALSE(expiry);
  EXPECT_NE(expiry.error().message.find("\"100000d\" is over 100 years"), std::string::npos) << expiry.error().message;
  EXPECT_EQ(**parse_expiry("36525d", kNow), kNow + kLongestWait);
  ASSERT_TRUE(store->rotate(old.id, kLongestWait, kNow));
  EXPECT_TRUE(works(old.text, kNow + 24h * 25567)) << "in seventy years";
}

TEST_F(IdentityTest, WhatIsNearerGoesBefore) {
  ASSERT_TRUE(store->put_group({.path = "acme", .workload = "any", .routes = {"a", "b"}, .endpoints = {"chat"}}, kNow));
  ASSERT_TRUE(store->put_group({.path = "acme/billing", .workload = "", .routes = {"a"}, .endpoints = {}}, kNow));
  KeyWish wish;
  const NewKey plain = create(wish);
  wish.workload = "own";
  wish.routes = {"c"};
  const NewKey own = create(wish);
  const auto table = *store->table(kNow);
  const Grant& g = table->grants().at(table->find(plain.text, kNow)->grant);
  EXPECT_EQ(g.workload, "any");
  EXPECT_EQ(g.routes, std::vector<std::string>{"a"});
  EXPECT_EQ(g.endpoints, std::vector<std::string>{"chat"});
  const Grant& o = table->grants().at(table->find(own.text, kNow)->grant);
  EXPECT_EQ(o.workload, "own");
  EXPECT_EQ(o.routes, std::vector<std::string>{"c"});
}

TEST_F(IdentityTest, AGroupGoesOnceItsKeysAreRevoked) {
  const NewKey k = create();
  EXPECT_EQ(store->remove_group("acme").error().code, Code::failed_precondition);
  ASSERT_TRUE(store->revoke(k.id, kNow));
  ASSERT_TRUE(store->remove_group("acme"));
  EXPECT_TRUE(store->groups()->empty());
  EXPECT_EQ(store->remove_group("acme").error().code, Code::not_found);
  KeyWish wish;
  wish.group = "acme";
  EXPECT_EQ(store->create(wish, kNow).error().code, Code::not_found);
}

TEST_F(IdentityTest, GroupsThatBeginAlikeAreOthers) {
  ASSERT_TRUE(store->put_group({.path = "acme2", .workload = "", .routes = {}, .endpoints = {}}, kNow));
  create();
  KeyWish wish;
  wish.group = "acme2";
  create(wish);
  EXPECT_EQ(store->keys("acme")->size(), 1u);
  EXPECT_EQ(store->keys()->size(), 2u);
  for (const char* no : {"", "/", "a/", "/a", "a//b", "a/b/c/d", "a b", "a'b", "ä"})
    EXPECT_FALSE(split_group(no)) << no;
}

TEST_F(IdentityTest, LastUseIsKept) {
  const NewKey k = create();
  const auto table = *store->table(kNow);
  EXPECT_TRUE(table->used().empty());
  ASSERT_TRUE(table->find(k.text, kNow + 5s));
  ASSERT_TRUE(store->note_used(table->used()));
  EXPECT_EQ((*store->key(k.id))->last_used, kNow + 5s);
}

TEST_F(IdentityTest, WithoutItsPepperADatabaseIsRefused) {
  store.reset();
  fs::remove(dir / "identity.pepper");
  const auto s = IdentityStore::open(dir);
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().code, Code::data_loss);
  EXPECT_NE(s.error().message.find("restore it"), std::string::npos);
}

TEST(KeyTable, AHundredThousandKeysTakeUnderTwoHundredBytesEach) {
  std::vector<KeyTable::Row> rows(100'000);
  for (size_t i = 0; i < rows.size(); ++i) rows[i].id = (i + 1) * 0x9E3779B97F4A7 % ((KeyId{1} << 60) - 1);
  const KeyTable table(Pepper{}, {Grant{}}, rows);
  EXPECT_EQ(table.size(), rows.size());
  EXPECT_LE(table.bytes(), 200 * rows.size());
}

}  // namespace
}  // namespace trine::protect::identity_test
