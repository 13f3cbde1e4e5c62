#include "protect/audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

namespace trine::protect::audit_test {
namespace {

namespace fs = std::filesystem;

struct AuditTest : testing::Test {
  AuditTest() {
    dir = fs::temp_directory_path() /
          fmt::format("trine-audit-{}-{}", ::getpid(), testing::UnitTest::GetInstance()->random_seed() + counter++);
    fs::remove_all(dir);
  }
  ~AuditTest() override { fs::remove_all(dir); }

  std::unique_ptr<AuditLog> open(uint64_t file_bytes = 64 << 20) {
    auto log = AuditLog::open({dir, file_bytes});
    EXPECT_TRUE(log) << log.error().message;
    return log ? std::move(*log) : nullptr;
  }
  static AuditEntry entry(std::string action, std::string subject = "key trn_1") {
    AuditEntry e;
    e.at = *parse_iso8601("2026-11-28T10:00:00Z");
    e.actor = "operator:alice";
    e.address = "192.0.2.7";
    e.action = std::move(action);
    e.subject = std::move(subject);
    return e;
  }
  fs::path file(int n = 1) const { return dir / fmt::format("audit-{:06}.jsonl", n); }
  static std::string read(const fs::path& p) {
    std::ifstream in(p, std::ios::binary);
    std::stringstream s;
    s << in.rdbuf();
    return s.str();
  }
  static void write(const fs::path& p, const std::string& bytes) { std::ofstream(p, std::ios::binary) << bytes; }
  std::string fault(const Digest* head = nullptr) const {
    const auto v = verify_audit(dir, head);
    if (!v) return v.error().message;
    return v->faults.empty() ? "" : v->faults.front().where + ": " + v->faults.front().what;
  }

  static inline int counter = 0;
  fs::path dir;
};

TEST_F(AuditTest, EntriesComeBackInOrderAndTheChainIsWhole) {
  auto log = open();
  AuditEntry first = entry("keys.create");
  first.detail = {{"team", "billing \"A\"\n"}, {"expires", "2027-01-01"}};
  ASSERT_TRUE(log->append(first));
  ASSERT_TRUE(log->append(entry("keys.revoke"), false));
  const auto v = verify_audit(dir);
  ASSERT_TRUE(v);
  EXPECT_EQ(v->lines, 2u);
  EXPECT_EQ(fault(), "");
  const auto lines = read_audit(dir, 10);
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 2u);
  EXPECT_EQ(lines->at(0).entry.detail, first.detail);
  EXPECT_EQ(lines->at(0).entry.actor, "operator:alice");
  EXPECT_EQ(lines->at(1).entry.action, "keys.revoke");
  EXPECT_EQ(lines->at(1).before, lines->at(0).hash);
  EXPECT_EQ(read_audit(dir, 10, "keys.r")->size(), 1u);
  EXPECT_EQ(read_audit(dir, 1)->front().entry.action, "keys.revoke");
}

// A line every three seconds, in several files; each tenth stands for a minute of verdicts and is late by as much.
struct AuditSearch : AuditTest {
  static constexpr int kLines = 1000;
  static Wall time(int i) {
    const Wall at = *parse_iso8601("2026-11-28T10:00:00Z") + std::chrono::seconds(3 * i);
    return i % 10 == 0 ? at - std::chrono::minutes(1) : at;
  }
  static const char* action(int i) { return i % 3 == 0 ? "guard.block" : i % 3 == 1 ? "abuse.flagged" : "keys.create"; }
  void fill(uint64_t file_bytes) {
    auto log = open(file_bytes);
    for (int i = 0; i < kLines; ++i) {
      AuditEntry e = entry(action(i));
      e.at = time(i);
      ASSERT_TRUE(log->append(e, false));
    }
  }
  // From every line of the log.
  std::vector<uint64_t> expected(const AuditQuery& q) const {
    std::vector<uint64_t> out;
    for (int i = 0; i < kLines; ++i) {
      const bool kind = std::any_of(q.actions.begin(), q.actions.end(),
                                    [&](const auto& a) { return std::string_view(action(i)).starts_with(a); });
      if (kind && (!q.since || time(i) >= *q.since) && (!q.until || time(i) < *q.until))
        out.push_back(static_cast<uint64_t>(i) + 1);
    }
    return out;
  }
  std::vector<uint64_t> found(const AuditQuery& q) const {
    const auto slice = find_audit(dir, q);
    EXPECT_TRUE(slice) << slice.error().message;
    std::vector<uint64_t> out;
    if (slice)
      for (const AuditLine& l : slice->lines) out.push_back(l.sequence);
    return out;
  }
};

TEST_F(AuditSearch, FindsWhatASearchOfEveryLineFinds) {
  for (const uint64_t file_bytes : {uint64_t{1} << 20, uint64_t{60'000}, uint64_t{700}}) {
    fs::remove_all(dir);
    fill(file_bytes);
    for (int since = -10; since <= kLines + 10; since += 85) {
      for (int until = since + 1; until <= kLines + 100; until += 170) {
        AuditQuery q{
            .last = kLines, .actions = {"guard.", "abuse."}, .since = time(1) + std::chrono::seconds(3 * since)};
        q.until = time(1) + std::chrono::seconds(3 * until);
        EXPECT_EQ(found(q), expected(q)) << file_bytes << " since " << since << " until " << until;
      }
    }
    EXPECT_EQ(found({.last = kLines}), expected({.last = kLines}));
  }
}

TEST_F(AuditSearch, GivesTheNewestOfEachActionAndSaysWhetherThereAreMore) {
  fill(60'000);
  AuditQuery q{.last = 2, .actions = {"guard.", "abuse."}};
  EXPECT_EQ(found(q), (std::vector<uint64_t>{995, 997, 998, 1000}));
  EXPECT_TRUE(find_audit(dir, q)->more);
  q.since = time(997);
  EXPECT_EQ(found(q), (std::vector<uint64_t>{998, 1000}));
  EXPECT_FALSE(find_audit(dir, q)->more);
  q = {.last = 334, .actions = {"guard."}};
  EXPECT_EQ(found(q).size(), 334u);
  EXPECT_FALSE(find_audit(dir, q)->more) << "all of them";
}

TEST_F(AuditSearch, DoesNotReadFilesThatAreOlder) {
  fill(60'000);
  ASSERT_TRUE(fs::exists(file(4)));
  fs::remove(file(1));
  fs::create_symlink("nowhere", file(1));  // there, and not to be read
  AuditQuery q{.last = kLines, .actions = {"guard."}, .since = time(900)};
  EXPECT_EQ(found(q), expected(q));
  q.since = time(1);
  EXPECT_FALSE(find_audit(dir, q));
}

TEST_F(AuditSearch, AChangedLineHidesNoOther) {
  fill(uint64_t{1} << 20);
  std::string bytes = read(file());
  for (size_t at = bytes.find("\"at\""); at != std::string::npos; at = bytes.find("\"at\"", at + 2000))
    bytes[at + 1] = 'A';
  write(file(), bytes);
  const auto all = find_audit(dir, {.last = kLines});
  ASSERT_TRUE(all);
  ASSERT_LT(all->lines.size(), static_cast<size_t>(kLines));
  const Wall since = time(301), until = time(701);
  std::vector<uint64_t> rest;
  for (const AuditLine& l : all->lines)
    if (l.entry.at >= since && l.entry.at < until) rest.push_back(l.sequence);
  EXPECT_EQ(found({.last = kLines, .since = since, .until = until}), rest);
}

TEST_F(AuditTest, ASingleChangedByteIsFoundWhereverItIs) {
  {
    auto log = open();
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(log->append(entry("keys.create", fmt::format("key trn_{}", i))));
  }
  const std::string whole = read(file());
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int bit : {0x01, 0x20}) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      write(file(), changed);
      EXPECT_NE(fault(), "") << "byte " << i << " '" << whole[i] << "' to '" << changed[i] << "'";
    }
  }
}

TEST_F(AuditTest, AMissingInsertedOrSwappedLineIsFoundAndNamed) {
  {
    auto log = open();
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(log->append(entry("keys.create", fmt::format("key trn_{}", i))));
  }
  std::vector<std::string> lines;
  std::istringstream in(read(file()));
  for (std::string l; std::getline(in, l);) lines.push_back(l + "\n");
  write(file(), lines[0] + lines[2] + lines[3]);
  EXPECT_EQ(fault(), "audit-000001.jsonl:2: line 3 follows line 1: lines are missing or doubled.");
  write(file(), lines[0] + lines[1] + lines[1] + lines[2] + lines[3]);
  EXPECT_NE(fault(), "");
  write(file(), lines[0] + lines[2] + lines[1] + lines[3]);
  EXPECT_NE(fault(), "");
  write(file(), lines[1] + lines[2] + lines[3]);
  EXPECT_NE(fault(), "");
}

TEST_F(AuditTest, ALogThatWasRewrittenWholeIsFoundByANotedHead) {
  Digest head{};
  {
    auto log = open();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(log->append(entry("keys.create")));
    head = verify_audit(dir)->head;
    ASSERT_TRUE(log->append(entry("keys.revoke")));
  }
  EXPECT_EQ(fault(&head), "") << "the log may have grown since";
  fs::remove_all(dir);
  ASSERT_TRUE(open()->append(entry("keys.create", "key forged")));
  EXPECT_EQ(fault(), "");
  EXPECT_NE(fault(&head).find("rewritten"), std::string::npos);
}

TEST_F(AuditTest, TheChainGoesOnOverFilesAndRestarts) {
  for (int run = 0; run < 3; ++run) {
    auto log = open(600);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(log->append(entry("keys.create", fmt::format("run {} {}", run, i))));
  }
  EXPECT_TRUE(fs::exists(file(3)));
  const auto v = verify_audit(dir);
  ASSERT_TRUE(v);
  EXPECT_EQ(v->lines, 15u);
  EXPECT_EQ(fault(), "");
  fs::remove(file(2));
  EXPECT_EQ(fault(), "audit-000003.jsonl: the file before it, number 2, is missing.");
}

TEST_F(AuditTest, ALineThatACrashCutIsTakenOffAndSaidSo) {
  {
    auto log = open();
    ASSERT_TRUE(log->append(entry("keys.create")));
    ASSERT_TRUE(log->append(entry("keys.revoke")));
  }
  const std::string whole = read(file());
  write(file(), whole.substr(0, whole.size() - 40));
  EXPECT_NE(fault().find(":2: the last line is cut."), std::string::npos) << fault();
  ASSERT_TRUE(open()->append(entry("keys.rotate")));
  EXPECT_EQ(fault(), "");
  const auto lines = read_audit(dir, 10);
  ASSERT_EQ(lines->size(), 3u);
  EXPECT_EQ(lines->at(1).entry.action, "audit.repaired");
  EXPECT_EQ(lines->at(2).entry.action, "keys.rotate");
}

TEST_F(AuditTest, SecretsAreNotWrittenWhateverTheyAreCalled) {
  auto log = open();
  AuditEntry e = entry("settings.change");
  for (const char* name : {"secret", "Api-Key", "X-Authorization", "client_password", "refresh_token"})
    e.detail.emplace_back(name, "hunter2");
  e.detail.emplace_back("note", "kept");
  ASSERT_TRUE(log->append(e));
  EXPECT_EQ(read(file()).find("hunter2"), std::string::npos);
  EXPECT_EQ(read_audit(dir, 1)->front().entry.detail.back().second, "kept");
}

TEST_F(AuditTest, WritersTakeTurns) {
  // two logs are what two processes would have
  std::atomic<int> refused = 0;
  const auto writer = [&](int who) {
    auto log = open(4000);
    for (int i = 0; i < 50; ++i)
      if (!log->append(entry("keys.create", fmt::format("{} {}", who, i)), false)) ++refused;
  };
  std::thread a(writer, 1), b(writer, 2);
  a.join();
  b.join();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(verify_audit(dir)->lines, 100u);
  EXPECT_EQ(fault(), "");
}

TEST_F(AuditTest, ABrokenLogIsNotGrown) {
  {
    auto log = open();
    ASSERT_TRUE(log->append(entry("keys.create")));
  }
  std::string bytes = read(file());
  bytes[30] = 'X';
  write(file(), bytes);
  const auto log = AuditLog::open({dir});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, Code::data_loss);
  EXPECT_NE(log.error().message.find("trine audit verify"), std::string::npos);
}

}  // namespace
}  // namespace trine::protect::audit_test
