#include "protect/local_admins.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

namespace trine::protect::local_admins_test {
namespace {

constexpr const char* kPassword = "correct horse battery staple";

class LocalAdminsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-admins-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override {
    std::error_code ec;
    std::filesystem::remove_all(dir_, ec);
  }
  std::unique_ptr<LocalAdmins> open() {
    auto admins = LocalAdmins::open(dir_);
    EXPECT_TRUE(admins) << (admins ? "" : admins.error().message);
    return admins ? std::move(*admins) : nullptr;
  }
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(dir_ / "admins.txt").rdbuf();
    return out.str();
  }
  std::filesystem::path dir_;
};

TEST_F(LocalAdminsTest, WhoIsAddedHasHisRoleByHisPasswordAlsoAfterARestart) {
  auto admins = open();
  EXPECT_TRUE(admins->empty());
  ASSERT_TRUE(admins->add("ada", kPassword, Role::admin, true));
  for (auto* a : {admins.get(), open().release()}) {
    EXPECT_FALSE(a->empty());
    EXPECT_EQ(a->check("ada", kPassword), Role::admin);
    EXPECT_EQ(a->check("ada", "correct horse battery stapler"), std::nullopt);
    EXPECT_EQ(a->check("ada", ""), std::nullopt);
    EXPECT_EQ(a->check("bob", kPassword), std::nullopt);
    if (a != admins.get()) delete a;
  }
}

TEST_F(LocalAdminsTest, TheFileHoldsNoPasswordAndIsTheOwnersAlone) {
  ASSERT_TRUE(open()->add("ada", kPassword, Role::admin, true));
  EXPECT_EQ(text().find("horse"), std::string::npos);
  EXPECT_NE(text().find("$argon2id$v=19$m=65536,t=3,p=1$"), std::string::npos);
  struct stat s {};
  ASSERT_EQ(::stat((dir_ / "admins.txt").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
}

TEST_F(LocalAdminsTest, TwoOfOnePasswordHaveTwoHashes) {
  EXPECT_NE(*hash_password(kPassword), *hash_password(kPassword));
}

TEST_F(LocalAdminsTest, TheFirstIsMadeOnce) {
  auto admins = open();
  ASSERT_TRUE(admins->add("ada", kPassword, Role::admin, true));
  const auto again = admins->add("eve", kPassword, Role::admin, true);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::failed_precondition);
  EXPECT_EQ(admins->check("eve", kPassword), std::nullopt);
}

TEST_F(LocalAdminsTest, ShortPasswordsAndStrangeNamesAreRefused) {
  auto admins = open();
  for (const auto& [name, password] : {std::pair<std::string, std::string>{"ada", "short"},
                                       {"", kPassword},
                                       {"a b", kPassword},
                                       {"a\nroot admin x", kPassword},
                                       {"ada", std::string(LocalAdmins::kMostPassword + 1, 'x')}}) {
    const auto added = admins->add(name, password, Role::admin, false);
    ASSERT_FALSE(added) << name;
    EXPECT_EQ(added.error().code, Code::invalid_argument);
  }
  EXPECT_TRUE(admins->empty());
}

TEST_F(LocalAdminsTest, ABrokenFileIsSaidWithItsLineAndLetsNobodyIn) {
  for (const char* line :
       {"ada", "ada admin", "ada root $argon2id$x", "ada admin plain", "ada admin $argon2id$x more"}) {
    std::ofstream(dir_ / "admins.txt") << "# comment\n" << line << "\n";
    const auto admins = LocalAdmins::open(dir_);
    ASSERT_FALSE(admins) << line;
    EXPECT_NE(admins.error().message.find("admins.txt:2"), std::string::npos) << admins.error().message;
  }
  std::ofstream(dir_ / "admins.txt") << "ada admin $argon2id$nonsense\n";
  EXPECT_EQ(open()->check("ada", kPassword), std::nullopt);
}

}  // namespace
}  // namespace trine::protect::local_admins_test
