#include "vault/vault.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sqlite/sqlite.h"
#include "vault/key_file.h"

namespace trine::vault::vault_test {
namespace {

namespace fs = std::filesystem;

const std::string kSecret(32, 's');
const Wall kNow = from_unix_ns(1'700'000'000'000'000'000);
const Wall kLater = kNow + std::chrono::hours(1);
const Owner kAnna{.org = "acme", .team = "search", .project = "web", .key = "key_1", .user = "anna"};
const Owner kBert{.org = "acme", .team = "search", .project = "web", .key = "key_2", .user = "bert"};

struct InAFolder : testing::Test {
  InAFolder() {
    std::string name = (fs::temp_directory_path() / "vault-XXXXXX").string();
    dir = ::mkdtemp(name.data());
    file = dir / "vault.db";
  }
  ~InAFolder() override { fs::remove_all(dir); }

  std::unique_ptr<Vault> open(const Limits& limits = {}) const {
    auto v = Vault::open(file, kSecret, limits);
    EXPECT_TRUE(v) << v.error().message;
    return v ? std::move(*v) : nullptr;
  }
  void sql(const std::string& text) const {
    auto db = sqlite::Database::open(file, sqlite::Database::Mode::read_write);
    ASSERT_TRUE(db);
    const auto ok = db->exec(text);
    ASSERT_TRUE(ok) << ok.error().message;
  }
  std::string on_disk() const {
    std::string all;
    for (const auto& e : fs::directory_iterator(dir)) {
      std::ifstream in(e.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

  fs::path dir, file;
};

struct AVault : InAFolder {
  std::unique_ptr<Vault> vault = open();
  void put(const std::string& id, const Owner& owner, std::string_view bytes) const {
    const auto ok = vault->put("answers", id, owner, kNow, kLater, bytes);
    ASSERT_TRUE(ok) << ok.error().message;
  }
  std::string bytes(const std::string& id) const {
    auto got = vault->get("answers", id, kNow);
    EXPECT_TRUE(got) << got.error().message;
    return got && *got ? (*got)->bytes : "(none)";
  }
};

TEST_F(AVault, GivesBackWhatWasPutAlsoAfterItWasClosed) {
  const std::string binary("a\0b\xff", 4);
  put("one", kAnna, binary);
  put("empty", kAnna, "");
  vault.reset();
  vault = open();
  EXPECT_EQ(bytes("one"), binary);
  EXPECT_EQ(bytes("empty"), "");
  EXPECT_EQ(bytes("two"), "(none)");
  EXPECT_FALSE(vault->get("files", "one", kNow)->has_value()) << "another kind";
}

TEST_F(AVault, TakesTheLastOfTwoWithOneId) {
  put("one", kAnna, "first");
  put("one", kBert, "second");
  EXPECT_EQ(bytes("one"), "second");
  EXPECT_EQ(vault->list("answers", {}, 10)->size(), 1u);
}

TEST_F(AVault, KeepsNoTextAndNoNameOnTheDisk) {
  put("one", kAnna, "a sentence that nobody else may read");
  vault.reset();  // all of it is in the file
  const std::string all = on_disk();
  EXPECT_NE(all.find("answers"), std::string::npos) << "the kind does stand there";
  for (const char* secret : {"sentence", "anna", "acme", "search", "key_1", kSecret.c_str()})
    EXPECT_EQ(all.find(secret), std::string::npos) << secret;
}

TEST_F(AVault, IsForItsOwnUserOnly) {
  put("one", kAnna, "text");
  struct stat about {};
  for (const auto& e : fs::directory_iterator(dir)) {
    ASSERT_EQ(::stat(e.path().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 077, 0u) << e.path();
  }
}

TEST_F(AVault, GivesNothingThatHasExpired) {
  put("one", kAnna, "text");
  EXPECT_TRUE(vault->get("answers", "one", kLater - Nanos(1))->has_value());
  EXPECT_FALSE(vault->get("answers", "one", kLater)->has_value());
  EXPECT_EQ(*vault->sweep(kLater - Nanos(1)), 0u);
  EXPECT_EQ(*vault->sweep(kLater), 1u);
  EXPECT_TRUE(vault->list("answers", {}, 10)->empty());
}

TEST_F(AVault, GivesItsOwnerOnlyWhereOneIsNamed) {
  put("one", kAnna, "text");
  EXPECT_TRUE(vault->get("answers", "one", kNow, &kAnna)->has_value());
  EXPECT_FALSE(vault->get("answers", "one", kNow, &kBert)->has_value());
}

TEST_F(AVault, ListsByTheNamedPartsOfTheOwnerNewestFirst) {
  put("one", kAnna, "12345");
  put("two", kBert, "1");
  put("three", kAnna, "");
  const auto ids = [&](const Owner& o, size_t most) {
    std::string out;
    const auto listed = vault->list("answers", o, most);
    for (const Entry& e : *listed) out += e.id + " ";
    return out;
  };
  EXPECT_EQ(ids({}, 10), "three two one ");
  EXPECT_EQ(ids({}, 2), "three two ");
  Owner web, hers, wrong;
  web.project = hers.project = "web";
  hers.user = "anna";
  wrong.user = "key_1";
  EXPECT_EQ(ids(web, 10), "three two one ");
  EXPECT_EQ(ids(hers, 10), "three one ");
  EXPECT_EQ(ids(wrong, 10), "") << "a key's name is no user's";
  EXPECT_EQ(vault->list("answers", {}, 10)->back().bytes, 5u);
}

TEST_F(AVault, ErasesAllOfAUserOrAKey) {
  put("one", kAnna, "text of anna");
  put("two", kBert, "text of bert");
  EXPECT_EQ(*vault->erase(Identity::user, "anna"), 1u);
  EXPECT_EQ(bytes("one"), "(none)");
  EXPECT_EQ(bytes("two"), "text of bert");
  EXPECT_EQ(*vault->erase(Identity::user, ""), 0u) << "nobody is not everybody";
  EXPECT_EQ(*vault->erase(Identity::key, "key_2"), 1u);
  EXPECT_EQ(bytes("two"), "(none)");
}

TEST_F(AVault, OverwritesTheSealedBytesThatAreErased) {
  put("one", kAnna, std::string(20'000, 'x'));
  std::string sealed;
  {
    auto db = sqlite::Database::open(file, sqlite::Database::Mode::read_only);
    auto s = db->prepare("SELECT sealed FROM blobs");
    ASSERT_TRUE(*s->step());
    sealed = std::string(reinterpret_cast<const char*>(s->bytes(0).data()), s->bytes(0).size()).substr(8000, 64);
  }
  ASSERT_NE(on_disk().find(sealed), std::string::npos);
  EXPECT_EQ(*vault->erase(Identity::key, "key_1"), 1u);
  EXPECT_EQ(on_disk().find(sealed), std::string::npos);
}

TEST_F(AVault, IsErasedFromBesideTheProgramThatUsesIt) {
  put("one", kAnna, "text");
  EXPECT_EQ(*open()->erase(Identity::user, "anna"), 1u);
  EXPECT_EQ(bytes("one"), "(none)");
}

TEST_F(AVault, SaysClearlyThatASecretIsAnothers) {
  put("one", kAnna, "text");
  const auto other = Vault::open(file, std::string(32, 't'));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::failed_precondition);
  EXPECT_NE(other.error().message.find("sealed with another secret"), std::string::npos) << other.error().message;
  const auto short_one = Vault::open(file, "short");
  ASSERT_FALSE(short_one);
  EXPECT_EQ(short_one.error().code, Code::invalid_argument);
}

// What somebody with the disk but without the secret could try.
TEST_F(AVault, OpensNoBlobThatWasChanged) {
  const char* const attempts[] = {
      "UPDATE blobs SET sealed = zeroblob(length(sealed)) WHERE id='one'",
      "UPDATE blobs SET sealed = substr(sealed, 1, length(sealed)-1) WHERE id='one'",
      "UPDATE blobs SET sealed = x'' WHERE id='one'",
      "UPDATE blobs SET expires = expires + 3600000000000 WHERE id='one'",
      "UPDATE blobs SET created = created + 1 WHERE id='one'",
      "UPDATE blobs SET sealed = (SELECT sealed FROM blobs WHERE id='two') WHERE id='one'",
      "UPDATE blobs SET user = (SELECT user FROM blobs WHERE id='two') WHERE id='one'",
      "UPDATE blobs SET user = org, org = user WHERE id='one'",
      "DELETE FROM blobs WHERE id='one'; UPDATE blobs SET id='one' WHERE id='two'",
  };
  for (const char* attempt : attempts) {
    put("one", kAnna, "anna's text");
    put("two", kBert, "bert's text");
    sql(attempt);
    const auto got = vault->get("answers", "one", kNow);
    ASSERT_FALSE(got) << attempt;
    EXPECT_EQ(got.error().code, Code::data_loss) << attempt;
    EXPECT_EQ(got.error().message.find("text"), std::string::npos) << attempt;
    EXPECT_TRUE(*vault->drop("answers", "one")) << attempt;
    EXPECT_EQ(bytes("one"), "(none)") << attempt;
  }
}

TEST_F(AVault, DropsTheOldestAnswersWhenItIsFull) {
  vault.reset();
  vault = open({.total_bytes = 10'000, .blob_bytes = 4000, .made_again = "cache"});
  for (int i = 0; i < 20; ++i) {
    const auto ok = vault->put("cache", fmt::format("{}", i), kAnna, kNow + std::chrono::seconds(i), kLater,
                               std::string(1000, 'x'));
    ASSERT_TRUE(ok) << ok.error().message;
    EXPECT_LE(vault->bytes(), 10'000u);
  }
  EXPECT_TRUE(vault->get("cache", "19", kNow)->has_value());
  EXPECT_TRUE(vault->get("cache", "14", kNow)->has_value());
  EXPECT_FALSE(vault->get("cache", "12", kNow)->has_value());
  const auto big = vault->put("cache", "big", kAnna, kNow, kLater, std::string(4001, 'x'));
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code, Code::resource_exhausted);
}

TEST_F(AVault, DropsNobodysFileToMakeRoom) {
  vault.reset();
  vault = open({.total_bytes = 10'000, .blob_bytes = 4000, .made_again = "cache"});
  const auto put = [&](const char* kind, int i, size_t size) {
    return vault->put(kind, fmt::format("{}", i), i % 2 == 0 ? kAnna : kBert, kNow + std::chrono::seconds(i), kLater,
                      std::string(size, 'x'));
  };
  ASSERT_TRUE(put("file", 0, 3000));
  for (int i = 1; i < 20; ++i) ASSERT_TRUE(put("cache", i, 1000));
  EXPECT_TRUE(vault->get("file", "0", kNow)->has_value()) << "the oldest, but not for others' answers";
  ASSERT_TRUE(put("file", 20, 3000));
  EXPECT_TRUE(vault->get("cache", "19", kNow)->has_value()) << "one answer goes after the other";
  const uint64_t before = vault->bytes();
  const auto full = put("file", 21, 4000);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Code::resource_exhausted);
  EXPECT_FALSE(vault->get("file", "21", kNow)->has_value());
  for (const char* id : {"0", "20"}) EXPECT_TRUE(vault->get("file", id, kNow)->has_value()) << id;
  EXPECT_TRUE(vault->get("cache", "19", kNow)->has_value()) << "nor did answers go in vain";
  EXPECT_LE(vault->bytes(), before);
  EXPECT_TRUE(put("file", 0, 2000)) << "what takes less room than before";
}

TEST_F(AVault, PutsWhatGoesWithAnotherOnlyWhileThatIsThere) {
  put("one", kAnna, "text");
  const Name one{"answers", "one"};
  EXPECT_TRUE(vault->put("parts", "one/1", kAnna, kNow, kLater, "text", one));
  EXPECT_TRUE(vault->put("answers", "one", kAnna, kNow, kLater, "its end", one)) << "in its place";
  EXPECT_EQ(bytes("one"), "its end");
  EXPECT_EQ(*open()->erase(Identity::user, "anna"), 2u) << "by another process";
  for (const char* kind : {"answers", "parts"}) {
    const auto late = vault->put(kind, "one", kAnna, kNow, kLater, "text", one);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Code::not_found);
    EXPECT_TRUE(vault->list(kind, {}, 10)->empty());
  }
}

TEST_F(AVault, CountsReplacedBytesOnce) {
  vault.reset();
  vault = open({.total_bytes = 10'000, .blob_bytes = 4000, .made_again = "cache"});
  put("kept", kAnna, "text");
  for (int i = 0; i < 50; ++i) put("one", kAnna, std::string(3000, 'x'));
  EXPECT_EQ(bytes("kept"), "text");
}

TEST_F(InAFolder, AFileThatIsNoVaultIsOneClearError) {
  std::ofstream(file) << std::string(5000, 'x');
  const auto v = Vault::open(file, kSecret);
  ASSERT_FALSE(v);
  EXPECT_EQ(v.error().code, Code::data_loss);
  EXPECT_NE(v.error().message.find(file.string()), std::string::npos);
}

TEST_F(InAFolder, ATruncatedFileIsAnErrorOrAnotherMissNeverACrash) {
  {
    auto vault = open();
    for (int i = 0; i < 30; ++i)
      ASSERT_TRUE(vault->put("answers", fmt::format("{}", i), kAnna, kNow, kLater, std::string(3000, 'x')));
  }
  const auto whole = fs::file_size(file);
  std::ifstream in(file, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(in)), {});
  ASSERT_EQ(content.size(), whole);
  size_t errors = 0;
  for (size_t size = 1; size < whole; size += 3001) {
    for (const auto& e : fs::directory_iterator(dir)) fs::remove(e.path());
    std::ofstream(file, std::ios::binary) << content.substr(0, size);
    auto vault = Vault::open(file, kSecret);
    if (!vault) {
      ++errors;
      continue;
    }
    for (int i = 0; i < 30; ++i) {
      const auto got = (*vault)->get("answers", fmt::format("{}", i), kNow);
      if (!got) ++errors;
      if (got && *got) {
        EXPECT_EQ((*got)->bytes, std::string(3000, 'x'));
      }
    }
  }
  EXPECT_GT(errors, 0u);
}

TEST_F(InAFolder, AVaultOfALaterFormatIsLeftAlone) {
  open();
  sql("PRAGMA user_version=99");
  const auto v = Vault::open(file, kSecret);
  ASSERT_FALSE(v);
  EXPECT_EQ(v.error().code, Code::failed_precondition);
}

TEST_F(InAFolder, ASecretIsMadeOnceAndKeptForItsOwnerOnly) {
  const fs::path key = dir / "vault.key";
  const auto made = read_or_make_secret(key);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->size(), 64u);
  EXPECT_EQ(*read_or_make_secret(key), *made);
  struct stat about {};
  ASSERT_EQ(::stat(key.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir), {}), 1) << "no draft is left";
}

TEST_F(InAFolder, ASecretThatOthersMayReadOrThatIsNoneIsRefused) {
  const fs::path key = dir / "vault.key";
  ASSERT_TRUE(read_or_make_secret(key));
  fs::permissions(key, fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(read_or_make_secret(key).error().code, Code::permission_denied);
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(key) << "short\n";
  EXPECT_EQ(read_or_make_secret(key).error().code, Code::data_loss);
  EXPECT_EQ(read_or_make_secret(dir / "no such folder" / "vault.key").error().code, Code::unavailable);
}

TEST(Sealer, SealsTheSameTextDifferentlyEachTime) {
  const Sealer s(kSecret);
  EXPECT_NE(*s.seal("text", "context"), *s.seal("text", "context"));
}

TEST(Sealer, OpensNothingWithOneBitChanged) {
  const Sealer s(kSecret);
  const std::string sealed = *s.seal("text", "context");
  EXPECT_EQ(*s.open(sealed, "context"), "text");
  EXPECT_FALSE(s.open(sealed, "another"));
  EXPECT_FALSE(Sealer(std::string(32, 't')).open(sealed, "context"));
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(s.open(changed, "context")) << bit;
  }
  for (size_t size = 0; size < sealed.size(); ++size) EXPECT_FALSE(s.open(sealed.substr(0, size), "context")) << size;
}

// RFC 5869 with one block: what another program must compute to open what this one sealed. The values are from Python's
// hmac: root = HMAC("trine vault", secret); key = HMAC(root, label || 0x01); HMAC(key, "label" || 0 || "name").
TEST(Sealer, HashesAsIsWrittenDown) {
  const auto h = Sealer(kSecret).hash("label", "name");
  std::string text;
  for (const unsigned char c : h) text += fmt::format("{:02x}", c);
  EXPECT_EQ(text, "3d4fe087684c0865fc9f89e293271ac56f71106e124ce0a08bd2586e56a36179");
  EXPECT_NE(Sealer(kSecret).hash("labe", "lname"), h);
}

}  // namespace
}  // namespace trine::vault::vault_test
