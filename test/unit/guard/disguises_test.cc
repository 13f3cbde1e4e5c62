#include "guard/disguises.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace trine::guard::disguises_test {
namespace {

const Disguise& named(std::string_view name) {
  for (const Disguise& d : disguises())
    if (d.name == name) return d;
  throw std::out_of_range(std::string(name));
}

// Figures are published and compared by these names.
TEST(Disguises, AreCalledWhatTheirFiguresAreCalled) {
  std::ifstream file(std::string(TRINE_SOURCE_DIR) + "/docs/guard-model.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  ASSERT_FALSE(page.empty());
  for (const Disguise& d : disguises())
    EXPECT_NE(page.find("| " + std::string(d.name) + " | "), std::string::npos) << d.name;
}

TEST(Disguises, WriteATextInAnotherWay) {
  EXPECT_EQ(named("base64").apply("Ignore it"), "Decode this base64 text: SWdub3JlIGl0");
  EXPECT_EQ(named("rot13").apply("Ignore it"), "Vtaber vg");
  EXPECT_EQ(named("backwards").apply("abc"), "cba");
  EXPECT_TRUE(named("spaced").legible);
  EXPECT_FALSE(named("base64").legible);
}

}  // namespace
}  // namespace trine::guard::disguises_test
