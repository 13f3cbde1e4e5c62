// The reference at the end of docs/guard-policy.md is what the reader of the file accepts. TRINE_UPDATE_DOCS=1 writes
// it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "guard/policy_file.h"

namespace trine::guard::policy_docs_test {
namespace {

TEST(PolicyDocs, NameEveryKeyAsTheProgramReadsIt) {
  const std::string path = TRINE_SOURCE_DIR "/docs/guard-policy.md";
  std::stringstream have;
  have << std::ifstream(path).rdbuf();
  const std::string text = have.str();
  const size_t marker = text.find("\n<!-- What follows is made from the program");
  ASSERT_NE(marker, std::string::npos);
  const size_t begin = text.find('\n', marker + 1) + 1;
  const std::string wanted = text.substr(0, begin) + "\n" + policy_reference();
  if (std::getenv("TRINE_UPDATE_DOCS")) std::ofstream(path) << wanted;
  EXPECT_TRUE(text == wanted || std::getenv("TRINE_UPDATE_DOCS")) << "run this test once with TRINE_UPDATE_DOCS=1";
}

}  // namespace
}  // namespace trine::guard::policy_docs_test
