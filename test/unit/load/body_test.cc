#include "load/body.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "json/read.h"

namespace trine::load::body_test {
namespace {

std::string text_of(const Body& b) {
  return b.head + std::string(b.document) + b.tail;
}

std::string field(const std::string& json, std::string_view key) {
  const auto value = json::member(json, key);
  EXPECT_TRUE(value) << json;
  return value && *value ? std::string((*value)->raw) : std::string("(none)");
}

Arrival arrival(uint64_t number, int32_t in, int32_t out) {
  Arrival a;
  a.number = number;
  a.in = in;
  a.out = out;
  return a;
}

std::ptrdiff_t words(const std::string& text) {
  return std::count(text.begin(), text.end(), ' ') + 1;
}

TEST(Body, IsAChatCompletionOfTheArrivalsSizes) {
  const std::string body = text_of(make_body(arrival(0, 50, 20), {.model = "a \"model\""}, {}));
  EXPECT_EQ(field(body, "model"), R"("a \"model\"")");
  EXPECT_EQ(field(body, "max_tokens"), "20");
  EXPECT_EQ(field(body, "stream"), "(none)");
  EXPECT_EQ(field(body, "ignore_eos"), "(none)");
  EXPECT_EQ(words(body), 50 + 1) << "of the prompt, and the blank in the model's name";
}

TEST(Body, AStreamAsksForItsUsage) {
  auto a = arrival(0, 5, 20);
  a.stream = true;
  const std::string body = text_of(make_body(a, {.model = "m", .ignore_eos = true}, {}));
  EXPECT_EQ(field(body, "stream"), "true");
  EXPECT_EQ(field(body, "stream_options"), R"({"include_usage":true})");
  EXPECT_EQ(field(body, "ignore_eos"), "true");
}

TEST(Body, ADocumentIsAFilePartThatIsNotCopied) {
  const std::vector<Document> documents = {
      {"a.pdf", R"({"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AA=="}})"}};
  auto a = arrival(0, 2, 20);
  a.document = 0;
  const Body body = make_body(a, {.model = "m"}, documents);
  EXPECT_EQ(body.document.data(), documents[0].part.data());
  const std::string text = text_of(body);
  EXPECT_EQ(text.size(), body.size());
  EXPECT_NE(field(text, "messages").find(R"("},{"type":"file","file":{"filename":"a.pdf",)"), std::string::npos)
      << text;
}

TEST(Prompt, HasAWordForEachToken) {
  for (const int32_t n : {1, 9, 10, 11, 1000}) EXPECT_EQ(words(prompt_text(arrival(3, n, 1), 1)), n);
}

TEST(Prompt, IsAnotherForEachRequestAndSeed) {
  const std::string one = prompt_text(arrival(1, 30, 1), 1);
  EXPECT_EQ(one, prompt_text(arrival(1, 30, 1), 1));
  EXPECT_NE(one, prompt_text(arrival(2, 30, 1), 1));
  EXPECT_NE(one, prompt_text(arrival(1, 30, 1), 2));
}

TEST(Prompt, OfATraceBeginsAsItsFirstOneForAsLongAsWasCached) {
  auto first = arrival(1, 40, 1), later = arrival(2, 50, 1);
  first.prefix = later.prefix = 7;
  later.cached = 25;
  const std::string a = prompt_text(first, 1), b = prompt_text(later, 1);
  const size_t same = static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  const auto alike = words(a.substr(0, same));
  EXPECT_GE(alike, 25);
  EXPECT_LE(alike, 28) << "two texts may begin their own parts alike by chance, not for long";
}

class Folder : public ::testing::Test {
 protected:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-load-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() override { std::filesystem::remove_all(path_); }
  void file(const std::string& name, const std::string& bytes) { std::ofstream(path_ + "/" + name) << bytes; }
  std::string path_;
};

using Documents = Folder;

TEST_F(Documents, AreTheFilesThatEndLikeOneInOrder) {
  file("b.PDF", "%PDF");
  file("a.txt", "hi");
  file("notes.exe", "x");
  std::filesystem::create_directory(path_ + "/c.pdf");
  const auto read = read_documents(path_);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].part,
            R"({"type":"file","file":{"filename":"a.txt","file_data":"data:text/plain;base64,aGk="}})");
  EXPECT_EQ((*read)[1].name, "b.PDF");
}

TEST_F(Documents, AFolderWithoutAnyIsAMistake) {
  file("notes.exe", "x");
  const auto none = read_documents(path_);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("there is no document in"), std::string::npos);
  EXPECT_FALSE(read_documents(path_ + "/nowhere"));
}

TEST_F(Documents, ALargeOneIsRefusedByItsName) {
  file("huge.pdf", "");
  std::filesystem::resize_file(path_ + "/huge.pdf", kMaxDocumentBytes + 1);
  const auto read = read_documents(path_);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("huge.pdf is larger than 64 MiB"), std::string::npos) << read.error().message;
}

}  // namespace
}  // namespace trine::load::body_test
