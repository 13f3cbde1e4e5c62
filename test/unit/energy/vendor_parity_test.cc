// Our changes switched off, the vendor estimate is EcoLogits' (docs/accounting.md §4d): against what that program says.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "energy/vendor.h"

namespace trine::energy::vendor_parity_test {
namespace {

TEST(Vendor, agrees_with_ecologits_within_1_percent_on_models_of_every_vendor) {
  std::ifstream file(TRINE_SOURCE_DIR "/test/unit/energy/ecologits_reference.csv");
  ASSERT_TRUE(file);
  std::string line;
  std::getline(file, line);  // source
  std::getline(file, line);  // titles
  std::set<std::string> vendors;
  size_t rows = 0;
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, ',');) cells.push_back(cell);
    ASSERT_EQ(cells.size(), 12u) << line;
    const auto number = [&](size_t i) { return std::stod(cells[i]); };
    for (const size_t end : {0u, 1u}) {  // of the range of sizes, where the vendor keeps them secret
      VendorModel model;
      model.active_b = number(2 + end);
      model.total_b = number(4 + end);
      model.pue = number(6);
      model.prompt_term = false;
      const auto e = vendor_estimate(model, {1155, 0, std::stoll(cells[7]), 0}, std::nullopt);
      ASSERT_TRUE(e) << line;
      EXPECT_NEAR(to_joules(e->facility) / number(8 + end), 1, 0.01) << line;
      EXPECT_NEAR(to_grams(e->embodied) / number(10 + end), 1, 0.01) << line;
    }
    vendors.insert(cells[0]);
    ++rows;
  }
  EXPECT_GE(rows, 20u);
  EXPECT_GE(vendors.size(), 4u);
}

}  // namespace
}  // namespace trine::energy::vendor_parity_test
