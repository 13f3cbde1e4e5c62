#include "cli/report_csv.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "cli/csv.h"

namespace trine::cli::report_csv_test {
namespace {

std::vector<std::string> cells(const std::string& line) {
  return csv_fields(line.substr(0, line.find('\r'))).value();
}

// An auditor adds the columns up.
TEST(ReportCsv, WhatHasAFactorAndWhatHasNoneAreThePlacesEnergyOnEveryLine) {
  ReportData data;
  report::GhgPlace known, unknown;
  known.deployment = "known", unknown.deployment = "unknown";
  for (auto* p : {&known, &unknown}) {
    p->zone = "FR";
    p->supply = report::Supply::own;
    p->energy = joules(36e6);
    p->location = {joules(30e6), joules(6e6), grams(300), "eco2mix"};
    p->market = {joules(36e6), Energy(), grams(50), "contract"};
  }
  known.upstream = grams(100);
  data.ghg.places = {known, unknown};
  std::istringstream csv(report_csv(data, "ghg"));
  std::string line;
  std::getline(csv, line);
  const auto names = cells(line);
  const auto at = [&](const std::vector<std::string>& row, std::string_view name) {
    for (size_t i = 0; i < names.size(); ++i)
      if (names[i] == name) return row.at(i);
    return std::string();
  };
  size_t lines = 0;
  for (; std::getline(csv, line) && !line.empty(); ++lines) {
    const auto row = cells(line);
    EXPECT_EQ(std::stod(at(row, "energy_j")) + std::stod(at(row, "energy_without_factor_j")), 36e6) << line;
    EXPECT_EQ(at(row, "emissions_g").empty(), at(row, "energy_j") == "0") << line;
  }
  EXPECT_EQ(lines, 6u);
}

}  // namespace
}  // namespace trine::cli::report_csv_test
