// docs/config.md and docs/config.schema.json are what `trine config` prints. TRINE_UPDATE_DOCS=1 writes them instead.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "gateway/config/config.h"

namespace trine::cli::config_docs_test {
namespace {

void expect_page(const std::string& name, std::string text) {
  if (!text.ends_with('\n')) text += '\n';
  const std::string path = TRINE_SOURCE_DIR "/docs/" + name;
  if (std::getenv("TRINE_UPDATE_DOCS")) std::ofstream(path) << text;
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::ostringstream have;
  have << file.rdbuf();
  EXPECT_TRUE(have.str() == text) << path << " is not what the program prints: run this test with TRINE_UPDATE_DOCS=1";
}

TEST(ConfigDocs, TheReferenceIsWhatTheProgramPrints) {
  expect_page("config.md", gateway::config_reference_markdown());
}

TEST(ConfigDocs, TheSchemaIsWhatTheProgramPrints) {
  expect_page("config.schema.json", gateway::config_schema_json());
}

TEST(ConfigDocs, TheSchemaIsJsonAndClosed) {
  const auto schema = nlohmann::json::parse(gateway::config_schema_json());
  EXPECT_EQ(schema.at("additionalProperties"), false);
  EXPECT_TRUE(schema.at("properties").contains("deployments"));
}

}  // namespace
}  // namespace trine::cli::config_docs_test
