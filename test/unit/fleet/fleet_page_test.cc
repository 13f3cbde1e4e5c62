// docs/fleet-file.md holds every key of the declaration that reads the file.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "catalog/load.h"
#include "fleet/fleet_file.h"
#include "yaml/schema.h"

namespace trine::fleet::fleet_page_test {
namespace {

TEST(ThePageOfTheFleetFile, HasTheKeysOfItsDeclaration) {
  const auto catalog = *catalog::load();
  const std::string reference = yaml::markdown_reference([&](yaml::Fields& f) {
    Fleet fleet;
    declare(f, fleet, *catalog);
  });
  std::ifstream file(TRINE_SOURCE_DIR "/docs/fleet-file.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  const std::string begin = "<!-- keys: begin -->\n";
  const auto from = page.find(begin), to = page.find("\n<!-- keys: end -->");
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  std::string expected = reference;
  while (expected.ends_with('\n')) expected.pop_back();
  EXPECT_EQ(page.substr(from + begin.size(), to - from - begin.size()), expected)
      << "write this between the two lines:\n"
      << reference;
}

TEST(TheExampleFleet, IsReadWithoutAComplaint) {
  const auto fleet = read_fleet_file(TRINE_SOURCE_DIR "/examples/fleet-eu.yaml", **catalog::load());
  ASSERT_TRUE(fleet) << fleet.error().message;
  for (const Option& o : fleet->options) {
    EXPECT_TRUE(o.zone == "DE" || o.zone == "FR" || o.zone == "SE") << o.name;
    if (o.machine) {
      EXPECT_TRUE(capacity(o, fleet->tokens, fleet->slo)) << o.name;
    }
  }
}

}  // namespace
}  // namespace trine::fleet::fleet_page_test
