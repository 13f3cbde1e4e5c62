// The admin API behind its sockets: what bounds failures, and that a change and its line in the log are one.
#include <gtest/gtest.h>

#include <filesystem>

#include "gateway/admin/identity_calls.h"
#include "unit/ledger/fixtures.h"

namespace trine::gateway::test::admin_identity_test {
namespace {

using namespace std::chrono_literals;
using ledger::testing::TempDir;
using std::string;

const Mono kStart{};
const Wall kNow = from_unix_ns(1'800'000'000'000'000'000);

TEST(FailureBound, LetsABurstThroughAndThenOneASecondOfEachAddress) {
  FailureBound b;
  int through = 0;
  for (; through < 100 && !b.exhausted("10.0.0.1", kStart); ++through) b.failed("10.0.0.1", kStart);
  EXPECT_EQ(through, 20);
  EXPECT_FALSE(b.exhausted("10.0.0.2", kStart)) << "another address is another matter";
  EXPECT_TRUE(b.exhausted("10.0.0.1", kStart + 900ms));
  EXPECT_FALSE(b.exhausted("10.0.0.1", kStart + 1s));
  b.failed("10.0.0.1", kStart + 1s);
  EXPECT_TRUE(b.exhausted("10.0.0.1", kStart + 1s));
}

TEST(FailureBound, StaysSmallAndBoundsEvenAFloodOfAddresses) {
  FailureBound b;
  int through = 0;
  for (int i = 0; i < 5000; ++i) {
    const string address = "2001:db8::" + std::to_string(i);
    if (b.exhausted(address, kStart)) continue;
    b.failed(address, kStart);
    ++through;
  }
  EXPECT_EQ(b.size(), FailureBound::kMost);
  EXPECT_EQ(through, static_cast<int>(FailureBound::kMost) + 20) << "those beyond share one count";
  b.failed("192.0.2.1", kStart + 1h);
  EXPECT_EQ(b.size(), 1u) << "what leaked away makes room";
}

TEST(Percent, IsDecodedOrRefused) {
  EXPECT_EQ(percent_decoded("acme%2Fbilling%2f1"), "acme/billing/1");
  for (const char* bad : {"%", "a%2", "%zz", "%2"}) EXPECT_FALSE(percent_decoded(bad)) << bad;
}

const IdentityRoute& route(const string& action) {
  for (const auto& r : identity_routes())
    if (r.action == action) return r;
  throw std::runtime_error("no such route");
}

struct AdminCalls : testing::Test {
  TempDir dir;
  std::filesystem::path audit_dir = std::filesystem::path(dir.path()) / "audit";
  std::unique_ptr<protect::IdentityStore> store = *protect::IdentityStore::open(dir.path());
  std::unique_ptr<protect::AuditLog> audit = *protect::AuditLog::open({.dir = audit_dir, .file_bytes = 1});

  AdminAnswer call(const string& action, const string& name, const string& body) {
    IdentityCall c;
    c.caller = {"key:trn_admin", "127.0.0.1", protect::Role::admin};
    c.name = name;
    c.now = kNow;
    c.audit_dir = audit_dir;
    if (const auto e = read_body(route(action), body, c)) return admin_error(*e);
    return perform(route(action), c, *store, *audit);
  }
};

TEST_F(AdminCalls, NothingHappensWithoutALineInTheLog) {
  ASSERT_EQ(call("teams.create", "", R"({"path":"acme"})").status, 201);
  ASSERT_EQ(call("keys.create", "", R"({"group":"acme"})").status, 201);
  const auto before = store->keys();
  const string id = protect::key_name(before->at(0).id);

  std::filesystem::remove_all(audit_dir);  // the next line needs a new file, and there is no place for it
  EXPECT_EQ(call("keys.create", "", R"({"group":"acme"})").status, 500);
  EXPECT_EQ(call("keys.rotate", id, "").status, 500);
  EXPECT_EQ(call("keys.revoke", id, "").status, 500);
  EXPECT_EQ(call("teams.create", "", R"({"path":"acme/more"})").status, 500);
  const auto after = store->keys();
  ASSERT_EQ(after->size(), 1u);
  EXPECT_FALSE(after->at(0).revoked);
  EXPECT_FALSE(after->at(0).replaced_by);
  EXPECT_FALSE(after->at(0).expires);
  EXPECT_EQ(store->groups()->size(), 1u);
}

TEST_F(AdminCalls, TimesBeyondAHundredYearsAreNoTimes) {
  ASSERT_EQ(call("teams.create", "", R"({"path":"acme"})").status, 201);
  EXPECT_EQ(call("keys.create", "", R"({"group":"acme","expires":"100000d"})").status, 400);
  ASSERT_EQ(call("keys.create", "", R"({"group":"acme"})").status, 201);
  const string id = protect::key_name(store->keys()->at(0).id);
  EXPECT_EQ(call("keys.rotate", id, R"({"overlap":"100000d"})").status, 400);
  EXPECT_FALSE(store->keys()->at(0).replaced_by);
}

TEST_F(AdminCalls, ARotationInsideAChangeIsWhole) {
  ASSERT_EQ(call("teams.create", "", R"({"path":"acme"})").status, 201);
  ASSERT_EQ(call("keys.create", "", R"({"group":"acme"})").status, 201);
  const string id = protect::key_name(store->keys()->at(0).id);
  EXPECT_EQ(call("keys.rotate", id, R"({"overlap":"1h"})").status, 201);
  EXPECT_EQ(store->keys()->size(), 2u);
  EXPECT_EQ(call("keys.rotate", id, "").status, 409);
  const auto lines = protect::read_audit(audit_dir, 10, "keys.rotate");
  ASSERT_EQ(lines->size(), 2u);
  EXPECT_EQ(lines->at(0).entry.outcome, "done");
  EXPECT_EQ(lines->at(1).entry.outcome, "failed");
}

}  // namespace
}  // namespace trine::gateway::test::admin_identity_test
