#include "load/target.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace trine::load::target_test {
namespace {

std::string path_of(const std::string& url) {
  const auto target = make_target(url, "");
  return target ? target->path : target.error().message;
}

TEST(Target, IsTheServerItsApiOrTheWholeAddress) {
  EXPECT_EQ(path_of("http://h:1"), "/v1/chat/completions");
  EXPECT_EQ(path_of("http://h:1/v1/"), "/v1/chat/completions");
  EXPECT_EQ(path_of("https://h/openai/v1"), "/openai/v1/chat/completions");
  EXPECT_EQ(path_of("http://h/v1/chat/completions"), "/v1/chat/completions");
  EXPECT_EQ(make_target("https://h/v1", "")->url(), "https://h/v1/chat/completions");
}

TEST(Target, WhatIsNoneIsSaid) {
  EXPECT_NE(path_of("localhost:8080").find("http://"), std::string::npos);
  EXPECT_NE(path_of("http://user:secret@h/").find("no user or password"), std::string::npos);
  EXPECT_NE(path_of("http://h/v1?key=1").find("no '?'"), std::string::npos);
  EXPECT_NE(make_target("http://h", "ca.pem").error().message.find("only https://"), std::string::npos);
  EXPECT_NE(make_target("https://h", "/nowhere/ca.pem").error().message.find("/nowhere/ca.pem"), std::string::npos);
}

class KeyFile : public ::testing::Test {
 protected:
  KeyFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-key-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~KeyFile() override { std::filesystem::remove_all(folder_); }
  Result<std::string> of(const std::string& text) {
    const std::string path = folder_ + "/key";
    std::ofstream(path) << text;
    return read_key(path);
  }
  std::string folder_;
};

TEST_F(KeyFile, ItsFirstLineIsTheKey) {
  EXPECT_EQ(of("sk-1234\n").value(), "sk-1234");
  EXPECT_EQ(of("  sk-1234 \r\nnotes\n").value(), "sk-1234");
  EXPECT_EQ(of("sk-1234").value(), "sk-1234");
}

TEST_F(KeyFile, AMistakeNeverShowsTheKey) {
  const auto odd = of("sk-12\x01\x02secret\n");
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().message.find("secret"), std::string::npos);
  EXPECT_FALSE(of("\nsk-1234"));
  EXPECT_FALSE(of(""));
  EXPECT_FALSE(of(std::string(10'000, 'k')));
  EXPECT_FALSE(read_key(folder_ + "/nowhere"));
  EXPECT_FALSE(read_key(folder_));
}

}  // namespace
}  // namespace trine::load::target_test
